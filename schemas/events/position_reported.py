"""A bank's own total for one population at a quarter-end (报表)."""

from schemas.event import Event, PopulationCode
from schemas.units import BalanceMinor, RateMbp, Revision, ThingCount


class PositionReported(Event, frozen=True, kw_only=True, gc=False, tag="position_reported"):
    """A full source of its own, used where loan-level figures are missing at either end."""

    IS_REVERSIBLE = False  # Replaced by a later one, never reversed.

    quarter: str  # 2021Q4
    population: PopulationCode
    revision: Revision = 0
    balance_minor: BalanceMinor
    borrower_count: ThingCount | None = None
    new_lending_minor: BalanceMinor | None = None  # Of the quarter.
    new_lending_rate_mbp: RateMbp | None = None


EVENT = PositionReported
