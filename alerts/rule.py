"""What a rule is, what it may look at, and what it says: one sentence a supervisor reads.

Rules are pure: the facts are handed in, and the same facts give the same alerts.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

from schemas.codes import Status
from schemas.words import Words


class Severity(StrEnum):
    """How soon somebody should look."""

    NOTICE = "notice"
    WARNING = "warning"


class GrowthPoint(NamedTuple):
    """One bank's growth of one population on the quarter before."""

    bank_id: str
    name_zh: str
    name_en: str
    population: str
    population_zh: str
    population_en: str
    quarter: str
    status: Status
    base_minor: int
    latest_minor: int
    growth_percent: str  # As printed; the decision is made on the balances.


class ReportPoint(NamedTuple):
    """How far a registered bank's reports go, against the most advanced bank."""

    bank_id: str
    name_zh: str
    name_en: str
    quarter: str  # The newest quarter that is over.
    is_present: bool
    complete_to: str  # Empty: nothing is complete.
    newest_complete_to: str
    working_days_since_quarter_end: int  # At the most advanced bank.


class LanePoint(NamedTuple):
    """A lane of a bank that is kept out, because too much of what it sent was wrong."""

    bank_id: str
    name_zh: str
    name_en: str
    lane: int
    quarter: str  # The quarter that is looked at.


class AlertFacts(NamedTuple):
    """What rules look at. Points come sorted by bank, population, quarter."""

    growth: tuple[GrowthPoint, ...]
    reports: tuple[ReportPoint, ...]
    quarantined: tuple[LanePoint, ...] = ()


class Alert(NamedTuple):
    """Something a supervisor should see. The same key is the same alert."""

    key: str
    rule: str
    severity: Severity
    bank_id: str
    quarter: str
    message_zh: str
    message_en: str


class Rule(NamedTuple):
    """One entry of the catalog alerts/rules."""

    code: str
    name: str
    words: Words  # What supervisors call it.
    severity: Severity
    method: str
    check: Callable[[AlertFacts], Iterator[Alert]]
