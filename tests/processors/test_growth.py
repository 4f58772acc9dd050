import pytest

from infra.answers import growth_rows
from processors.growth import base_ordinal, count_basis, gap_reference, is_scope_changed
from schemas.codes import Basis, Population
from schemas.quarter import Quarter
from tests.stored_totals import FEN_PER_YI, StoredTotals

YI = FEN_PER_YI
Q4 = Quarter(2021, 4)


def bank_row(stored: StoredTotals, population: Population = Population.INCLUSIVE, **asked) -> dict:
    asked.setdefault("quarter", Q4)
    rows = growth_rows(stored.results(), population=population, **asked)
    return next(row for row in rows if row["kind"] == "bank")


def two_ends(base_minor: int, latest_minor: int, borrowers: int = 60) -> StoredTotals:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2020Q4", base_minor, borrowers)
    stored.balance("A", "2021Q4", latest_minor - base_minor)
    return stored


@pytest.mark.parametrize(
    ("basis", "base"), [(Basis.YTD, "2020Q4"), (Basis.YOY, "2020Q3"), (Basis.QOQ, "2021Q2")]
)
def test_each_basis_has_its_base_quarter(basis: Basis, base: str) -> None:
    found = base_ordinal(basis, Quarter(2021, 3).ordinal)

    assert str(Quarter.from_ordinal(found)) == base


def test_in_the_fourth_quarter_growth_on_the_year_start_is_growth_on_a_year_before() -> None:
    assert base_ordinal(Basis.YTD, Q4.ordinal) == base_ordinal(Basis.YOY, Q4.ordinal)


def test_growth_is_the_change_over_the_earlier_balance() -> None:
    row = bank_row(two_ends(200 * YI, 250 * YI))

    assert (row["growth_percent"], row["status"], row["source"]) == ("25.0", "ok", "loan_level")
    assert (row["base_quarter"], row["reaches_30_percent"]) == ("2020Q4", "no")


def test_a_quarter_without_a_row_goes_on_at_its_level() -> None:
    row = bank_row(two_ends(200 * YI, 250 * YI), quarter=Quarter(2021, 3), basis=Basis.QOQ)

    assert (row["latest_minor"], row["growth_percent"]) == (200 * YI, "0.0")


@pytest.mark.parametrize(
    ("base", "borrowers", "status"),
    [
        (0, 60, "no_base"),
        (-YI, 60, "no_base"),
        (YI - 1, 60, "small_base"),
        (YI, 60, "ok"),
        (YI, 49, "small_base"),
        (YI, 50, "ok"),
    ],
)
def test_a_small_base_gives_no_growth(base: int, borrowers: int, status: str) -> None:
    row = bank_row(two_ends(base, 5 * YI, borrowers))

    assert row["status"] == status
    assert (row["growth_percent"] != "") == (status == "ok")


def test_a_bank_that_is_not_complete_has_no_growth_rather_than_none() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-30")
    stored.bank("B", "2021-12-31")
    stored.balance("A", "2020Q4", 200 * YI, 60)

    row = bank_row(stored)

    assert (row["status"], row["growth_percent"]) == ("not_reported", "")
    assert (row["status_zh"], row["status_en"]) == ("未报送", "Not reported")


def words_of(rows: list[dict], bank_id: str) -> list[str]:
    row = next(row for row in rows if row["bank_id"] == bank_id)
    keys = ("status_zh", "restored_status_zh", "gap_status_zh", "borrower_change_ytd_status_zh")
    return [row[key] for key in keys]


def test_in_the_first_quarter_nobody_is_late_but_who_is() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2021Q4", 200 * YI, 60)
    stored.bank("late", "2021-12-30")
    stored.balance("late", "2021Q4", 200 * YI, 60)

    asked = {"population": Population.INCLUSIVE, "basis": Basis.QOQ}
    rows = growth_rows(stored.results(), quarter=Q4, **asked)

    assert rows[0]["status"] == "not_reported"
    assert rows[0]["status_en"] == "No earlier data"
    assert words_of(rows, "A") == ["无上期数据"] * 4
    assert words_of(rows, "late") == ["未报送"] * 4


def test_a_bank_without_a_base_that_others_have_is_not_told_of_as_the_first() -> None:
    stored = two_ends(200 * YI, 250 * YI)
    stored.bank("new", "2021-12-31")
    stored.balance("new", "2021Q4", 200 * YI, 60)

    rows = growth_rows(stored.results(), quarter=Q4, population=Population.INCLUSIVE)

    assert words_of(rows, "A") == ["正常"] * 4
    assert words_of(rows, "new") == ["未报送"] * 4


def test_what_was_written_off_or_moved_out_after_the_base_is_added_back() -> None:
    stored = two_ends(200 * YI, 210 * YI)
    for quarter, gone in (("2020Q4", 50), ("2021Q1", 10), ("2021Q4", 6)):
        stored.total("A", quarter, written_off_minor=gone * YI // 2, moved_out_minor=gone * YI // 2)

    row = bank_row(stored)

    assert (row["growth_percent"], row["growth_restored_percent"]) == ("5.0", "13.0")


def test_the_gap_is_of_unrounded_growth_against_loans_without_bills() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    inside = (Population.INCLUSIVE,)
    stored.balance("A", "2020Q4", 10_000 * YI, 60, (Population.ALL_EX_BILLS,))
    stored.balance("A", "2021Q4", 1_344 * YI, 0, (Population.ALL_EX_BILLS,))
    stored.balance("A", "2020Q4", 10_000 * YI, 60, inside)
    stored.balance("A", "2021Q4", 2_005 * YI, 0, inside)
    # All loans with bills: another growth, which must not be taken.
    stored.balance("A", "2020Q4", 10_000 * YI, 60, (Population.ALL,))

    row = bank_row(stored)

    # 20.1 − 13.4 of the printed figures would be 6.7.
    assert (row["growth_percent"], row["gap_to_all_pp"], row["gap_status"]) == ("20.1", "6.6", "ok")
    assert gap_reference(Population.ALL) is Population.ALL


def test_positions_are_used_where_they_stand_at_both_ends() -> None:
    stored = StoredTotals()
    stored.bank("A")
    stored.position("A", "2020Q4", 200 * YI)
    stored.position("A", "2021Q4", 260 * YI, borrower_count=900)

    row = bank_row(stored)

    assert (row["growth_percent"], row["source"], row["reaches_30_percent"]) == (
        "30.0",
        "position",
        "yes",
    )
    assert (row["borrower_count"], row["borrower_change_ytd"]) == (900, "")
    assert (row["restored_status"], row["gap_status"]) == ("not_reported", "not_reported")


def test_one_end_of_each_source_is_no_growth() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-06-30")
    stored.balance("A", "2020Q4", 200 * YI, 60)
    stored.position("A", "2021Q4", 260 * YI)

    assert bank_row(stored)["status"] == "not_reported"


def test_events_come_before_positions_where_both_have_both_ends() -> None:
    stored = two_ends(200 * YI, 250 * YI)
    stored.position("A", "2020Q4", 100 * YI)
    stored.position("A", "2021Q4", 300 * YI)

    row = bank_row(stored)

    assert (row["source"], row["growth_percent"]) == ("loan_level", "25.0")


def test_a_position_with_a_small_count_is_a_small_base_and_without_a_count_is_not() -> None:
    stored = StoredTotals()
    for bank_id, facts in (("A", {"borrower_count": 49}), ("B", {})):
        stored.bank(bank_id)
        stored.position(bank_id, "2020Q4", 200 * YI, **facts)
        stored.position(bank_id, "2021Q4", 260 * YI)

    rows = growth_rows(stored.results(), quarter=Q4, population=Population.INCLUSIVE)

    assert [row["status"] for row in rows[:2]] == ["small_base", "ok"]


def test_over_a_change_of_the_central_banks_limit_there_is_no_growth() -> None:
    before, after = Quarter(2023, 4).ordinal, Quarter(2024, 1).ordinal

    assert is_scope_changed(Population.PBOC_INCLUSIVE, before, after)
    assert not is_scope_changed(Population.PBOC_INCLUSIVE, after, after + 3)
    assert not is_scope_changed(Population.INCLUSIVE, before, after)

    stored = StoredTotals()
    stored.bank("A", "2024-03-31")
    stored.balance("A", "2023Q4", 200 * YI, 60, (Population.ALL, Population.PBOC_INCLUSIVE))
    row = bank_row(stored, Population.PBOC_INCLUSIVE, quarter=Quarter(2024, 1), basis=Basis.QOQ)
    assert row["status"] == "scope_changed"


def test_borrowers_are_judged_against_the_year_start_from_2021_on() -> None:
    assert (count_basis(2020), count_basis(2021)) == (Basis.YOY, Basis.YTD)


def test_borrower_changes_are_told_on_both_bases() -> None:
    stored = two_ends(200 * YI, 250 * YI, 100)
    stored.total("A", "2021Q2", borrower_change_count=20)
    stored.total("A", "2021Q3", borrower_change_count=-5)

    row = bank_row(stored, quarter=Quarter(2021, 3))

    assert (row["borrower_count"], row["borrower_change_ytd"]) == (115, 15)
    assert row["borrower_change_yoy"] == ""


def test_a_published_total_is_shown_with_its_growth() -> None:
    stored = StoredTotals()
    stored.published("large_commercial", "2020Q4", 483_276_300_000_000)
    stored.published("large_commercial", "2021Q4", 655_604_100_000_000)
    stored.published("tiny", "2020Q4", YI - 1)
    stored.published("tiny", "2021Q4", YI)

    rows = growth_rows(stored.results(), quarter=Q4, population=Population.INCLUSIVE, decimals=2)

    assert [row["kind"] for row in rows] == ["published", "published"]
    assert (rows[0]["growth_percent"], rows[0]["source"]) == ("35.66", "aggregate")
    assert (rows[1]["growth_percent"], rows[1]["status"]) == ("", "small_base")


def test_the_first_quarter_known_has_no_growth_on_any_basis() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2021Q4", 200 * YI, 60)

    for basis in Basis:
        assert bank_row(stored, basis=basis)["status"] == "not_reported"
