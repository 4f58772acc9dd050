"""还原增速: growth with what left the balance without being repaid added back."""

from fractions import Fraction

from processors.aggregates import bank_ends
from processors.exact import growth
from processors.grading.table import Cell
from processors.measure import PERCENT, Facts, Inputs, Measure
from schemas.codes import Basis, Population, Status
from schemas.results import population_place
from schemas.words import BASIS_WORDS, POPULATION_WORDS, Words


def growth_restored(facts: Facts, population: Population, basis: Basis | None) -> list[Cell]:
    """Return each bank's restored growth in percent; it needs events."""
    assert basis is not None
    figures, place = facts.results.growth[basis], population_place(population)
    ago = facts.quarters_to_base(basis)

    def one(bank: int) -> Cell:
        ends = bank_ends(figures, bank, place, facts.quarter)
        if ends.restored_status != Status.OK:
            return facts.lacking(bank, population, ends.restored_status, "levels", ago=ago)
        inputs = {
            "base_minor": ends.base_minor,
            "latest_minor": ends.latest_minor,
            "out_minor": ends.out_minor,
        }
        return Cell(recompute(inputs), Status.OK, ends.source, inputs=tuple(inputs.items()))

    return facts.each(one)


def recompute(inputs: Inputs) -> Fraction:
    """Return (latest + written off and moved out − base) ÷ base, in percent."""
    return growth(inputs["base_minor"], inputs["latest_minor"] + inputs["out_minor"]) * PERCENT


def words(population: Population, basis: Basis | None) -> Words:
    """Return what it is called."""
    assert basis is not None
    of, since = POPULATION_WORDS[population], BASIS_WORDS[basis]
    return Words(
        f"{of.zh}还原增速（{since.zh}）", f"Restored growth, {of.en.lower()}, {since.en.lower()}"
    )


MEASURE = Measure(
    name="growth_restored",
    unit="percent",
    needs_basis=True,
    words=words,
    compute=growth_restored,
    method="docs/method.md#growth-restored",
    recompute=recompute,
)
