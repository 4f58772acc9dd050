"""贷款户数变动: how many more borrowers than at an earlier quarter-end (两增)?"""

from fractions import Fraction

from processors.counts import borrower_ends
from processors.grading.table import Cell
from processors.measure import Facts, Inputs, Measure
from schemas.codes import Basis, Population, Source, Status
from schemas.results import population_place
from schemas.words import BASIS_WORDS, POPULATION_WORDS, Words


def borrower_change(facts: Facts, population: Population, basis: Basis | None) -> list[Cell]:
    """Return how many more borrowers each bank has."""
    assert basis is not None
    ends = borrower_ends(facts.results, population_place(population), facts.quarter, basis)
    is_other = facts.is_scope_changed(population, basis)

    def one(bank: int) -> Cell:
        if not ends.is_known[bank]:
            return Cell(Fraction(0), Status.NOT_REPORTED)
        if is_other:
            return Cell(Fraction(0), Status.SCOPE_CHANGED)
        inputs = {
            "base_count": int(ends.base_count[bank]),
            "latest_count": int(ends.latest_count[bank]),
        }
        source = str(Source.LOAN_LEVEL if ends.is_by_events[bank] else Source.POSITION)
        return Cell(recompute(inputs), Status.OK, source, inputs=tuple(inputs.items()))

    return facts.each(one)


def recompute(inputs: Inputs) -> Fraction:
    """Return latest − base."""
    return Fraction(inputs["latest_count"] - inputs["base_count"])


def words(population: Population, basis: Basis | None) -> Words:
    """Return what it is called."""
    assert basis is not None
    of, since = POPULATION_WORDS[population], BASIS_WORDS[basis]
    return Words(
        f"{of.zh}户数变动（{since.zh}）",
        f"Change in borrowers, {of.en.lower()}, {since.en.lower()}",
    )


MEASURE = Measure(
    name="borrower_change",
    unit="count",
    needs_basis=True,
    words=words,
    compute=borrower_change,
    method="docs/method.md#counts",
    recompute=recompute,
)
