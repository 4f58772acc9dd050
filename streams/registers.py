"""What is replaced whole: the register of banks, positions, published totals, indicators.

One entry a bank and subject; the newest by (business day, revision, hash of the event id)
counts, whatever the order of arrival.
"""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.event import Event
from schemas.events.aggregate_published import AggregatePublished
from schemas.events.bank_registered import BankRegistered
from schemas.events.indicator_reported import IndicatorReported
from schemas.events.position_reported import PositionReported
from schemas.wire import event_json

Key = tuple[str, str, str]  # register, bank_id, entry


class Entry(NamedTuple):
    """An entry with what decides between two of them, and the offset it stands at."""

    body: str
    occurred_day: int
    revision: int
    event_hash: int
    version: int

    @property
    def order(self) -> tuple[int, int, int]:
        return self.occurred_day, self.revision, self.event_hash


def register_key(event: Event) -> Key:
    """Return which entry an event replaces."""
    match event:
        case BankRegistered():
            return "bank", event.bank_id, ""
        case PositionReported():
            return "position", event.bank_id, f"{event.quarter}/{event.population}"
        case AggregatePublished():
            return "aggregate", event.bank_id, f"{event.quarter}/{event.population}"
        case IndicatorReported():
            return "indicator", event.bank_id, f"{event.quarter}/{event.indicator}"
    raise AssertionError(f"{type(event).__name__} stands in no register")


class Registers:
    """The entries of one partition."""

    def __init__(self, entries: dict[Key, Entry] | None = None) -> None:
        self.entries: dict[Key, Entry] = entries or {}

    def merge(self, records: Iterable[tuple[Event, int, int, int]]) -> set[Key]:
        """Take (event, day, hash, offset) in; return the entries that changed."""
        changed = set()
        for event, day, event_hash, offset in records:
            key = register_key(event)
            revision: int = getattr(event, "revision", 0)
            entry = Entry(event_json(event).decode(), day, revision, event_hash, offset)
            known = self.entries.get(key)
            if known is None or entry.order > known.order:
                version = max(offset, known.version if known else -1)
                self.entries[key] = entry._replace(version=version)
                changed.add(key)
        return changed
