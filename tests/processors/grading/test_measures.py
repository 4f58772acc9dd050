"""Every measure: a value by hand, its inputs, and its value again from them alone."""

from fractions import Fraction

import pytest

from processors.grading.measuring import MEASURES
from processors.grading.table import Cell
from processors.measure import Facts
from schemas.codes import Basis, GuaranteeKind, Population, Status
from schemas.quarter import Quarter
from schemas.results import Results
from schemas.tags import FIRST_LOAN_TAG, LPR_FIRST, guarantee_tag
from tests.stored_totals import FEN_PER_YI, StoredTotals, limbs

YI = FEN_PER_YI
ALL, BOOK, SMALL = Population.ALL, Population.ALL_EX_BILLS, Population.SMALL_MICRO
LPR_2021_12_1Y = LPR_FIRST + 2 * 28


def one_bank() -> Results:
    """A: small and micro 100 → 120 亿元, all 1000 → 1100; 4 written off, 2 bad, 60 lent anew."""
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    for population, base, latest in ((ALL, 1000, 1100), (BOOK, 1000, 1100), (SMALL, 100, 120)):
        stored.balance("A", "2020Q4", base * YI, 200, populations=(population,))
        change = latest - base
        stored.total(
            "A", "2021Q4", population, balance_change_minor=change * YI, borrower_change_count=30
        )
    stored.total("A", "2021Q4", SMALL, written_off_minor=4 * YI, non_performing_change_minor=2 * YI)
    stored.total("A", "2021Q4", SMALL, FIRST_LOAN_TAG, draw_borrower_count=7)
    stored.lending("A", "2021Q3", SMALL, 40 * YI, 500_000)
    stored.lending("A", "2021Q4", SMALL, 60 * YI, 450_000)
    stored.lending("A", "2021Q4", SMALL, 15 * YI, 450_000, tag=guarantee_tag(GuaranteeKind.CREDIT))
    stored.lending("A", "2021Q4", SMALL, 50 * YI, 450_000, tag=LPR_2021_12_1Y)
    hi, lo = limbs(120 * YI, 480_000)
    stored.total("A", "2021Q4", SMALL, balance_rate_change_hi=hi, balance_rate_change_lo=lo)
    return stored.results()


def cells(name: str, results: Results) -> list[Cell]:
    measure = MEASURES[name]
    facts = Facts(results, results.quarter_place(Quarter(2021, 4)))
    return measure.compute(facts, SMALL, Basis.YTD if measure.needs_basis else None)


BY_HAND = {
    "balance": Fraction(120 * YI),
    "balance_change": Fraction(20 * YI),
    "borrower_change": Fraction(30),
    "borrower_growth": Fraction(15),  # 30 of 200
    "first_loan_borrowers": Fraction(7),
    "gap_to_all": Fraction(10),  # 20 % − 10 %
    "growth": Fraction(20),
    "growth_restored": Fraction(24),  # (120 + 4 − 100) ÷ 100
    "lpr_spread": Fraction(70),  # 4.50 % against 3.80 % of December 2021
    "new_lending": Fraction(60 * YI),
    "new_rate": Fraction(9, 2),
    "new_rate_ytd": Fraction(47, 10),  # (40 × 5.0 + 60 × 4.5) ÷ 100
    "non_performing": Fraction(5, 3),  # 2 of 120
    "outstanding_rate": Fraction(24, 5),
    "share_of_all": Fraction(120, 11),  # 120 of 1100
    "unsecured_share": Fraction(25),  # 15 of 60
}


def test_every_measure_has_a_figure_by_hand() -> None:
    assert set(BY_HAND) == set(MEASURES)


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_a_measure_is_what_a_person_gets_by_hand(name: str) -> None:
    (cell,) = cells(name, one_bank())

    assert (cell.value, cell.status) == (BY_HAND[name], Status.OK)


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_a_value_follows_from_its_inputs_alone(name: str) -> None:
    (cell,) = cells(name, one_bank())

    assert cell.inputs
    assert MEASURES[name].recompute(dict(cell.inputs)) == cell.value


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_of_a_bank_that_told_nothing_nothing_is_measured(name: str) -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2020Q4", YI)
    stored.bank("silent")

    cell = cells(name, stored.results())[-1]

    assert (cell.status, cell.inputs, cell.value) == (Status.NOT_REPORTED, (), 0)


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_before_the_first_quarter_nothing_is_measured(name: str) -> None:
    results = one_bank()
    measure = MEASURES[name]
    facts = Facts(results, 0).ago(1)

    found = measure.compute(facts, SMALL, Basis.YTD if measure.needs_basis else None)

    assert [cell.status for cell in found] == [Status.NOT_REPORTED]


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_a_measure_is_called_something_in_both_languages(name: str) -> None:
    measure = MEASURES[name]

    words = measure.words(SMALL, Basis.YTD if measure.needs_basis else None)

    assert "小微企业" in words.zh
    assert "small and micro" in words.en
