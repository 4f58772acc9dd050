"""The members of an aggregate's figure add up to it, whichever figure it is."""

from infra.answers import growth_rows, member_rows, rate_rows
from schemas.codes import Population
from schemas.quarter import Quarter
from tests.stored_totals import FEN_PER_YI, StoredTotals

YI = FEN_PER_YI
Q4 = Quarter(2021, 4)
INCLUSIVE = Population.INCLUSIVE
PROVINCE = "region:province"


def members(stored: StoredTotals, **asked) -> list[dict]:
    given = {"quarter": Q4, "population": INCLUSIVE, "group_code": PROVINCE} | asked
    return member_rows(stored.results(), **given)


def test_a_bank_that_closed_in_between_is_a_member_with_its_base_and_nothing_now() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2020Q4", 900 * YI, 60)
    stored.balance("A", "2021Q4", 200 * YI)
    stored.bank("gone", "2021-09-30", closed_on="2021-11-30")
    stored.balance("gone", "2020Q4", 100 * YI, 60)

    found = {row["bank_id"]: (row["base_minor"], row["latest_minor"]) for row in members(stored)}

    assert found == {"A": (900 * YI, 1100 * YI), "gone": (100 * YI, 0)}
    sums = growth_rows(stored.results(), quarter=Q4, population=INCLUSIVE)
    province = next(row for row in sums if row["bank_id"] == PROVINCE)
    assert (province["base_minor"], province["latest_minor"]) == (1000 * YI, 1100 * YI)


def test_where_there_is_no_growth_the_members_are_those_of_the_balance() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2021Q4", 300 * YI, 60)

    (row,) = members(stored)

    assert (row["bank_id"], row["latest_minor"]) == ("A", 300 * YI)
    assert "base_minor" not in row


def test_a_rate_has_the_banks_that_tell_it_and_a_spread_only_those_with_events() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2021Q3", 900 * YI, 60)
    stored.lending("A", "2021Q4", INCLUSIVE, 40 * YI, 450_000)
    stored.bank("B")
    for quarter in ("2021Q3", "2021Q4"):
        stored.position(
            "B", quarter, 10 * YI, new_lending_minor=2 * YI, new_lending_rate_mbp=500_000
        )

    lent = {
        row["bank_id"]: row["amount_minor"] for row in members(stored, figure="new_rate_percent")
    }
    spread = [row["bank_id"] for row in members(stored, figure="lpr_spread_bp")]

    assert lent == {"A": 40 * YI, "B": 2 * YI}
    assert spread == ["A"]
    rates = rate_rows(stored.results(), quarter=Q4, population=INCLUSIVE)
    province = next(row for row in rates if row["bank_id"] == PROVINCE)
    assert province["new_lending_minor"] == sum(lent.values())


def test_a_bank_is_no_aggregate_and_has_no_members() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2021Q4", 300 * YI, 60)

    assert members(stored, group_code="A") == []
