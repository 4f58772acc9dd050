"""A total that an authority published, such as that of one type of banks."""

from schemas.event import Event, PopulationCode
from schemas.units import BalanceMinor, Revision


class AggregatePublished(Event, frozen=True, kw_only=True, gc=False, tag="aggregate_published"):
    """Shown beside our own figures, never graded or summed. ``bank_id`` is a lower-case word."""

    IS_REVERSIBLE = False  # Replaced by a later one, never reversed.

    name_zh: str
    name_en: str = ""
    quarter: str  # 2021Q4
    population: PopulationCode
    revision: Revision = 0
    balance_minor: BalanceMinor
    source: str = ""  # Where it was published.


EVENT = AggregatePublished
