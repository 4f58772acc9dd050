"""LPR 利差: how far above the LPR of its day and tenor is each new loan?"""

from fractions import Fraction

import numpy as np

from processors.exact import MBP_PER_BP
from processors.grading.table import Cell
from processors.measure import Facts, Inputs, Measure
from processors.rate_figures import lpr_spread as spread_of
from schemas.codes import Basis, Population, Source, Status
from schemas.results import population_place
from schemas.words import POPULATION_WORDS, Words


def lpr_spread(facts: Facts, population: Population, _basis: Basis | None) -> list[Cell]:
    """Return how far each bank's new lending lies above the LPR, in basis points."""
    place = population_place(population)

    def one(bank: int) -> Cell:
        spread = spread_of(facts.results, np.array([bank]), place, facts.quarter)
        if spread.status != Status.OK:
            return facts.lacking(bank, population, spread.status, "flows")
        inputs = {
            "spread_minor_mbp": spread.numerator,
            "compared_minor": spread.denominator // MBP_PER_BP,
        }
        source = str(Source.LOAN_LEVEL)
        return Cell(recompute(inputs), Status.OK, source, inputs=tuple(inputs.items()))

    return facts.each(one)


def recompute(inputs: Inputs) -> Fraction:
    """Return Σ amount × (rate − LPR) ÷ Σ amount that has an LPR, in basis points."""
    return Fraction(inputs["spread_minor_mbp"], inputs["compared_minor"] * MBP_PER_BP)


def words(population: Population, _basis: Basis | None) -> Words:
    """Return what it is called."""
    of = POPULATION_WORDS[population]
    return Words(
        f"{of.zh}新发放利率与LPR利差", f"Spread of new lending over the LPR, {of.en.lower()}"
    )


MEASURE = Measure(
    name="lpr_spread",
    unit="bp",
    needs_basis=False,
    words=words,
    compute=lpr_spread,
    method="docs/method.md#lpr",
    recompute=recompute,
)
