"""本年新发放贷款利率: what have borrowers paid for what they borrowed this year?"""

from processors.grading.table import Cell
from processors.measure import Facts, Measure, weighted_percent
from schemas.codes import Basis, Population
from schemas.words import POPULATION_WORDS, Words


def new_rate_ytd(facts: Facts, population: Population, _basis: Basis | None) -> list[Cell]:
    """Return each bank's weighted rate of the year's new lending, in percent a year."""
    return facts.weighted_rate(facts.results.new_lending_ytd, population, "flows")


def words(population: Population, _basis: Basis | None) -> Words:
    """Return what the rate of ``population`` is called."""
    of = POPULATION_WORDS[population]
    return Words(f"{of.zh}本年新发放利率", f"Rate of new lending, year to date, {of.en.lower()}")


MEASURE = Measure(
    name="new_rate_ytd",
    unit="percent_a_year",
    needs_basis=False,
    words=words,
    compute=new_rate_ytd,
    method="docs/method.md#rates",
    recompute=weighted_percent,
)
