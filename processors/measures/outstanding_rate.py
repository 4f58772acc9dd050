"""存量贷款利率: what do borrowers pay on all that they owe?"""

from processors.grading.table import Cell
from processors.measure import Facts, Measure, weighted_percent
from schemas.codes import Basis, Population
from schemas.words import POPULATION_WORDS, Words


def outstanding_rate(facts: Facts, population: Population, _basis: Basis | None) -> list[Cell]:
    """Return each bank's weighted rate of the balance at the quarter-end, in percent a year."""
    return facts.weighted_rate(facts.results.outstanding, population, "levels")


def words(population: Population, _basis: Basis | None) -> Words:
    """Return what the rate of ``population`` is called."""
    of = POPULATION_WORDS[population]
    return Words(f"{of.zh}存量利率", f"Rate of outstanding loans, {of.en.lower()}")


MEASURE = Measure(
    name="outstanding_rate",
    unit="percent_a_year",
    needs_basis=False,
    words=words,
    compute=outstanding_rate,
    method="docs/method.md#rates",
    recompute=weighted_percent,
)
