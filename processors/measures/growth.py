"""贷款增速: how much more a bank lends than at an earlier quarter-end."""

from fractions import Fraction

from processors.exact import growth as growth_of
from processors.grading.table import Cell
from processors.measure import PERCENT, Facts, Inputs, Measure
from schemas.codes import Basis, Population
from schemas.words import BASIS_WORDS, POPULATION_WORDS, Words


def growth(facts: Facts, population: Population, basis: Basis | None) -> list[Cell]:
    """Return each bank's growth in percent."""
    assert basis is not None
    return facts.growth(population, basis)


def words(population: Population, basis: Basis | None) -> Words:
    """Return what growth of ``population`` is called."""
    assert basis is not None
    of, since = POPULATION_WORDS[population], BASIS_WORDS[basis]
    return Words(f"{of.zh}增速（{since.zh}）", f"Growth, {of.en.lower()}, {since.en.lower()}")


def recompute(inputs: Inputs) -> Fraction:
    """Return (latest − base) ÷ base, in percent."""
    return growth_of(inputs["base_minor"], inputs["latest_minor"]) * PERCENT


MEASURE = Measure(
    name="growth",
    unit="percent",
    needs_basis=True,
    words=words,
    compute=growth,
    vintages=("known_at_cut", "as_published", "restated"),
    method="docs/method.md#growth",
    recompute=recompute,
)
