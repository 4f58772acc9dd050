"""贷款增量: how much more is lent than at an earlier quarter-end?"""

from fractions import Fraction

from processors.aggregates import bank_ends
from processors.grading.table import Cell
from processors.measure import Facts, Inputs, Measure
from schemas.codes import Basis, Population, Source, Status
from schemas.results import population_place
from schemas.words import BASIS_WORDS, POPULATION_WORDS, Words


def balance_change(facts: Facts, population: Population, basis: Basis | None) -> list[Cell]:
    """Return how much each bank's balance rose, in fen, however small its base."""
    assert basis is not None
    figures, place = facts.results.growth[basis], population_place(population)
    ago = facts.quarters_to_base(basis)

    def one(bank: int) -> Cell:
        ends = bank_ends(figures, bank, place, facts.quarter)
        if ends.source == Source.NONE or ends.status == Status.SCOPE_CHANGED:
            return facts.lacking(bank, population, ends.status, "levels", ago=ago)
        inputs = {"base_minor": ends.base_minor, "latest_minor": ends.latest_minor}
        return Cell(recompute(inputs), Status.OK, ends.source, inputs=tuple(inputs.items()))

    return facts.each(one)


def recompute(inputs: Inputs) -> Fraction:
    """Return latest − base."""
    return Fraction(inputs["latest_minor"] - inputs["base_minor"])


def words(population: Population, basis: Basis | None) -> Words:
    """Return what it is called."""
    assert basis is not None
    of, since = POPULATION_WORDS[population], BASIS_WORDS[basis]
    return Words(
        f"{of.zh}增量（{since.zh}）", f"Increase in balance, {of.en.lower()}, {since.en.lower()}"
    )


MEASURE = Measure(
    name="balance_change",
    unit="minor",
    needs_basis=True,
    words=words,
    compute=balance_change,
    method="docs/method.md#growth",
    recompute=recompute,
)
