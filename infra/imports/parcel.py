"""What a reader of files hands over: parcels of events, and the rows it had to refuse.

A parcel is the content of one submission: up to 1,000 events of one bank, in the order of
the file. Only what is not yet full is held in memory, however long the file.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from schemas.message import CONTENT_NDJSON

PARCEL_EVENTS_MAX = 1_000
# What can be the address of a submission; whether it is a bank is checked by the pipeline.
BANK_SHAPE = re.compile(r"[0-9A-Z]{18}|[a-z][a-z0-9_]{0,63}")
HELD_BYTES_MAX = 64 * 2**20  # Over all banks of a file; then all parcels go as they are.


class Refusal(NamedTuple):
    """A row that is no event, with the place and the reason. The rows after it go on."""

    line: int
    field: str
    code: str
    found: str
    expected: str


class LeftOut(NamedTuple):
    """A row that is sound but not meant for us, with why."""

    line: int
    code: str


class Notice(NamedTuple):
    """Something about the whole file that its sender should know."""

    code: str
    found: str


class EventRow(NamedTuple):
    """One event as JSON; ``bank_id`` is empty where the row does not say whose it is."""

    line: int
    bank_id: str
    body: bytes


class Parcel(NamedTuple):
    """Events of one bank, ready to be sent. ``lines[position]`` is where an event stood."""

    bank_id: str
    lines: list[int]
    value: bytes
    content_type: str = CONTENT_NDJSON


Reading = EventRow | Refusal | LeftOut | Notice
Packed = Parcel | Refusal | LeftOut | Notice


def pack(readings: Iterator[Reading]) -> Iterator[Packed]:
    """Gather event rows into parcels by bank; pass everything else on.

    A row that does not name its bank goes with the bank of the row before it, so that it is
    kept and counted where its neighbours are; the pipeline says what is wrong with it.
    """
    packer = _Packer()
    for reading in readings:
        if isinstance(reading, EventRow):
            yield from packer.add(reading)
        else:
            yield reading
    yield from packer.rest()


class _Packer:
    def __init__(self) -> None:
        self._held: dict[str, list[EventRow]] = {}
        self._held_bytes = 0
        self._orphans: list[EventRow] = []  # Rows before the first that names its bank.
        self._bank_id = ""

    def add(self, row: EventRow) -> Iterator[Packed]:
        self._bank_id = row.bank_id or self._bank_id
        if not self._bank_id:
            self._orphans.append(row)
            if len(self._orphans) > PARCEL_EVENTS_MAX:
                yield _without_bank(self._orphans.pop(0))
            return
        rows = self._held.setdefault(self._bank_id, [])
        rows += self._orphans
        rows.append(row)
        self._held_bytes += len(row.body) + sum(len(orphan.body) for orphan in self._orphans)
        self._orphans = []
        if len(rows) >= PARCEL_EVENTS_MAX:
            yield from self._send(self._bank_id)
        if self._held_bytes > HELD_BYTES_MAX:
            for bank_id in list(self._held):
                yield from self._send(bank_id)

    def rest(self) -> Iterator[Packed]:
        for bank_id in list(self._held):
            yield from self._send(bank_id)
        yield from map(_without_bank, self._orphans)

    def _send(self, bank_id: str) -> Iterator[Parcel]:
        rows = self._held.pop(bank_id)
        self._held_bytes -= sum(len(row.body) for row in rows)
        for first in range(0, len(rows), PARCEL_EVENTS_MAX):
            part = rows[first : first + PARCEL_EVENTS_MAX]
            yield Parcel(
                bank_id, [row.line for row in part], b"\n".join(row.body for row in part) + b"\n"
            )


def _without_bank(row: EventRow) -> Refusal:
    return Refusal(
        row.line, "bank_id", "no_bank_in_file", row.body[:80].decode(errors="replace"), ""
    )
