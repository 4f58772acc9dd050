import datetime as dt

import numpy as np
import pytest

from infra.answers import coverage_rows, growth_rows
from processors.presence import day_of, day_of_text, running_quarter, working_days_between
from schemas.codes import Basis, Population
from schemas.quarter import Quarter
from schemas.results import NEVER_DAY
from tests.stored_totals import FEN_PER_YI, StoredTotals

YI = FEN_PER_YI


def day(text: str) -> int:
    return day_of(dt.date.fromisoformat(text))


def sources(stored: StoredTotals, quarter: str) -> dict[str, tuple[str, bool]]:
    rows = coverage_rows(
        stored.results(), quarter=Quarter.parse(quarter), population=Population.INCLUSIVE
    )
    return {
        row["bank_id"]: (row["source"], row["is_to_date"]) for row in rows if row["kind"] == "bank"
    }


@pytest.mark.parametrize(
    ("earlier", "later", "days"),
    [
        ("2021-12-31", "2021-12-31", 0),
        ("2021-12-30", "2021-12-31", 1),
        ("2021-12-31", "2022-01-02", 0),  # Friday to Sunday.
        ("2021-12-31", "2022-01-03", 1),
        ("2021-12-24", "2021-12-31", 5),
        ("2022-01-05", "2021-12-31", 0),
    ],
)
def test_working_days_are_monday_to_friday(earlier: str, later: str, days: int) -> None:
    assert working_days_between(np.array([day(earlier)]), day(later)).tolist() == [days]


def test_the_running_quarter_is_the_newest_that_is_not_over() -> None:
    assert running_quarter(day("2021-11-30")) == Quarter(2021, 4)
    assert running_quarter(day("2021-12-31")) is None
    assert running_quarter(NEVER_DAY) is None


def test_a_month_stands_for_its_first_day() -> None:
    assert day_of_text("2021-03") == day("2021-03-01")


def test_a_bank_is_present_from_its_first_events_to_its_last_complete_quarter() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-09-30")
    stored.balance("A", "2021Q2", 100 * YI, 60)
    stored.bank("B", "2021-12-31")
    stored.balance("B", "2021Q1", 100 * YI, 60)

    assert [sources(stored, f"2021Q{n}")["A"][0] for n in (1, 2, 3, 4)] == [
        "none",
        "loan_level",
        "loan_level",
        "none",
    ]


def test_one_day_short_of_the_quarter_end_is_absent_once_the_quarter_is_over() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-30")
    stored.bank("B", "2021-12-31")
    for bank_id in "AB":
        stored.balance(bank_id, "2020Q4", 100 * YI, 60)

    assert sources(stored, "2021Q4") == {"A": ("none", False), "B": ("loan_level", False)}


def test_in_the_running_quarter_three_working_days_behind_is_present_to_date() -> None:
    stored = StoredTotals()
    stored.bank("fast", "2021-11-30")
    stored.bank("near", "2021-11-25")  # Thursday; Friday, Monday, Tuesday are three.
    stored.bank("late", "2021-11-24")
    for bank_id in ("fast", "near", "late"):
        stored.balance(bank_id, "2020Q4", 100 * YI, 60)

    assert sources(stored, "2021Q4") == {
        "fast": ("loan_level", True),
        "near": ("loan_level", True),
        "late": ("none", False),
    }
    rows = growth_rows(stored.results(), quarter=Quarter(2021, 4), population=Population.INCLUSIVE)
    assert {row["bank_id"]: row["is_to_date"] for row in rows if row["kind"] == "bank"} == {
        "fast": True,
        "near": True,
        "late": False,
    }


def test_a_position_makes_its_own_population_and_quarter_present() -> None:
    stored = StoredTotals()
    stored.bank("A")
    stored.position("A", "2021Q4", 100 * YI)
    stored.position("A", "2021Q2", 100 * YI, population=Population.PRIVATE)

    assert sources(stored, "2021Q4")["A"][0] == "position"
    assert sources(stored, "2021Q2")["A"][0] == "none"


def test_a_bank_is_as_far_as_its_last_lane_and_gaps_are_named() -> None:
    stored = StoredTotals()
    stored.bank("A")
    seen = [[1, 2, "2021-09-30"], [5, 5, "2021-12-31"], [7, 7, ""]]
    stored.lane(bank="A", lane=0, lanes=2, seen=seen, complete_to="2021-09-30")
    stored.lane(bank="A", lane=1, lanes=2, seen=[[1, 3, "2021-12-31"]], complete_to="2021-12-31")
    stored.balance("A", "2021Q3", 100 * YI, 60)

    row = coverage_rows(
        stored.results(), quarter=Quarter(2021, 3), population=Population.INCLUSIVE
    )[0]

    assert (row["complete_to"], row["source"]) == ("2021-09-30", "loan_level")
    assert row["missing_sequences"] == ["lane 0: seq 3-4", "lane 0: seq 6"]
    assert (row["lane_count"], row["complete_lane_count"]) == (2, 2)


def test_a_lane_never_heard_of_leaves_the_bank_incomplete() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31", lanes=2)
    stored.balance("A", "2021Q3", 100 * YI, 60)

    assert stored.results().reports[0].complete_to == ""
    assert sources(stored, "2021Q3")["A"] == ("none", False)


def test_a_loan_dated_far_ahead_does_not_stretch_the_axis() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2021Q1", 100 * YI, 60)
    stored.balance("A", "2099Q4", YI, 1)

    assert str(stored.results().quarters[-1]) == "2022Q1"
    assert str(stored.results().latest_quarter) == "2021Q4"


def test_what_was_reversed_begins_nothing() -> None:
    """A loan by mistake dated 2005 and taken back must not make 2005 to 2020 known at nothing."""
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.total("A", "2005Q1", Population.ALL)
    stored.balance("A", "2021Q2", 200 * YI, 60)
    stored.bank("B", "2021-12-31")
    stored.balance("B", "2020Q3", 100 * YI, 60)

    rows = growth_rows(stored.results(), quarter=Quarter(2021, 4), population=Population.INCLUSIVE)

    assert [row["status"] for row in rows[:2]] == ["not_reported", "ok"]
    (province,) = (row for row in rows if row["bank_id"] == "region:province")
    assert (province["growth_percent"], province["unit_count"]) == ("0.0", 1)
    assert [bank["en"] for bank in province["new_banks"]] == ["Bank A"]


def test_a_loan_dated_before_the_opening_balances_begins_nothing() -> None:
    """Else 2012 to 2020 would be known at one loan, and the province would seem to grow by it."""
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    for population in (Population.ALL, Population.INCLUSIVE):
        stored.total("A", "2012Q1", population, balance_change_minor=100, disbursed_minor=100)
        opening = {"balance_change_minor": 200 * YI, "brought_forward_minor": 200 * YI}
        stored.total("A", "2020Q4", population, borrower_change_count=60, **opening)
    stored.bank("B", "2021-12-31")
    stored.balance("B", "2019Q4", 100 * YI, 60)

    rows = growth_rows(
        stored.results(),
        quarter=Quarter(2021, 3),
        population=Population.INCLUSIVE,
        basis=Basis.YOY,
    )

    assert [row["status"] for row in rows[:2]] == ["not_reported", "ok"]
    (province,) = (row for row in rows if row["bank_id"] == "region:province")
    assert (province["growth_percent"], province["unit_count"]) == ("0.0", 1)


def test_loans_brought_forward_later_leave_what_was_known_before() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2019Q4", 100 * YI, 60)
    for population in (Population.ALL, Population.INCLUSIVE):
        late = {"balance_change_minor": 10 * YI, "brought_forward_minor": 10 * YI}
        stored.total("A", "2021Q1", population, **late)

    assert sources(stored, "2020Q4")["A"] == ("loan_level", False)
