"""本季新发放: how much was lent anew in the quarter?"""

from fractions import Fraction

from processors.grading.table import Cell
from processors.measure import Facts, Inputs, Measure
from schemas.codes import Basis, Population, Status
from schemas.results import SOURCES, population_place
from schemas.words import POPULATION_WORDS, Words


def new_lending(facts: Facts, population: Population, _basis: Basis | None) -> list[Cell]:
    """Return each bank's new lending of the quarter, in fen; 0 where it lent nothing."""
    figures, place = facts.results.new_lending, population_place(population)

    def one(bank: int) -> Cell:
        at = (bank, place, facts.quarter)
        status = Status(int(figures.amount_status[at]))
        if status != Status.OK:
            return facts.lacking(bank, population, status, "flows")
        inputs = {"new_lending_minor": int(figures.amount_minor[at])}
        source = str(SOURCES[int(figures.source[at])])
        return Cell(recompute(inputs), Status.OK, source, inputs=tuple(inputs.items()))

    return facts.each(one)


def recompute(inputs: Inputs) -> Fraction:
    """Return the new lending."""
    return Fraction(inputs["new_lending_minor"])


def words(population: Population, _basis: Basis | None) -> Words:
    """Return what it is called."""
    of = POPULATION_WORDS[population]
    return Words(f"{of.zh}本季新发放", f"New lending of the quarter, {of.en.lower()}")


MEASURE = Measure(
    name="new_lending",
    unit="minor",
    needs_basis=False,
    words=words,
    compute=new_lending,
    method="docs/method.md#rates",
    recompute=recompute,
)
