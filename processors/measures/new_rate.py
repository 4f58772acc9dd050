"""新发放贷款利率: what do borrowers pay for what they borrowed this quarter?"""

from processors.grading.table import Cell
from processors.measure import Facts, Measure, weighted_percent
from schemas.codes import Basis, Population
from schemas.words import POPULATION_WORDS, Words


def new_rate(facts: Facts, population: Population, _basis: Basis | None) -> list[Cell]:
    """Return each bank's weighted rate of the quarter's new lending, in percent a year."""
    return facts.weighted_rate(facts.results.new_lending, population, "flows")


def words(population: Population, _basis: Basis | None) -> Words:
    """Return what the rate of ``population`` is called."""
    of = POPULATION_WORDS[population]
    return Words(f"{of.zh}新发放利率", f"Rate of new lending, {of.en.lower()}")


MEASURE = Measure(
    name="new_rate",
    unit="percent_a_year",
    needs_basis=False,
    words=words,
    compute=new_rate,
    method="docs/method.md#rates",
    recompute=weighted_percent,
)
