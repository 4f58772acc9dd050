"""What an indicator is: a name, a direction, and a function from facts to a value a bank.

The catalog processors/indicators holds one file for each; a methodology picks from it.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from processors.aggregates import bank_ends
from processors.exact import MBP_PER_PERCENT, growth, join
from processors.growth import base_ordinal
from processors.told import untold_at
from schemas.codes import Basis, Population, Source, Status
from schemas.quarter import QUARTERS_A_YEAR
from schemas.results import SOURCES, Results, population_place
from schemas.words import Words

PERCENT = Fraction(100)
_NOTHING_UNTOLD: tuple[Population, ...] = ()


class Value(NamedTuple):
    """One bank's exact value in percent, which counts where its status is OK."""

    value: Fraction
    status: Status
    source: str
    untold: tuple[Population, ...] = ()  # What the bank did not say, where that is why.


class Unit(NamedTuple):
    """How a value and its change are printed."""

    name: str
    value_decimals: int
    change_words: Words  # Unit of the change.
    change_factor: int  # From percent to that unit.
    change_decimals: int


GROWTH_UNIT = Unit("percent", 1, Words("个百分点", "pp"), 1, 1)
RATE_UNIT = Unit("percent_a_year", 2, Words("个基点", "bp"), 100, 1)


class Facts(NamedTuple):
    """What an indicator may look at: results, as of one quarter."""

    results: Results
    quarter: int  # Place on the quarters axis; before it, nothing is known.

    def year_before(self) -> "Facts":
        return Facts(self.results, self.quarter - QUARTERS_A_YEAR)

    def growth(self, population: Population, basis: Basis) -> list[Value]:
        """Return each bank's growth in percent, as of results.banks.

        Source: docs/method.md#growth
        """
        if self.quarter < 0:
            return self._nothing()
        figures, place = self.results.growth[basis], population_place(population)
        found = []
        for bank in range(len(self.results.banks)):
            ends = bank_ends(figures, bank, place, self.quarter)
            value, untold = Fraction(0), _NOTHING_UNTOLD
            if ends.status == Status.OK:
                value = growth(ends.base_minor, ends.latest_minor) * PERCENT
            elif ends.status == Status.NOT_DETERMINABLE:
                base = base_ordinal(basis, self.results.first_ordinal + self.quarter)
                quarters = (base - self.results.first_ordinal, self.quarter)
                bits = self.results.told.untold_levels
                untold = untold_at(bits, [bank], place, quarters)
            found.append(Value(value, ends.status, str(ends.source), untold))
        return found

    def new_rate(self, population: Population) -> list[Value]:
        """Return each bank's weighted rate of the quarter's new lending, in percent a year.

        Source: docs/method.md#rates
        """
        if self.quarter < 0:
            return self._nothing()
        figures, place = self.results.new_lending, population_place(population)
        found = []
        for bank in range(len(self.results.banks)):
            at = (bank, place, self.quarter)
            status = Status(int(figures.status[at]))
            value, untold = Fraction(0), _NOTHING_UNTOLD
            if status == Status.OK:
                total = join(figures.rate_hi[at], figures.rate_lo[at])
                value = Fraction(total, int(figures.amount_minor[at]) * MBP_PER_PERCENT)
            elif status == Status.NOT_DETERMINABLE:
                bits = self.results.told.untold_flows
                untold = untold_at(bits, [bank], place, [self.quarter])
            found.append(Value(value, status, str(SOURCES[int(figures.source[at])]), untold))
        return found

    def _nothing(self) -> list[Value]:
        return [Value(Fraction(0), Status.NOT_REPORTED, Source.NONE.value)] * len(
            self.results.banks
        )


class Indicator(NamedTuple):
    """One entry of the catalog processors/indicators."""

    code: str
    name: str
    words: Words
    population: Population
    unit: Unit
    is_lower_better: bool
    method: str
    compute: Callable[[Facts], list[Value]]
