"""信用贷款占比: how much of the quarter's new lending needs no collateral and no guarantor?"""

from fractions import Fraction

import numpy as np

from processors.grading.table import Cell
from processors.measure import PERCENT, Facts, Inputs, Measure
from processors.rate_figures import flows_missing
from schemas.codes import Basis, GuaranteeKind, Population, Source, Status
from schemas.results import population_place
from schemas.tags import guarantee_tag
from schemas.words import POPULATION_WORDS, Words


def unsecured_share(facts: Facts, population: Population, _basis: Basis | None) -> list[Cell]:
    """Return which part of the quarter's new lending is unsecured, in percent, by events."""
    place, tag = population_place(population), guarantee_tag(GuaranteeKind.CREDIT)

    def one(bank: int) -> Cell:
        at = (bank, place, facts.quarter)
        if not facts.results.told.flows[at]:
            status = flows_missing(facts.results, np.array([bank]), place, facts.quarter)
            return facts.lacking(bank, population, status, "flows")
        inputs = {
            "unsecured_minor": int(facts.results.totals.tagged_minor[tag][at]),
            "new_lending_minor": int(facts.results.totals.disbursed_minor[at]),
        }
        source = str(Source.LOAN_LEVEL)
        if inputs["new_lending_minor"] <= 0:
            return Cell(Fraction(0), Status.NO_LENDING, source)
        return Cell(recompute(inputs), Status.OK, source, inputs=tuple(inputs.items()))

    return facts.each(one)


def recompute(inputs: Inputs) -> Fraction:
    """Return unsecured ÷ all new lending, in percent."""
    return Fraction(inputs["unsecured_minor"], inputs["new_lending_minor"]) * PERCENT


def words(population: Population, _basis: Basis | None) -> Words:
    """Return what it is called."""
    of = POPULATION_WORDS[population]
    return Words(f"{of.zh}新发放信用贷款占比", f"Unsecured share of new lending, {of.en.lower()}")


MEASURE = Measure(
    name="unsecured_share",
    unit="percent",
    needs_basis=False,
    words=words,
    compute=unsecured_share,
    method="docs/method.md#grading-measures",
    recompute=recompute,
)
