"""贷款余额: how much is lent at the quarter-end?"""

from fractions import Fraction

from processors.grading.table import Cell
from processors.measure import Facts, Inputs, Measure
from schemas.codes import Basis, Population, Status
from schemas.words import POPULATION_WORDS, Words


def balance(facts: Facts, population: Population, _basis: Basis | None) -> list[Cell]:
    """Return each bank's balance at the quarter-end, in fen."""

    def one(bank: int) -> Cell:
        found = facts.balance(bank, population)
        if isinstance(found, Cell):
            return found
        inputs = {"balance_minor": found[0]}
        return Cell(recompute(inputs), Status.OK, found[1], inputs=tuple(inputs.items()))

    return facts.each(one)


def recompute(inputs: Inputs) -> Fraction:
    """Return the balance."""
    return Fraction(inputs["balance_minor"])


def words(population: Population, _basis: Basis | None) -> Words:
    """Return what it is called."""
    of = POPULATION_WORDS[population]
    return Words(f"{of.zh}余额", f"Balance, {of.en.lower()}")


MEASURE = Measure(
    name="balance",
    unit="minor",
    needs_basis=False,
    words=words,
    compute=balance,
    method="docs/method.md#presence",
    recompute=recompute,
)
