"""What a measure is: a function from facts to a cell for each bank.

The catalog processors/measures holds one file for each; a methodology says of which loans, on
which basis and from which vintage. To add a measure, add a file there, and one test.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from processors.aggregates import Ends, bank_ends
from processors.exact import MBP_PER_PERCENT, growth, join
from processors.grading.table import MISSING, Cell
from processors.growth import SMALL_BASE_MINOR, base_ordinal, is_scope_changed
from processors.levels import balance_levels
from processors.told import untold_at
from schemas.codes import Basis, Population, Source, Status
from schemas.methodology import Vintage
from schemas.quarter import Quarter
from schemas.results import SOURCES, Results, Weighted, population_place
from schemas.words import Words

PERCENT = Fraction(100)

# What an earlier run published: bank, population, quarter-end to balance in fen.
PublishedBalances = Mapping[tuple[str, Population, str], int]


Inputs = Mapping[str, int]  # The inputs of a cell, each with its unit in its name.


def no_inputs(inputs: Inputs) -> Fraction:
    """Refuse: a measure says itself how its value follows from its inputs."""
    raise LookupError(f"this measure has no formula over {sorted(inputs)}")


def weighted_percent(inputs: Inputs) -> Fraction:
    """Return Σ amount × rate ÷ Σ amount, in percent a year.

    Source: docs/method.md#rates
    """
    return Fraction(inputs["amount_rate_minor_mbp"], inputs["amount_minor"] * MBP_PER_PERCENT)


class Facts(NamedTuple):
    """What a measure may look at: results, as of one quarter."""

    results: Results
    quarter: int  # Place on the quarters axis; before it, nothing is known.
    vintage: Vintage = "known_at_cut"
    published: PublishedBalances = MappingProxyType({})

    def ago(self, quarters: int) -> "Facts":
        return self._replace(quarter=self.quarter - quarters)

    def growth(self, population: Population, basis: Basis) -> list[Cell]:
        """Return each bank's growth in percent, as of results.banks.

        The base is as known at the cut; or as an earlier run published it; or restated: the base
        with what was reclassified since, so that both ends are of the same borrowers.

        Source: docs/method.md#growth and docs/method.md#vintage
        """
        if self.quarter < 0:
            return self.nothing()
        figures, place = self.results.growth[basis], population_place(population)
        base_at = base_ordinal(basis, self.results.first_ordinal + self.quarter)
        found = []
        for bank in range(len(self.results.banks)):
            ends = bank_ends(figures, bank, place, self.quarter)
            if ends.status != Status.OK:
                quarters = (base_at - self.results.first_ordinal, self.quarter)
                bits = self.results.told.untold_levels
                untold = (
                    untold_at(bits, [bank], place, quarters)
                    if ends.status == Status.NOT_DETERMINABLE
                    else ()
                )
                found.append(Cell(Fraction(0), ends.status, str(ends.source), untold=untold))
                continue
            base = self._base(bank, population, base_at, ends)
            if base is None:
                found.append(MISSING)
                continue
            if base < SMALL_BASE_MINOR:
                status = Status.SMALL_BASE if base > 0 else Status.NO_BASE
                found.append(Cell(Fraction(0), status, str(ends.source)))
                continue
            inputs = (("base_minor", base), ("latest_minor", ends.latest_minor))
            value = growth(base, ends.latest_minor) * PERCENT
            found.append(Cell(value, Status.OK, str(ends.source), inputs=inputs))
        return found

    def is_scope_changed(self, population: Population, basis: Basis) -> bool:
        """Return whether the definition itself differs between the base and this quarter."""
        latest = self.results.first_ordinal + self.quarter
        return is_scope_changed(population, base_ordinal(basis, latest), latest)

    def weighted_rate(self, figures: Weighted, population: Population, untold: str) -> list[Cell]:
        """Return each bank's weighted rate in percent a year; ``untold``: flows or levels.

        Source: docs/method.md#rates
        """
        if self.quarter < 0:
            return self.nothing()
        place = population_place(population)
        found = []
        for bank in range(len(self.results.banks)):
            at = (bank, place, self.quarter)
            status = Status(int(figures.status[at]))
            source = str(SOURCES[int(figures.source[at])])
            if status == Status.OK:
                total, amount = (
                    join(figures.rate_hi[at], figures.rate_lo[at]),
                    int(figures.amount_minor[at]),
                )
                value = Fraction(total, amount * MBP_PER_PERCENT)
                inputs = (("amount_minor", amount), ("amount_rate_minor_mbp", total))
                found.append(Cell(value, status, source, inputs=inputs))
                continue
            told = self.results.told
            bits = told.untold_flows if untold == "flows" else told.untold_levels
            names = (
                untold_at(bits, [bank], place, [self.quarter])
                if status == Status.NOT_DETERMINABLE
                else ()
            )
            found.append(Cell(Fraction(0), status, source, untold=names))
        return found

    def each(self, one: Callable[[int], Cell]) -> list[Cell]:
        """Return ``one`` of every bank by its place; before anything is known, nothing."""
        if self.quarter < 0:
            return self.nothing()
        return [one(bank) for bank in range(len(self.results.banks))]

    def lacking(
        self, bank: int, population: Population, status: Status, untold: str, *, ago: int = 0
    ) -> Cell:
        """Return the cell of a value that is not there; ``untold``: flows or levels.

        ``ago``: the other quarter-end that the value needs lies so many quarters before.
        """
        told = self.results.told
        names: tuple[Population, ...] = ()
        if status == Status.NOT_DETERMINABLE:
            bits = told.untold_flows if untold == "flows" else told.untold_levels
            quarters = sorted({self.quarter - ago, self.quarter})
            names = untold_at(bits, [bank], population_place(population), quarters)
        return Cell(Fraction(0), status, untold=names)

    def quarters_to_base(self, basis: Basis) -> int:
        """Return how many quarters before this one the base of ``basis`` lies."""
        now = self.results.first_ordinal + self.quarter
        return now - base_ordinal(basis, now)

    def balance(self, bank: int, population: Population) -> tuple[int, str] | Cell:
        """Return a bank's balance and its source, or the cell that says why there is none."""
        levels = balance_levels(self.results, population_place(population), self.quarter)
        source = SOURCES[int(levels.source[bank])]
        if source != Source.NONE:
            return int(levels.balance_minor[bank]), str(source)
        at = (bank, population_place(population), self.quarter)
        is_there = bool(self.results.told.untold_levels[at])
        status = Status.NOT_DETERMINABLE if is_there else Status.NOT_REPORTED
        return self.lacking(bank, population, status, "levels")

    def nothing(self) -> list[Cell]:
        return [MISSING] * len(self.results.banks)

    def _base(self, bank: int, population: Population, base_at: int, ends: Ends) -> int | None:
        if self.vintage == "as_published":
            key = (
                self.results.banks[bank].bank_id,
                population,
                str(Quarter.from_ordinal(base_at)),
            )
            return self.published.get(key)
        if self.vintage == "restated":
            if ends.source != Source.LOAN_LEVEL:
                return None  # Reported positions do not say what was reclassified.
            after = base_at - self.results.first_ordinal + 1
            at = (bank, population_place(population), slice(after, self.quarter + 1))
            return ends.base_minor + int(self.results.totals.reclassified_minor[at].sum())
        return ends.base_minor


class Measure(NamedTuple):
    """One entry of the catalog processors/measures."""

    name: str
    unit: str  # See processors.unit.
    needs_basis: bool
    words: Callable[[Population, Basis | None], Words]
    compute: Callable[[Facts, Population, Basis | None], list[Cell]]
    vintages: tuple[Vintage, ...] = ("known_at_cut",)
    method: str = "docs/method.md#grading"
    # The value again from the cell's inputs alone: what a person with a calculator would do.
    recompute: Callable[[Inputs], Fraction] = no_inputs
