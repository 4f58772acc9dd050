"""占各项贷款比重: how much of all a bank's lending goes to this population?"""

from fractions import Fraction

from processors.grading.table import Cell
from processors.growth import gap_reference
from processors.measure import PERCENT, Facts, Inputs, Measure
from schemas.codes import Basis, Population, Status
from schemas.words import POPULATION_WORDS, Words


def share_of_all(facts: Facts, population: Population, _basis: Basis | None) -> list[Cell]:
    """Return which part of all a bank's loans this population is, in percent."""

    def one(bank: int) -> Cell:
        own = facts.balance(bank, population)
        everything = facts.balance(bank, gap_reference(population))
        if isinstance(own, Cell):
            return own
        if isinstance(everything, Cell):
            return everything
        if own[1] != everything[1]:  # Balances of two sources are of two sets of loans.
            return Cell(Fraction(0), Status.NOT_REPORTED)
        if everything[0] <= 0:
            return Cell(Fraction(0), Status.NO_BASE, own[1])
        inputs = {"balance_minor": own[0], "all_balance_minor": everything[0]}
        return Cell(recompute(inputs), Status.OK, own[1], inputs=tuple(inputs.items()))

    return facts.each(one)


def recompute(inputs: Inputs) -> Fraction:
    """Return balance ÷ balance of all loans, in percent."""
    return Fraction(inputs["balance_minor"], inputs["all_balance_minor"]) * PERCENT


def words(population: Population, _basis: Basis | None) -> Words:
    """Return what it is called."""
    of = POPULATION_WORDS[population]
    return Words(f"{of.zh}占各项贷款比重", f"Share of all loans, {of.en.lower()}")


MEASURE = Measure(
    name="share_of_all",
    unit="percent",
    needs_basis=False,
    words=words,
    compute=share_of_all,
    method="docs/method.md#grading-measures",
    recompute=recompute,
)
