"""贷款户数增速: by how much did the number of borrowers grow?"""

from fractions import Fraction

from processors.counts import borrower_ends
from processors.grading.table import Cell
from processors.growth import SMALL_BASE_COUNT
from processors.measure import PERCENT, Facts, Inputs, Measure
from schemas.codes import Basis, Population, Source, Status
from schemas.results import population_place
from schemas.words import BASIS_WORDS, POPULATION_WORDS, Words


def borrower_growth(facts: Facts, population: Population, basis: Basis | None) -> list[Cell]:
    """Return growth in borrowers of each bank, in percent; none over a small base."""
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
        if inputs["base_count"] < SMALL_BASE_COUNT:
            is_none = inputs["base_count"] <= 0
            return Cell(Fraction(0), Status.NO_BASE if is_none else Status.SMALL_BASE, source)
        return Cell(recompute(inputs), Status.OK, source, inputs=tuple(inputs.items()))

    return facts.each(one)


def recompute(inputs: Inputs) -> Fraction:
    """Return (latest − base) ÷ base, in percent."""
    return PERCENT * Fraction(inputs["latest_count"] - inputs["base_count"], inputs["base_count"])


def words(population: Population, basis: Basis | None) -> Words:
    """Return what it is called."""
    assert basis is not None
    of, since = POPULATION_WORDS[population], BASIS_WORDS[basis]
    return Words(
        f"{of.zh}户数增速（{since.zh}）",
        f"Growth in borrowers, {of.en.lower()}, {since.en.lower()}",
    )


MEASURE = Measure(
    name="borrower_growth",
    unit="percent",
    needs_basis=True,
    words=words,
    compute=borrower_growth,
    method="docs/method.md#counts",
    recompute=recompute,
)
