"""Dates that cannot be meant: long after the day on which a message was received.

One mistyped year would open quarters that nobody has reported, and make every other bank look
late. What is refused depends on the message alone, so a replay refuses the same.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np

from schemas.columns import EventColumns, Fault
from schemas.expectations import EXPECTED_UP_TO
from schemas.quarter import Quarter
from schemas.units import Int64Array

FUTURE_DAYS_MAX = 31  # A month's file may be announced as complete before the month is over.
_SHANGHAI_MS = 8 * 3_600_000
_DAY_MS = 86_400_000
_EPOCH = dt.date(1970, 1, 1)


def latest_day(received_at_ms: int, days_max: int) -> int:
    """Return the last day (since 1970-01-01) that a message may speak of."""
    return (received_at_ms + _SHANGHAI_MS) // _DAY_MS + days_max


def day_text(day: int) -> str:
    """Return a day as it is written."""
    return (_EPOCH + dt.timedelta(days=day)).isoformat()


def without_future(events: EventColumns, latest: Int64Array) -> tuple[EventColumns, list[Fault]]:
    """Return the events dated up to ``latest``, and a fault for each other one.

    Args:
        events: n events.
        latest: (n,), the last day that each event's message may speak of.

    """
    faults = {}
    for row in np.flatnonzero(events.occurred_day > latest).tolist():
        found = events.occurred_on.values[events.occurred_on.codes[row]]
        faults[row] = _fault(events, row, "occurred_on", found, int(latest[row]))
    for row, event in events.records:
        quarter = getattr(event, "quarter", "")
        if row not in faults and quarter:
            ends = (Quarter.parse(quarter).last_day - _EPOCH).days
            if ends > latest[row]:
                faults[row] = _fault(events, row, "quarter", quarter, int(latest[row]))
    if not faults:
        return events, []
    keep = np.ones(events.size, np.bool_)
    keep[sorted(faults)] = False
    return events.take(keep), [faults[row] for row in sorted(faults)]


def _fault(events: EventColumns, row: int, field: str, found: str, latest: int) -> Fault:
    return Fault(
        int(events.submission[row]),
        int(events.position[row]),
        "future_date",
        field,
        found,
        EXPECTED_UP_TO.format(day_text(latest)),
        events.event_id[row].decode(),
    )


def latest_days(received_at_ms: Sequence[int], days_max: int) -> Int64Array:
    """Return ``latest_day`` of each message."""
    return np.array([latest_day(ms, days_max) for ms in received_at_ms], np.int64)
