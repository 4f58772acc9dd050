"""A dropped file is sent once, answered beside it, and never lost, wherever the process dies."""

import datetime as dt
from pathlib import Path
from unittest import mock

import msgspec
import pytest

from infra.intake import watched_folder
from infra.intake.refusals import AwayError
from infra.intake.sending import FileSender
from infra.intake.watched_folder import WatchedFolder, watch
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON
from schemas.tables import EVENTS, SUBMISSIONS
from schemas.wire import encode
from tests.identities import bank_id, firm_id
from tests.infra.intake.desk import Desk, draws, facts_of
from tests.job import stored
from tests.schemas.decoding import BANK, draw


class _Left(msgspec.Struct):
    receipts: list[msgspec.Raw]


class Drop:
    """A folder, and the door behind it."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        self.folder = folder / "drop"
        self.bank = self.folder / BANK
        self.bank.mkdir(parents=True)
        self.watched = self.anew()

    def anew(self, **options) -> WatchedFolder:
        return WatchedFolder(
            self.folder,
            lambda bank: self.desk.intake if bank in {BANK, bank_id(2)} else None,
            **options,
        )

    def put(self, name: str, events, content_type: str = CONTENT_NDJSON) -> Path:
        path = self.bank / name
        path.write_bytes(encode(events, content_type))
        return path

    def look_twice(self):
        return [*self.watched.look(), *self.watched.look()]

    def names(self) -> list[str]:
        return sorted(
            str(path.relative_to(self.bank)) for path in self.bank.rglob("*") if path.is_file()
        )

    def beside(self, name: str):
        return msgspec.json.decode((self.bank / name).read_bytes())


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    return Drop(tmp_path)


@pytest.mark.parametrize("content_type", [CONTENT_NDJSON, CONTENT_ARROW])
def test_a_file_is_sent_and_its_receipts_are_left_beside_it(drop: Drop, content_type: str) -> None:
    drop.put("events", draws(1, 2500), content_type)

    (outcome,) = drop.look_twice()

    assert outcome.is_taken
    assert drop.names() == ["done/events", "events.receipt.json"]
    left = drop.beside("events.receipt.json")
    assert [receipt["event_count"] for receipt in left["receipts"]] == [1000, 1000, 500]
    raw = (drop.bank / "events.receipt.json").read_bytes()
    for receipt in msgspec.json.decode(raw, type=_Left).receipts:
        assert drop.desk.key.public.verify(bytes(receipt))["bank_id"] == BANK
    assert len(stored(drop.desk.store, EVENTS)) == 2500


def test_a_file_that_is_still_written_is_left_alone(drop: Drop) -> None:
    path = drop.put("events.ndjson", draws(1, 2))
    drop.put("other.ndjson.part", draws(3, 2))
    assert drop.watched.look() == []
    path.write_bytes(path.read_bytes() + encode(draws(5, 1), CONTENT_NDJSON))
    assert drop.watched.look() == []

    (outcome,) = drop.watched.look()

    assert outcome.path == path
    assert len(stored(drop.desk.store, EVENTS)) == 3
    assert "other.ndjson.part" in drop.names()


def test_a_file_renamed_from_part_is_taken_at_once(drop: Drop) -> None:
    path = drop.put("events.ndjson.part", draws(1, 2))
    drop.watched.look()
    path.rename(path.with_suffix(""))

    (outcome,) = drop.watched.look()

    assert outcome.is_taken


def test_another_banks_events_refuse_the_file_before_anything_is_sent(drop: Drop) -> None:
    stranger = draw(event_id="watch-draw-stranger", bank_id=bank_id(2))
    drop.put("events.ndjson", [*draws(1, 1500), stranger])

    (outcome,) = drop.look_twice()

    told = drop.beside("events.ndjson.refused.json")
    assert not outcome.is_taken
    assert drop.names() == ["events.ndjson.refused.json", "refused/events.ndjson"]
    assert (told["code"], told["found"], told["expected"]) == ("other_bank", bank_id(2), BANK)
    assert told["zh"]
    assert told["en"]
    assert stored(drop.desk.store, SUBMISSIONS) == []


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("readme.txt", b"hello", "bad_file"),
        ("empty.ndjson", b"", "bad_file"),
        ("x.complete-2021-02-31.ndjson", encode(draws(1, 1), CONTENT_NDJSON), "bad_file_name"),
        ("long.ndjson", encode(draws(1, 1), CONTENT_NDJSON) + b"x" * 2**21, "bad_line"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_reasons(
    drop: Drop, name: str, content: bytes, code: str
) -> None:
    (drop.bank / name).write_bytes(content)

    drop.look_twice()

    assert drop.beside(f"{name}.refused.json")["code"] == code
    assert stored(drop.desk.store, SUBMISSIONS) == []


def test_a_folder_of_nobody_is_refused_and_a_link_is_not_followed(
    drop: Drop, tmp_path: Path
) -> None:
    stranger = drop.folder / "nobody"
    stranger.mkdir()
    (stranger / "events.ndjson").write_bytes(encode(draws(1, 1), CONTENT_NDJSON))
    secret = tmp_path / "secret.ndjson"
    secret.write_bytes(encode(draws(1, 1), CONTENT_NDJSON))
    (drop.bank / "link.ndjson").symlink_to(secret)

    drop.look_twice()

    assert (stranger / "events.ndjson.refused.json").exists()
    assert (drop.bank / "link.ndjson").is_symlink()
    assert secret.exists()
    assert stored(drop.desk.store, SUBMISSIONS) == []


def test_the_name_of_a_file_may_say_up_to_when_everything_was_sent(drop: Drop) -> None:
    drop.put("march.complete-2021-03-31.ndjson", draws(1, 2))

    drop.look_twice()

    assert stored(drop.desk.store, SUBMISSIONS, "seq", "event_count", "complete_to") == [
        (1, 2, ""),
        (2, 0, "2021-03-31"),
    ]


class Died(BaseException):
    pass


@pytest.mark.parametrize("step", ["take", "take_later", "_write", "_moved", "rename"])
def test_a_death_between_any_two_steps_sends_nothing_twice_and_loses_no_file(
    drop: Drop, step: str
) -> None:
    events = draws(1, 2500)
    drop.put("events.complete-2021-03-31.ndjson", events)
    drop.watched.look()
    with pytest.raises(Died), _dying_at(drop, step):
        drop.watched.look()
    answered = drop.names()

    drop.watched = drop.anew()
    drop.look_twice()

    assert drop.names() == [
        "done/events.complete-2021-03-31.ndjson",
        "events.complete-2021-03-31.ndjson.receipt.json",
    ], answered
    receipts = drop.beside("events.complete-2021-03-31.ndjson.receipt.json")["receipts"]
    assert [receipt["seq"] for receipt in receipts] == [1, 2, 3, 4]
    assert len(stored(drop.desk.store, SUBMISSIONS)) == 4
    assert len(stored(drop.desk.store, EVENTS)) == 2500


def _dying_at(drop: Drop, step: str):
    """Die before the step; ``take_later`` after the second submission was taken."""
    if step in {"_write", "_moved"}:
        return mock.patch.object(watched_folder, step, side_effect=Died)
    if step == "rename":
        return mock.patch.object(Path, "rename", side_effect=Died)
    real, left = drop.desk.intake.take, [2 if step == "take_later" else 0]

    def take(draft):
        if not left[0]:
            raise Died
        left[0] -= 1
        return real(draft)

    return mock.patch.object(drop.desk.intake, "take", take)


def test_a_door_that_is_away_leaves_the_file_and_the_next_look_sends_it(drop: Drop) -> None:
    drop.put("events.ndjson", draws(1, 2))
    waits = []

    def wait() -> bool:
        waits.append(drop.names())
        return len(waits) == 4

    real = drop.desk.intake.next_seq
    with mock.patch.object(
        drop.desk.intake, "next_seq", side_effect=[AwayError("no broker"), real(BANK, 0)]
    ):
        watch(drop.watched, wait=wait, on_outcome=lambda _: None)

    assert waits[1] == ["events.ndjson"]
    assert waits[2] == ["done/events.ndjson", "events.ndjson.receipt.json"]


@pytest.mark.parametrize("error", [PermissionError("read only"), ValueError("token file")])
def test_a_folder_that_cannot_be_used_does_not_keep_the_others_waiting(
    drop: Drop, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    drop.put("events.ndjson", draws(1, 1))
    other = drop.folder / bank_id(2)
    other.mkdir()
    theirs = draws(2, 1, bank_id=bank_id(2))
    (other / "events.ndjson").write_bytes(encode(theirs, CONTENT_NDJSON))

    def door_of(bank: str):
        if bank == BANK:
            raise error
        return drop.desk.intake

    drop.watched = WatchedFolder(drop.folder, door_of)
    outcomes = drop.look_twice()

    assert [outcome.path.parent.name for outcome in outcomes] == [bank_id(2)]
    assert drop.names() == ["events.ndjson"]
    assert "stays where it is" in caplog.text


def test_between_two_files_it_ends_when_told(drop: Drop) -> None:
    for name in "abc":
        drop.put(f"{name}.ndjson", draws(ord(name) * 10, 1))
    ending = []
    drop.watched = drop.anew(is_ending=lambda: len(stored(drop.desk.store, SUBMISSIONS)) >= 2)

    ending = drop.look_twice()

    assert [outcome.path.name for outcome in ending] == ["a.ndjson", "b.ndjson"]
    assert "c.ndjson" in drop.names()


def test_a_second_file_of_the_same_name_does_not_overwrite_the_first(drop: Drop) -> None:
    for number in (1, 2):
        drop.put("events.ndjson", draws(number, 1))
        drop.look_twice()

    done = [name for name in drop.names() if name.startswith("done/")]
    assert len(done) == 2
    assert len({(drop.bank / name).read_bytes() for name in done}) == 2


class TestFileSender:
    """What ``puhui send`` and the folder share."""

    def test_the_same_file_again_sends_nothing_and_gets_the_same_receipts(self, drop: Drop) -> None:
        path = drop.put("events.ndjson", draws(1, 2500))
        day = dt.date(2021, 3, 31)
        first = FileSender(drop.desk.intake).send(path, complete_to=day)
        again = FileSender(drop.desk.intake).send(path, complete_to=day)

        assert [one.document for one in again.answers] == [one.document for one in first.answers]
        assert [one.is_known for one in first.answers] == [False] * 4
        assert [one.is_known for one in again.answers] == [True] * 4
        assert len(stored(drop.desk.store, SUBMISSIONS)) == 4

    @pytest.mark.parametrize("content_type", [CONTENT_NDJSON, CONTENT_ARROW])
    def test_every_event_goes_into_the_lane_of_its_borrower(
        self, drop: Drop, content_type: str
    ) -> None:
        events = [draw(event_id=f"lane-draw-{n:08d}", borrower_id=firm_id(n)) for n in range(1500)]
        path = drop.put("events", events, content_type)

        sent = FileSender(drop.desk.intake, lanes=4).send(path)

        facts = [facts_of(answer.document) for answer in sent.answers]
        assert {one["lane"] for one in facts} == {0, 1, 2, 3}
        assert sum(one["event_count"] for one in facts) == 1500
        assert all(one["refused_count"] == 0 for one in facts)
        assert len(stored(drop.desk.store, EVENTS)) == 1500

    def test_a_number_that_another_sender_took_meanwhile_is_passed_over(self, drop: Drop) -> None:
        path = drop.put("events.ndjson", draws(1, 1500))
        sender = FileSender(drop.desk.intake)
        other = FileSender(drop.desk.intake)
        other.send(drop.put("other.ndjson", draws(9000, 10)))
        sender._next_seq[BANK, 0] = 1

        sent = sender.send(path)

        assert [facts_of(answer.document)["seq"] for answer in sent.answers] == [2, 3]
