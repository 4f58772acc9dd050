"""与各项贷款增速差: does a bank raise this lending faster than all its lending?"""

from fractions import Fraction

from processors.exact import growth
from processors.grading.table import Cell
from processors.growth import gap_reference
from processors.measure import PERCENT, Facts, Inputs, Measure
from schemas.codes import Basis, Population, Status
from schemas.words import BASIS_WORDS, POPULATION_WORDS, Words


def gap_to_all(facts: Facts, population: Population, basis: Basis | None) -> list[Cell]:
    """Return each bank's growth less that of all its loans, in percentage points."""
    assert basis is not None
    own = facts.growth(population, basis)
    everything = facts.growth(gap_reference(population), basis)
    return [_gap(mine, whole) for mine, whole in zip(own, everything, strict=True)]


def _gap(own: Cell, everything: Cell) -> Cell:
    if not own.is_known:
        return own
    if not everything.is_known:
        return everything
    if own.source != everything.source:  # Growth of two sources is of two sets of loans.
        return Cell(Fraction(0), Status.NOT_REPORTED)
    inputs = dict(own.inputs) | {f"all_{name}": amount for name, amount in everything.inputs}
    return Cell(recompute(inputs), Status.OK, own.source, inputs=tuple(inputs.items()))


def recompute(inputs: Inputs) -> Fraction:
    """Return (latest ÷ base − all latest ÷ all base), in percentage points."""
    return PERCENT * (
        growth(inputs["base_minor"], inputs["latest_minor"])
        - growth(inputs["all_base_minor"], inputs["all_latest_minor"])
    )


def words(population: Population, basis: Basis | None) -> Words:
    """Return what it is called."""
    assert basis is not None
    of, since = POPULATION_WORDS[population], BASIS_WORDS[basis]
    return Words(
        f"{of.zh}与各项贷款增速差（{since.zh}）",
        f"Growth gap to all loans, {of.en.lower()}, {since.en.lower()}",
    )


MEASURE = Measure(
    name="gap_to_all",
    unit="pp",
    needs_basis=True,
    words=words,
    compute=gap_to_all,
    method="docs/method.md#gap",
    recompute=recompute,
)
