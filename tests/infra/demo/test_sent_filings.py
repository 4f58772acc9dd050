"""What the demo's banks send of a month: most files once, some wrongly and then once more."""

import itertools

import pytest

from infra.demo.economy import Economy
from infra.demo.filings.sent_filings import SentFilings, Wrong
from infra.demo.filings.tables import TABLES, Filing
from infra.demo.planted import Planted
from infra.imports.pboc.filing_name import FilingName
from infra.reference_data import load_lpr

SHAPE = {"banks": 4, "borrowers": 160, "quarters": 3}


def send(seed: int, wrong_share: float, **shape: int) -> tuple[list[Filing], SentFilings]:
    story = Economy(seed, lpr=load_lpr(), **(SHAPE | shape), troubles=()).story()  # type: ignore[arg-type]
    sent = SentFilings(story, wrong_share=wrong_share)
    story.next_month()
    files = [file for _ in range(7) for file in sent.of_month(story.next_month())]
    return files, sent


def by_name(files: list[Filing]) -> dict[FilingName, list[Filing]]:
    return {
        name: list(batches) for name, batches in itertools.groupby(files, lambda file: file.name)
    }


@pytest.fixture(scope="module")
def sound() -> dict[FilingName, list[Filing]]:
    return by_name(send(3, 0.0)[0])


def test_where_nothing_goes_wrong_every_file_is_sent_once(
    sound: dict[FilingName, list[Filing]],
) -> None:
    assert len(sound) == 7 * SHAPE["banks"] * len(TABLES)
    assert {len(batches) for batches in sound.values()} == {1}
    assert {batches[0].batch for batches in sound.values()} == {1}


def test_what_was_wrong_is_sent_once_more_and_is_right_then(
    sound: dict[FilingName, list[Filing]],
) -> None:
    files, sent = send(3, 1.0)
    told = by_name(files)
    wrong = {one.name: one.wrong for one in sent.resubmissions}

    assert {Wrong.FAULTS, Wrong.LATE_ROWS, Wrong.LOG} == set(wrong.values())
    for name, batches in told.items():
        (right,) = sound[name]
        assert batches[-1].content == right.content
        if name not in wrong:
            assert batches == [right]
            continue
        first, second = batches
        assert (first.batch, second.batch) == (1, 2)
        assert first.sent_day < second.sent_day
        assert not second.is_log_wrong
        assert first.is_log_wrong == (wrong[name] is Wrong.LOG)
        if wrong[name] is Wrong.LATE_ROWS:
            assert set(first.content.splitlines()) < set(right.content.splitlines())
        elif wrong[name] is Wrong.FAULTS:
            assert first.content != right.content


def test_nothing_is_sent_before_the_month_is_over(sound: dict[FilingName, list[Filing]]) -> None:
    for name, (file,) in sound.items():
        assert 8 <= file.sent_day - (name.period.toordinal() - 719_163) < 16


def test_the_same_seed_goes_wrong_in_the_same_way() -> None:
    assert send(5, 0.5, borrowers=40)[0] == send(5, 0.5, borrowers=40)[0]
    assert send(5, 0.5, borrowers=40)[0] != send(6, 0.5, borrowers=40)[0]


class FallsSilent(Planted):
    """The second bank sends nothing more from some day on."""

    def __init__(self, economy: Economy, from_day: int) -> None:
        super().__init__("falls_silent", economy.world, is_real=False)
        self._from_day = from_day

    def is_silent(self, bank: int, day: int) -> bool:
        return bank == 1 and day >= self._from_day


def test_a_silent_bank_sends_no_file_and_its_rows_are_not_told() -> None:
    economy = Economy(3, lpr=load_lpr(), **SHAPE, troubles=())  # type: ignore[arg-type]
    story = economy.story()
    first = story.next_month()
    story.troubles = [FallsSilent(economy, first.month.last_day + 40)]
    sent = SentFilings(story)
    months = []
    for _ in range(2):
        end = story.next_month()
        banks = {file.name.institution_id for file in sent.of_month(end)}
        months.append((len(banks), set(sent.final_rows(end)["bank"].tolist())))

    assert months == [(4, {0, 1, 2, 3}), (3, {0, 2, 3})]
