"""不良贷款率: which part of the balance is substandard, doubtful or lost?"""

from fractions import Fraction

import numpy as np

from processors.grading.table import Cell
from processors.measure import PERCENT, Facts, Inputs, Measure
from processors.rate_figures import non_performing as part_of
from schemas.codes import Basis, Population, Source, Status
from schemas.results import population_place
from schemas.words import POPULATION_WORDS, Words


def non_performing(facts: Facts, population: Population, _basis: Basis | None) -> list[Cell]:
    """Return the non-performing part of each bank's balance, in percent."""
    place = population_place(population)

    def one(bank: int) -> Cell:
        part = part_of(facts.results, np.array([bank]), place, facts.quarter)
        if part.status != Status.OK:
            return facts.lacking(bank, population, part.status, "levels")
        inputs = {"non_performing_minor": part.numerator, "balance_minor": part.denominator}
        source = str(Source.LOAN_LEVEL)
        return Cell(recompute(inputs), Status.OK, source, inputs=tuple(inputs.items()))

    return facts.each(one)


def recompute(inputs: Inputs) -> Fraction:
    """Return non-performing ÷ balance, in percent."""
    return Fraction(inputs["non_performing_minor"], inputs["balance_minor"]) * PERCENT


def words(population: Population, _basis: Basis | None) -> Words:
    """Return what it is called."""
    of = POPULATION_WORDS[population]
    return Words(f"{of.zh}不良率", f"Non-performing ratio, {of.en.lower()}")


MEASURE = Measure(
    name="non_performing",
    unit="percent",
    needs_basis=False,
    words=words,
    compute=non_performing,
    method="docs/method.md#non-performing",
    recompute=recompute,
)
