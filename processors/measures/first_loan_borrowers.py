"""首贷户: how many borrowers of the quarter never had a loan before?"""

from fractions import Fraction

import numpy as np

from processors.grading.table import Cell
from processors.measure import Facts, Inputs, Measure
from processors.rate_figures import flows_missing
from schemas.codes import Basis, Population, Source, Status
from schemas.results import population_place
from schemas.words import POPULATION_WORDS, Words


def first_loan_borrowers(facts: Facts, population: Population, _basis: Basis | None) -> list[Cell]:
    """Return how many borrowers had their first loan anywhere in the quarter, by events."""
    place = population_place(population)

    def one(bank: int) -> Cell:
        if not facts.results.told.flows[bank, place, facts.quarter]:
            status = flows_missing(facts.results, np.array([bank]), place, facts.quarter)
            return facts.lacking(bank, population, status, "flows")
        count = int(facts.results.totals.first_loan_borrower_count[bank, place, facts.quarter])
        inputs = {"first_loan_borrower_count": count}
        source = str(Source.LOAN_LEVEL)
        return Cell(recompute(inputs), Status.OK, source, inputs=tuple(inputs.items()))

    return facts.each(one)


def recompute(inputs: Inputs) -> Fraction:
    """Return the count."""
    return Fraction(inputs["first_loan_borrower_count"])


def words(population: Population, _basis: Basis | None) -> Words:
    """Return what it is called."""
    of = POPULATION_WORDS[population]
    return Words(f"{of.zh}首贷户数", f"First-loan borrowers of the quarter, {of.en.lower()}")


MEASURE = Measure(
    name="first_loan_borrowers",
    unit="count",
    needs_basis=False,
    words=words,
    compute=first_loan_borrowers,
    method="docs/method.md#counts",
    recompute=recompute,
)
