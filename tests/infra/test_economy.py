import datetime as dt
import itertools
import random
import time
from collections import Counter
from typing import Any

import msgspec
import pytest

from infra.demo.economy import Economy
from infra.reference_data import load_lpr, load_methodology
from processors.grading.run import grade
from schemas.codes import POPULATIONS, Grade, PeerGroup, Population
from schemas.message import CONTENT_ARROW, CONTENT_TYPES, Draft
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.tables import TOTALS
from streams.evaluate import evaluate, read_snapshot
from streams.memory_store import MemoryStore
from streams.ports import BatchReport
from tests.job import added_up, run_job

YI_MINOR = 10**10
DEFAULT_BANKS = 24
Rows = dict[tuple, dict[str, int]]


def economy(
    seed: int = 7, *, banks: int = 10, borrowers: int = 400, quarters: int = 3, **shape: Any
) -> Economy:
    return Economy(
        seed, lpr=load_lpr(), banks=banks, borrowers=borrowers, quarters=quarters, **shape
    )


def events_in(drafts: list[Draft]) -> list[dict]:
    return [msgspec.json.decode(line) for draft in drafts for line in draft.value.splitlines()]


@pytest.fixture(scope="module")
def small() -> list[Draft]:
    return list(economy().history())


@pytest.fixture(scope="module")
def default_economy() -> Economy:
    return Economy(1, lpr=load_lpr(), content_type=CONTENT_ARROW)


@pytest.fixture(scope="module")
def default_store(default_economy: Economy) -> MemoryStore:
    return run_job(list(default_economy.history()))


@pytest.fixture(scope="module")
def default_rows(default_store: MemoryStore) -> Rows:
    return added_up(default_store, TOTALS)


def test_the_same_seed_gives_the_same_bytes(small: list[Draft]) -> None:
    assert list(economy().history()) == small
    assert list(economy(8).history()) != small
    in_arrow = [list(economy(content_type=CONTENT_ARROW).history()) for _ in range(2)]
    assert in_arrow[0] == in_arrow[1]


def test_every_event_is_accepted_without_a_warning(small: list[Draft]) -> None:
    reports: list[BatchReport] = []
    run_job(small, reports=reports)

    assert sum(report.event_count for report in reports) == len(events_in(small))
    assert sum(report.stored_count for report in reports) == len(events_in(small))
    assert sum(report.rejected_count + report.warning_count for report in reports) == 0
    assert sum(report.second_reversal_count + report.conflict_count for report in reports) == 0


def test_no_event_id_comes_twice(small: list[Draft]) -> None:
    ids = Counter(event["event_id"] for event in events_in(small))

    assert max(ids.values()) == 1


def test_each_bank_registers_itself_first(small: list[Draft]) -> None:
    first = {}
    for draft in small:
        if draft.value:
            first.setdefault(draft.headers["bank"], events_in([draft])[0])

    registered = [msgspec.json.decode(msgspec.json.encode(e)) for e in economy().register()]
    assert len(registered) == 10
    assert {event["bank_id"]: event for event in registered} == first


def test_submissions_are_numbered_bounded_and_ever_more_complete(small: list[Draft]) -> None:
    by_bank: dict[str, list[Draft]] = {}
    for draft in small:
        by_bank.setdefault(draft.headers["bank"], []).append(draft)

    for drafts in by_bank.values():
        assert [int(draft.headers["seq"]) for draft in drafts] == list(range(1, len(drafts) + 1))
        complete_to = [draft.headers["complete-to"] for draft in drafts]
        assert complete_to == sorted(complete_to)
        assert max(len(draft.value.splitlines()) for draft in drafts) <= 1_000


def test_all_banks_but_the_late_one_are_complete_at_the_end(small: list[Draft]) -> None:
    complete_to = {draft.headers["bank"]: draft.headers["complete-to"] for draft in small}
    banks = economy().world.banks
    late = banks.banks[banks.late(7, Quarter.parse("2020Q2"))].bank_id

    assert complete_to.pop(late) == "2020-05-31"
    assert set(complete_to.values()) == {"2020-06-30"}


def test_a_silent_bank_stopped_within_the_last_quarter() -> None:
    told = economy(1, banks=DEFAULT_BANKS, borrowers=600)
    complete_to = {d.headers["bank"]: d.headers["complete-to"] for d in told.history()}
    (silent,) = (truth for truth in told.truth() if truth.trouble == "silent_bank")

    assert complete_to[silent.bank_ids[0]] == "2020-04-30"
    assert "2020-04-30" < silent.from_day < "2020-06-30"


def test_lanes_and_partitions_change_no_total(small: list[Draft]) -> None:
    dealt = list(economy(lanes=3, partitions=2).history())

    assert {draft.partition for draft in dealt} == {0, 1}
    assert added_up(run_job(dealt), TOTALS) == added_up(run_job(small), TOTALS)


def test_submissions_in_any_order_give_the_same_totals(small: list[Draft]) -> None:
    shuffled = small.copy()
    random.Random(1).shuffle(shuffled)

    assert added_up(run_job(shuffled), TOTALS) == added_up(run_job(small), TOTALS)


def test_both_encodings_tell_the_same(small: list[Draft]) -> None:
    arrow = list(economy(content_type=CONTENT_ARROW).history())

    assert added_up(run_job(arrow), TOTALS) == added_up(run_job(small), TOTALS)
    assert {draft.headers["content-type"] for draft in arrow} == {CONTENT_ARROW}


@pytest.mark.parametrize(
    ("seed", "banks", "borrowers"), [(1, 1, 1), (2, 40, 1), (3, 3, 2), (4, 20, 30), (5, 60, 300)]
)
@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_every_event_of_a_strange_province_is_accepted(
    seed: int, banks: int, borrowers: int, content_type: str
) -> None:
    strange = economy(
        seed, banks=banks, borrowers=borrowers, quarters=7, lanes=2, content_type=content_type
    )
    drafts = list(strange.history())
    drafts += [draft for day in itertools.islice(strange.live(), 30) for draft in day.drafts]
    reports: list[BatchReport] = []
    run_job(drafts, reports=reports)

    assert sum(report.stored_count for report in reports) >= banks
    assert sum(report.rejected_count + report.warning_count for report in reports) == 0


def test_a_large_province_is_told_fast() -> None:
    large = economy(borrowers=30_000, quarters=2, content_type=CONTENT_ARROW)
    began_s = time.process_time()

    told_bytes = sum(len(draft.value) for draft in large.history())
    taken_s = time.process_time() - began_s

    # Less than a third of what a quiet machine does; an event has some 300 bytes.
    assert told_bytes > 30_000_000
    assert told_bytes / taken_s > 25_000_000


def test_live_goes_on_where_the_history_ended() -> None:
    told = economy()
    history = list(told.history())
    days = list(itertools.islice(told.live(), 12))

    assert days[0].day == dt.date(2020, 7, 1)
    assert all(day.day.weekday() < 5 for day in days)
    assert all(0 < len(events_in(day.drafts)) < 3_000 for day in days)
    reports: list[BatchReport] = []
    run_job(history + [draft for day in days for draft in day.drafts], reports=reports)
    assert sum(report.duplicate_submission_count + report.conflict_count for report in reports) == 0
    assert sum(report.rejected_count for report in reports) == 0


def test_live_can_be_taken_up_again_after_a_day_that_was_sent() -> None:
    told = economy()
    list(told.history())
    days = list(itertools.islice(told.live(), 5))

    again = list(itertools.islice(economy().live(after=days[2].day), 2))

    assert again == days[3:]


def test_the_late_bank_sends_its_last_month_some_days_later() -> None:
    told = economy()
    banks = told.world.banks
    late = banks.banks[banks.late(7, told.last_quarter)].bank_id
    days = list(itertools.islice(told.live(), 8))

    sent = [any(draft.headers["bank"] == late for draft in day.drafts) for day in days]
    assert sent == [False] * 5 + [True] * 3
    first = [draft for draft in days[5].drafts if draft.headers["bank"] == late]
    assert any(event["occurred_on"].startswith("2020-06") for event in events_in(first))


def test_in_every_quarter_of_the_live_demo_one_bank_is_late() -> None:
    told = economy()
    days = list(itertools.islice(told.live(), 140))
    for text in ("2020Q3", "2020Q4"):
        quarter = Quarter.parse(text)
        complete_to, done_on = {}, {}
        for day, drafts in days:
            for draft in drafts:
                complete_to[draft.headers["bank"]] = draft.headers["complete-to"]
            for bank, complete in complete_to.items():
                if complete >= quarter.last_day.isoformat():
                    done_on.setdefault(bank, (day - quarter.last_day).days)
        late = told.world.banks.banks[told.world.banks.late(7, quarter)].bank_id
        assert done_on.pop(late) > 5
        assert max(done_on.values()) <= 4  # The first business day after New Year's.


def test_an_economy_without_banks_is_refused() -> None:
    with pytest.raises(ValueError, match="banks of the demo was 0, expected 1 or more"):
        economy(banks=0)


@pytest.mark.parametrize("banks", [1, 2, 8, 12, 60])
def test_peer_groups_add_up_and_names_differ(banks: int) -> None:
    world = economy(banks=banks, borrowers=50).world

    assert len({bank.name_zh for bank in world.banks.banks}) == banks
    assert len({bank.bank_id for bank in world.banks.banks}) == banks


def test_no_peer_group_of_the_default_demo_dwarfs_the_others(default_economy: Economy) -> None:
    groups = Counter(bank.peer_group for bank in default_economy.world.banks.banks)

    assert groups[PeerGroup.LARGE_COMMERCIAL] == groups[PeerGroup.JOINT_STOCK] == 5
    assert groups[PeerGroup.CITY_COMMERCIAL] == 6
    assert groups[PeerGroup.RURAL] == 7


def test_all_banks_but_the_small_one_are_large_enough_to_be_graded(
    default_economy: Economy, default_rows: Rows
) -> None:
    year_before = default_economy.last_quarter.ordinal - FIRST_ORDINAL - 4
    balance_minor: Counter[tuple[str, str]] = Counter()
    borrower_count: Counter[tuple[str, str]] = Counter()
    for (bank, population, quarter, tag), sums in default_rows.items():
        if tag == 0 and quarter <= year_before and population in {"private", "small_micro"}:
            balance_minor[bank, population] += sums["balance_change_minor"]
            borrower_count[bank, population] += sums["borrower_change_count"]
    banks = default_economy.world.banks
    too_small = {
        bank
        for bank, population in balance_minor
        if balance_minor[bank, population] < YI_MINOR or borrower_count[bank, population] < 50
    }

    assert banks.merger is not None
    gone = banks.banks[banks.merger.closing].bank_id
    assert too_small - {gone} == {banks.banks[banks.small].bank_id}


def test_no_balance_is_negative(default_economy: Economy, default_rows: Rows) -> None:
    end = default_economy.last_quarter.ordinal - FIRST_ORDINAL
    levels: Counter[tuple[str, str]] = Counter()
    for (bank, population, quarter, tag), sums in sorted(default_rows.items()):
        if tag == 0 and quarter <= end:
            levels[bank, population] += sums["balance_change_minor"]
            assert levels[bank, population] >= 0, (bank, population, quarter)
    assert {population for _, population in levels} >= {
        str(population) for population in POPULATIONS if population is not Population.UNPROFILED
    }


def test_small_firms_are_lent_more_and_more_cheaply(
    default_economy: Economy, default_rows: Rows
) -> None:
    """What the years 2020 and 2021 were about, or the demo would look like no province."""
    rows = default_rows
    end = default_economy.last_quarter.ordinal - FIRST_ORDINAL

    def rate_percent(population: str, quarter: int) -> float:
        chosen = [sums for key, sums in rows.items() if key[1:] == (population, quarter, 0)]
        return (
            sum(s["disbursed_rate"] for s in chosen)
            / sum(s["disbursed_minor"] for s in chosen)
            / 1e5
        )

    def balance(population: str, quarter: int) -> int:
        return sum(
            sums["balance_change_minor"]
            for key, sums in rows.items()
            if key[1] == population and key[2] <= quarter and key[3] == 0
        )

    growth = {
        name: balance(name, end) / balance(name, end - 4) - 1
        for name in ("all", "small_micro", "inclusive")
    }
    assert 0.10 < growth["all"] < growth["small_micro"] < 0.35
    assert 0.15 < growth["inclusive"] < 0.35
    assert rate_percent("small_micro", end) < rate_percent("small_micro", end - 4) - 0.1
    assert 3.5 < rate_percent("small_micro", end) < 5.5


def test_policy_pushes_small_lending_in_2021_and_the_year_begins_strongly(
    default_economy: Economy, default_rows: Rows
) -> None:
    def balance(quarter: str) -> int:
        ordinal = Quarter.parse(quarter).ordinal - FIRST_ORDINAL
        return sum(
            sums["balance_change_minor"]
            for key, sums in default_rows.items()
            if key[1] == "small_micro" and key[2] <= ordinal and key[3] == 0
        )

    growth = {year: balance(f"{year}Q4") / balance(f"{year - 1}Q4") for year in range(2020, 2024)}
    assert max(growth, key=lambda year: growth[year]) == 2021
    assert str(default_economy.last_quarter) == "2023Q4"
    for year in range(2020, 2024):
        first, last = (
            balance(f"{year}Q{number}") - balance(f"{before}")
            for number, before in ((1, f"{year - 1}Q4"), (4, f"{year}Q3"))
        )
        assert first > last


def test_borrowers_grow_in_number_every_year_but_less_than_what_they_owe(
    default_economy: Economy, default_rows: Rows
) -> None:
    def level(population: str, year: int, name: str) -> int:
        end = Quarter.parse(f"{year}Q4").ordinal - FIRST_ORDINAL
        return sum(
            sums[name]
            for key, sums in default_rows.items()
            if key[1] == population and key[2] <= end and key[3] == 0
        )

    def growth(population: str, year: int, name: str) -> float:
        return level(population, year, name) / level(population, year - 1, name) - 1

    assert str(default_economy.last_quarter) == "2023Q4"
    for population in ("all", "small_micro", "inclusive"):
        for year in range(2020, 2024):
            borrowers = growth(population, year, "borrower_change_count")
            assert 0.03 < borrowers < growth(population, year, "balance_change_minor")


def test_no_grade_is_given_to_half_or_more_of_the_banks(
    default_economy: Economy, default_store: MemoryStore
) -> None:
    results = evaluate(read_snapshot(default_store), load_lpr())
    run = grade(results, load_methodology(), default_economy.last_quarter)
    grades = Counter(bank.grade for bank in run.banks)
    unrated = grades.pop(Grade.NOT_RATED)

    assert unrated == 3  # The small, the late and the silent one.
    assert len(grades) == 4
    assert 2 * max(grades.values()) < sum(grades.values())
