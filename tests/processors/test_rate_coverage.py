"""How much of an aggregate stands behind each of its rates."""

import pytest

from schemas.codes import Population
from tests.processors.test_rates import LPR_2021_12_1Y, row_of, told
from tests.stored_totals import FEN_PER_YI, StoredTotals, limbs

YI = FEN_PER_YI
INCLUSIVE = Population.INCLUSIVE


def with_position_bank(balance: int, **facts: int) -> StoredTotals:
    """One bank of 1000 亿元 known by events, and one of ``balance`` known by positions."""
    stored = told("A")
    hi, lo = limbs(1000 * YI, 500_000)
    stored.total("A", "2019Q4", balance_rate_change_hi=hi, balance_rate_change_lo=lo)
    stored.lending("A", "2021Q4", INCLUSIVE, 100 * YI, 400_000)
    stored.lending("A", "2021Q4", INCLUSIVE, 100 * YI, 400_000, tag=LPR_2021_12_1Y)
    stored.bank("P")
    stored.position("P", "2021Q3", balance)
    stored.position("P", "2021Q4", balance, **facts)
    return stored


def test_a_figure_that_positions_do_not_carry_is_covered_by_the_other_banks_only() -> None:
    facts = {"new_lending_minor": 100 * YI, "new_lending_rate_mbp": 600_000}
    row = row_of(with_position_bank(1000 * YI, **facts), "region:province")

    assert (row["coverage_percent"], row["missing"]) == ("100.00", [])
    assert (row["new_rate_percent"], row["new_rate_coverage_percent"]) == ("5.00", "100.00")
    assert (row["new_rate_is_preliminary"], row["is_preliminary"]) == (False, False)
    for name in ("outstanding_rate", "non_performing", "lpr_spread", "ytd_rate"):
        assert row[f"{name}_status"] == "coverage_too_low", name
        assert row[f"{name}_coverage_percent"] == "50.00", name
    hidden = ("outstanding_minor", "outstanding_rate_percent", "non_performing_percent")
    hidden += ("lpr_spread_bp", "lpr_compared_percent", "ytd_rate_percent", "ytd_lending_minor")
    assert [row[key] for key in (*hidden, "first_loan_borrower_count")] == [""] * 8
    assert (row["new_lending_by_tag"], row["outstanding_rate_status_zh"]) == ({}, "覆盖率不足")


@pytest.mark.parametrize(
    ("lacking", "is_preliminary", "status"),
    [(10, False, "ok"), (11, True, "ok"), (52, True, "ok"), (53, True, "coverage_too_low")],
)
def test_the_coverage_of_a_figure_has_the_limits_of_the_whole(
    lacking: int, is_preliminary: bool, status: str
) -> None:
    row = row_of(with_position_bank(lacking * YI), "region:province")

    assert (row["new_rate_is_preliminary"], row["new_rate_status"]) == (is_preliminary, status)
    assert (row["new_rate_percent"] == "") == (status != "ok")
    assert row["coverage_percent"] == "100.00"
    assert row["is_preliminary"] == (is_preliminary and status == "ok")


def test_a_figure_lacking_at_a_bank_of_unknown_weight_is_preliminary() -> None:
    stored = told("A")
    stored.lending("A", "2021Q4", INCLUSIVE, 100 * YI, 400_000)
    stored.bank("P")
    stored.position("P", "2021Q4", YI)

    row = row_of(stored, "region:province")

    assert (row["new_rate_coverage_percent"], row["new_rate_is_preliminary"]) == ("100.00", True)
    assert (row["new_rate_percent"], row["is_preliminary"]) == ("4.00", True)


def test_a_figure_is_not_printed_while_nothing_tells_its_coverage() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2021Q4", 100 * YI, 60)
    stored.lending("A", "2021Q4", INCLUSIVE, YI, 400_000)
    stored.bank("silent")

    row = row_of(stored, "region:province")

    assert (row["new_rate_percent"], row["new_rate_status"]) == ("", "not_determinable")
    assert row["new_rate_coverage_percent"] == ""


def test_a_bank_that_lent_nothing_covers_the_rate_of_the_others() -> None:
    stored = told("A", "B")
    stored.lending("A", "2021Q4", INCLUSIVE, 100 * YI, 400_000)

    row = row_of(stored, "region:province")

    assert (row["new_rate_percent"], row["new_rate_coverage_percent"]) == ("4.00", "100.00")


def test_a_figure_that_no_bank_of_a_group_has_is_not_reported_rather_than_not_covered() -> None:
    stored = StoredTotals()
    for bank_id in "PQ":
        stored.bank(bank_id)
        stored.position(bank_id, "2021Q3", 100 * YI)
        stored.position(bank_id, "2021Q4", 100 * YI, new_lending_minor=YI)

    row = row_of(stored, "region:province")

    assert (row["non_performing_status"], row["new_rate_status"]) == ("not_reported",) * 2
    assert (row["new_lending_minor"], row["new_lending_status"]) == (2 * YI, "ok")


def test_a_change_is_covered_by_the_banks_that_have_both_rates() -> None:
    stored = told("A", "B")
    stored.lending("A", "2020Q4", INCLUSIVE, 100 * YI, 450_000)
    for bank_id in "AB":
        stored.lending(bank_id, "2021Q4", INCLUSIVE, 100 * YI, 400_000)

    row = row_of(stored, "region:province")

    assert (row["new_rate_change_yoy_bp"], row["new_rate_percent"]) == ("", "4.00")
    assert row["new_rate_change_yoy_status"] == "coverage_too_low"
    assert row["new_rate_change_yoy_coverage_percent"] == "50.00"


def with_bank_that_began_in_the_quarter(balance: int) -> StoredTotals:
    """One bank of 1000 亿元, and one whose first events are of the quarter; it reported before."""
    stored = told("A")
    stored.lending("A", "2021Q4", INCLUSIVE, 100 * YI, 400_000)
    stored.bank("N", "2021-12-31")
    stored.position("N", "2021Q3", balance)
    opening = {"brought_forward_minor": balance, "balance_change_minor": balance}
    for population in (Population.ALL, INCLUSIVE):
        stored.total("N", "2021Q4", population, **opening)
    return stored


def test_a_bank_whose_figure_cannot_be_determined_is_named_beside_full_coverage() -> None:
    row = row_of(with_bank_that_began_in_the_quarter(500 * YI), "region:province")

    named = [{"zh": "N银行（无法判定）", "en": "Bank N (cannot be determined)"}]
    assert (row["coverage_percent"], row["missing"]) == ("100.00", [])
    for name in ("new_lending", "new_rate", "ytd_rate"):
        assert row[f"{name}_status"] == "coverage_too_low", name
        assert row[f"{name}_lacking"] == named, name
    assert row["outstanding_rate_lacking"] == []
    assert row["lacking"] == named


def test_a_bank_that_reports_positions_is_named_with_the_figures_it_lacks_alone() -> None:
    facts = {"new_lending_minor": 100 * YI, "new_lending_rate_mbp": 600_000}
    row = row_of(with_position_bank(1000 * YI, **facts), "region:province")

    assert row["new_rate_lacking"] == []
    assert row["lpr_spread_lacking"] == [{"zh": "P银行（未报送）", "en": "Bank P (not reported)"}]
    assert row["lacking"] == []


def test_a_figure_that_nobody_has_names_nobody() -> None:
    stored = told("A")
    stored.bank("P")
    row = row_of(stored, "region:province", "2019Q4")

    assert row["new_rate_change_yoy_status"] == "not_reported"
    assert row["new_rate_change_yoy_lacking"] == []
