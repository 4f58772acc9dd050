from infra.answers import growth_rows
from infra.headings import shown
from schemas.codes import Population
from schemas.quarter import Quarter
from tests.stored_totals import FEN_PER_YI, StoredTotals

YI = FEN_PER_YI
Q4 = Quarter(2021, 4)


def rows_of(stored: StoredTotals, quarter: Quarter = Q4) -> dict[str, dict]:
    rows = growth_rows(stored.results(), quarter=quarter, population=Population.INCLUSIVE)
    return {row["bank_id"]: row for row in rows}


def new_bank() -> StoredTotals:
    """One bank with both ends, and one that opened in 2021."""
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2020Q4", 300 * YI, 70)
    stored.bank("new", "2021-12-31", opened_on="2021-05-01")
    stored.balance("new", "2021Q2", 300 * YI, 70)
    return stored


def test_the_balance_of_a_bank_without_a_base_is_shown_although_growth_is_not() -> None:
    row = rows_of(new_bank())["new"]

    assert (row["status"], row["growth_percent"]) == ("not_reported", "")
    assert (row["latest_minor"], row["latest_status"]) == (300 * YI, "ok")
    assert (row["base_minor"], row["source"], row["borrower_count"]) == ("", "loan_level", 70)


def test_a_balance_that_nobody_reported_is_empty_and_its_base_still_known() -> None:
    stored = new_bank()
    stored.bank("late", "2021-09-30")
    stored.balance("late", "2020Q4", 40 * YI, 60)

    row = rows_of(stored)["late"]

    assert (row["latest_minor"], row["latest_status"]) == ("", "not_reported")
    assert (row["base_minor"], row["borrower_count"], row["source"]) == (40 * YI, "", "none")


def test_a_level_comes_from_a_position_where_events_do_not_reach() -> None:
    stored = new_bank()
    stored.bank("P")
    stored.position("P", "2021Q4", 25 * YI, borrower_count=90)

    row = rows_of(stored)["P"]

    assert (row["status"], row["latest_status"]) == ("not_reported", "ok")
    assert (row["latest_minor"], row["source"], row["borrower_count"]) == (25 * YI, "position", 90)


def test_a_reported_balance_of_zero_is_zero_and_not_unknown() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2020Q3", 300 * YI, 70)
    stored.balance("A", "2020Q4", -300 * YI, -70)

    row = rows_of(stored)["A"]

    assert (row["base_minor"], row["latest_minor"]) == (0, 0)
    assert (row["status"], row["latest_status"]) == ("no_base", "ok")


def test_an_aggregate_without_any_base_shows_what_its_banks_have() -> None:
    row = rows_of(new_bank(), Quarter(2020, 4))["region:province"]

    assert (row["status"], row["growth_percent"]) == ("not_reported", "")
    assert (row["latest_minor"], row["latest_status"]) == (300 * YI, "ok")
    assert (row["base_minor"], row["source"]) == ("", "loan_level")


def test_an_aggregate_shows_no_balance_while_nothing_tells_how_much_is_missing() -> None:
    stored = new_bank()
    stored.bank("late", "2020-09-30")

    row = rows_of(stored, Quarter(2020, 4))["region:province"]

    assert (row["latest_minor"], row["latest_status"]) == ("", "not_reported")


def test_a_published_total_without_an_earlier_one_shows_its_balance() -> None:
    stored = StoredTotals()
    stored.published("rural", "2021Q4", 500 * YI)

    row = rows_of(stored)["rural"]

    assert (row["status"], row["latest_status"]) == ("not_reported", "ok")
    assert (row["base_minor"], row["latest_minor"]) == ("", 500 * YI)


def test_a_table_for_people_says_unknown_in_words_and_shows_what_is_known() -> None:
    stored = new_bank()
    stored.bank("late", "2021-09-30")
    rows = rows_of(stored)

    new, late = shown("growth", [rows["new"], rows["late"]], "en")

    assert (new["base_minor"], new["latest_minor"]) == ("Not reported", 300 * YI)
    assert (late["latest_minor"], late["growth_percent"]) == ("Not reported", "Not reported")
