"""Files sent again: whatever came before, the sums are those of the newest files alone."""

import datetime as dt
import random
from collections.abc import Mapping
from functools import cache

import pytest

from tests.infra.pboc.filings import FIRM, OTHER_FIRM, PERSON
from tests.infra.pboc.import_desk import (
    BANK,
    OLD,
    Desk,
    State,
    event_count,
    filing,
    fresh_state,
    last_of,
    profiles_of,
    rejected_codes,
    repaid,
    state_of,
    sums_of,
    without_nils,
)
from tests.infra.pboc.month_worlds import World, month_ends, random_batch
from tests.infra.pboc.plain_months import Files, plain_months, quarter

AUGUST, SEPTEMBER, OCTOBER = dt.date(2026, 8, 31), dt.date(2026, 9, 30), dt.date(2026, 10, 31)
USD = {"currency": "USD"}


def stock(month: dt.date, *rows: Mapping[str, str]) -> Files:
    return filing("CLDWDK", month, *(OLD | dict(row) for row in rows))


# Two months of three loans: one is drawn, one repaid, one in dollars.
FIRST: Files = {
    **stock(SEPTEMBER, {"receipt_no": "A"}, {"receipt_no": "B"},
            {"receipt_no": "C", "balance": "100.00", "balance_cny": "710.00", **USD}),
    **filing("DWDKFS", SEPTEMBER, {"receipt_no": "A", "transaction_no": "1"},
             repaid("2", receipt_no="B"), repaid("3", receipt_no="GONE", closed_on="2026-09-09")),
    **stock(OCTOBER, {"receipt_no": "A", "rate_pct": "3.30000"},
            {"receipt_no": "B", "balance": "2749900.00", "balance_cny": "2749900.00"},
            {"receipt_no": "C", "balance": "100.00", "balance_cny": "705.00", **USD}),
    **filing("DWDKFS", OCTOBER, repaid("4", receipt_no="B")),
}  # fmt: skip


def rows_of(table: str, month: dt.date) -> list[str]:
    return FIRST[BANK, table, month].decode().split("\n")


def with_rows(table: str, month: dt.date, rows: list[str]) -> Files:
    return {(BANK, table, month): "\n".join(rows).encode()}


def changed(table: str, month: dt.date, line: int, old: str, new: str) -> Files:
    """Return a filing of FIRST with something changed on one line."""
    rows = rows_of(table, month)
    assert old in rows[line]
    rows[line] = rows[line].replace(old, new)
    return with_rows(table, month, rows)


@cache
def first_state() -> State:
    return fresh_state(FIRST)


def resubmitted(*batches: Files) -> tuple[Desk, Files]:
    """Import FIRST, then each of ``batches``; return the desk and the newest files."""
    desk, newest = Desk(), dict(FIRST)
    desk.take(FIRST)
    for batch in batches:
        desk.take(batch)
        newest |= batch
    return desk, newest


def assert_as_fresh(desk: Desk, newest: Files) -> None:
    assert state_of(desk.store, last_of(newest)) == fresh_state(newest)
    assert sums_of(desk.store) == without_nils(plain_months(newest).cells)
    assert rejected_codes(desk.store) == []


(_REPAID,) = filing(
    "DWDKFS", SEPTEMBER, repaid("9", receipt_no="C", amount_cny="709.00", **USD)
).values()
DOLLARS_REPAID = _REPAID.decode()
BATCHES: dict[str, Files] = {
    "a flow is larger": changed("DWDKFS", SEPTEMBER, 1, "|100.00|100.00|", "|7.00|7.00|"),
    "a flow is of another kind": changed("DWDKFS", SEPTEMBER, 2, "LF01", "LF02"),
    "a flow has gone": with_rows("DWDKFS", SEPTEMBER, rows_of("DWDKFS", SEPTEMBER)[:-1]),
    "all flows have gone": with_rows("DWDKFS", SEPTEMBER, []),
    "a flow has come": with_rows(
        "DWDKFS", SEPTEMBER, [*rows_of("DWDKFS", SEPTEMBER), DOLLARS_REPAID]
    ),
    "a draw has another rate": changed("DWDKFS", SEPTEMBER, 0, "3.45000", "9.87654"),
    "a draw is somebody else's": changed("DWDKFS", SEPTEMBER, 0, FIRM, OTHER_FIRM),
    "a loan has gone bad": changed("CLDWDK", SEPTEMBER, 0, "FQ01", "FQ04"),
    "a loan is dearer": changed("CLDWDK", SEPTEMBER, 1, "3.45000", "5.00000"),
    "the dollar is dearer": changed("CLDWDK", SEPTEMBER, 2, "710.00", "720.00"),
    "a balance does not close": changed("CLDWDK", SEPTEMBER, 1, "2750000.00|2750000.00", "1.00|1.00"),
    "a loan is in dollars now": changed("CLDWDK", SEPTEMBER, 1, "CNY", "HKD"),
    "a loan has left the stock": with_rows("CLDWDK", SEPTEMBER, rows_of("CLDWDK", SEPTEMBER)[1:]),
    "the stock is empty": with_rows("CLDWDK", SEPTEMBER, []),
    "the next month is dearer": changed("CLDWDK", OCTOBER, 0, "3.30000", "3.20000"),
    "the next month has gone bad": changed("CLDWDK", OCTOBER, 1, "FQ01", "FQ05"),
    "another receipt": changed("CLDWDK", SEPTEMBER, 1, "|B|", "|D|"),
}  # fmt: skip


@pytest.mark.parametrize("name", BATCHES)
def test_a_second_batch_counts_alone_and_the_first_sent_again_undoes_it(name: str) -> None:
    batch = BATCHES[name]
    desk, newest = resubmitted(batch)
    assert_as_fresh(desk, newest)
    (key,) = batch
    report = desk.take({key: FIRST[key]})[key[1]]
    assert report.batch == 3
    assert state_of(desk.store, OCTOBER) == first_state()
    desk.take(batch)
    assert_as_fresh(desk, newest)


def test_rows_in_another_order_are_the_same_events() -> None:
    desk = Desk()
    desk.take(FIRST)
    count = event_count(desk.store)
    for table, month in (("DWDKFS", SEPTEMBER), ("CLDWDK", SEPTEMBER), ("CLDWDK", OCTOBER)):
        report = desk.take(with_rows(table, month, rows_of(table, month)[::-1]))[table]
        assert report.unchanged_count == report.told_count
        assert report.month_withdrawn_count == 0
    assert event_count(desk.store) == count


def test_only_the_differences_are_sent() -> None:
    desk, _ = resubmitted()
    count = event_count(desk.store)
    report = desk.take(BATCHES["a flow is of another kind"])["DWDKFS"]
    assert report.event_types == {"loan_written_off": 1}
    assert (report.told_count, report.unchanged_count, report.stored_count) == (4, 3, 1)
    assert report.month_withdrawn_count == 1
    assert event_count(desk.store) == count + 2


def test_the_same_file_again_sends_nothing() -> None:
    desk, _ = resubmitted()
    count = event_count(desk.store)
    for report in desk.take(FIRST).values():
        assert report.is_known
    assert event_count(desk.store) == count


def test_a_changed_stock_is_told_again_in_this_month_and_the_next() -> None:
    desk, newest = resubmitted(BATCHES["a loan is dearer"])
    assert_as_fresh(desk, newest)
    cell = (BANK, FIRM, "corporate", quarter(OCTOBER))
    # The repayment of October is carried at the new rate, and B is repriced back to 3.45 %.
    before = first_state().sums[cell]["balance_rate"]
    assert sums_of(desk.store)[cell]["balance_rate"] != before


def test_a_refused_row_that_is_mended_counts_from_then_on() -> None:
    broken = changed("DWDKFS", SEPTEMBER, 1, "|100.00|100.00|", "|-1.00|-1.00|")
    desk, newest = resubmitted(broken)
    assert desk.archive.newest(BANK, "DWDKFS", SEPTEMBER).refused.tolist() == [False, True, False]
    assert_as_fresh(desk, newest)
    (key,) = broken
    report = desk.take({key: FIRST[key]})["DWDKFS"]
    assert report.refused_row_count == 0
    assert state_of(desk.store, OCTOBER) == first_state()


def test_a_table_of_customers_that_comes_late_holds_rows_back_that_counted() -> None:
    """Rule 45 is looked at when both are there; what it holds back is reversed."""
    customers = filing("FTYKHX", SEPTEMBER, {"customer_id": OTHER_FIRM})
    desk, newest = resubmitted(customers)
    assert_as_fresh(desk, newest)
    assert desk.archive.newest(BANK, "CLDWDK", SEPTEMBER).refused.all()
    assert not any(at == quarter(SEPTEMBER) for *_, at in sums_of(desk.store))
    mended = filing("FTYKHX", SEPTEMBER, {"customer_id": OTHER_FIRM}, {})
    desk.take(mended)
    assert_as_fresh(desk, newest | mended)
    assert not desk.archive.newest(BANK, "CLDWDK", SEPTEMBER).refused.any()


def test_the_next_month_is_not_compared_with_a_row_that_is_held_back_now() -> None:
    """Rules over several rows hold it back too, not only those that see it alone."""
    rows = rows_of("CLDWDK", SEPTEMBER)
    desk, newest = resubmitted(with_rows("CLDWDK", SEPTEMBER, [*rows, rows[0], rows[2]]))
    assert (
        desk.archive.newest(BANK, "CLDWDK", SEPTEMBER).refused.tolist() == [False] * 3 + [True] * 2
    )
    assert_as_fresh(desk, newest)


def test_a_contract_that_is_missing_holds_a_secured_loan_back() -> None:
    secured = stock(SEPTEMBER, {"guarantee_kind": "B01"}, {"receipt_no": "B"})
    desk = Desk()
    desk.take(secured)
    other = filing("DBHTXX", SEPTEMBER, {"secured_contract_no": "HT9"})
    desk.take(other)
    assert state_of(desk.store, SEPTEMBER) == fresh_state(secured | other)
    assert desk.archive.newest(BANK, "CLDWDK", SEPTEMBER).refused.tolist() == [True, False]


def test_an_earlier_month_that_comes_late_takes_the_opening_over() -> None:
    desk = Desk()
    desk.take({key: content for key, content in FIRST.items() if key[2] == OCTOBER})
    opened = sum(row.get("brought_forward", 0) for row in sums_of(desk.store).values())
    assert opened > 0
    desk.take({key: content for key, content in FIRST.items() if key[2] == SEPTEMBER})
    assert state_of(desk.store, OCTOBER) == first_state()


# Customers are replaced, never reversed.


def profile(desk: Desk, who: str, month: dt.date = SEPTEMBER) -> tuple[str, ...]:
    return profiles_of(desk.store)[BANK, who][quarter(month)]


def test_a_profile_that_changes_and_changes_back_is_what_the_newest_batch_says() -> None:
    small, micro = (filing("FTYKHX", SEPTEMBER, {"size": size}) for size in ("CS03", "CS04"))
    desk = Desk()
    for batch, size in ((small, "small"), (micro, "micro"), (small, "small"), (micro, "micro")):
        report = desk.take(batch)["FTYKHX"]
        assert profile(desk, FIRM)[2] == size
        assert report.month_withdrawn_count == 0
    assert state_of(desk.store, SEPTEMBER) == fresh_state(micro)


def test_a_profile_stands_although_a_batch_between_held_it_back() -> None:
    """The month before says micro, the first batch small, the second nothing, the third micro."""
    before = filing("FTYKHX", AUGUST, {"size": "CS04"})
    small = filing("FTYKHX", SEPTEMBER, {"size": "CS03"})
    held = filing("FTYKHX", SEPTEMBER, {"size": "CS03", "is_listed": "7"})
    micro = filing("FTYKHX", SEPTEMBER, {"size": "CS04"})
    for between in (held, filing("FTYKHX", SEPTEMBER)):
        desk = Desk()
        for files in (before, small, between, micro):
            desk.take(files)
        assert profile(desk, FIRM)[2] == "micro"


def test_who_was_held_back_for_what_is_not_kept_stays_held_back() -> None:
    """The day of birth is checked when the file comes, and never kept."""
    desk = Desk()
    report = desk.take(filing("GRKHXX", SEPTEMBER, {"born_on": "1990-02-30"}))["GRKHXX"]
    assert report.refused_row_count == 1
    desk.take(filing("FTYKHX", SEPTEMBER, {}))
    assert desk.archive.newest(BANK, "GRKHXX", SEPTEMBER).refused.all()
    assert (BANK, PERSON) not in profiles_of(desk.store)


def test_who_was_held_back_a_month_ago_is_new_now() -> None:
    desk = Desk()
    desk.take(filing("FTYKHX", AUGUST, {"is_listed": "7"}))
    assert profiles_of(desk.store) == {}
    desk.take(filing("FTYKHX", SEPTEMBER, {}))
    assert profile(desk, FIRM)[2] == "small"


def test_a_credit_line_follows_the_newest_batch() -> None:
    high, low = (
        filing("FTYKHX", SEPTEMBER, {"credit_limit": limit}) for limit in ("900.00", "800.00")
    )
    desk = Desk()
    for batch in (high, low, high):
        desk.take(batch)
    assert state_of(desk.store, SEPTEMBER) == fresh_state(high)


def test_a_person_whose_kind_becomes_known_is_profiled_from_then_on() -> None:
    unknown, known = (
        filing("GRKHXX", month, {"person_kind": kind})
        for month, kind in ((SEPTEMBER, ""), (OCTOBER, "2"))
    )
    desk = Desk()
    desk.take(unknown)
    assert (BANK, PERSON) not in profiles_of(desk.store)
    desk.take(known)
    assert profile(desk, PERSON, OCTOBER)[0] == "individual_business"
    assert state_of(desk.store, OCTOBER) == fresh_state(unknown | known)


def test_a_person_whose_kind_is_not_said_any_more_stays_what_was_said_last() -> None:
    said = filing("GRKHXX", SEPTEMBER, {"person_kind": "3"})
    blank = filing("GRKHXX", OCTOBER, {"person_kind": ""})
    other = filing("GRKHXX", dt.date(2026, 11, 30), {"person_kind": "1"})
    desk = Desk()
    desk.take(said)
    desk.take(blank)
    assert profile(desk, PERSON)[0] == "small_micro_owner"
    assert quarter(OCTOBER) not in profiles_of(desk.store)[BANK, PERSON]
    desk.take(other)
    assert profile(desk, PERSON, OCTOBER)[0] == "farmer"


# Random months, random batches.


@pytest.mark.parametrize("seed", range(3))
def test_random_batches_count_as_the_newest_files_alone(seed: int) -> None:
    made = World(100 + seed, 1, month_ends(AUGUST, 3))
    rng, newest = random.Random(seed), dict(made.files)
    desk = Desk()
    desk.take(made.files)
    for _ in range(4):
        batch = random_batch(newest, rng)
        desk.take(batch)
        newest |= batch
        assert sums_of(desk.store) == without_nils(plain_months(newest).cells)
    assert state_of(desk.store, last_of(newest)) == fresh_state(newest)
    desk.take(made.files)
    assert state_of(desk.store, last_of(newest)) == fresh_state(made.files)
