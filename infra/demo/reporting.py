"""What happened becomes submissions: by bank and lane, in order, numbered, and complete.

A bank sends what has come up since its last submission, in pieces; only the last piece says
that everything up to that day has been sent.
"""

import datetime as dt
import zlib
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa

from infra.demo.calendar import date_of
from infra.demo.event_rows import ROW, Rows
from infra.demo.event_table import EventTables
from infra.demo.records import joined, picked
from infra.demo.telling import World, events_of
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON, Draft, draft_of, lane_of
from schemas.units import Int32Array, Int64Array
from schemas.wire import encode

# Of one submission, by encoding: what costs little an event costs something a submission.
EVENTS_MAX = {CONTENT_NDJSON: 1_000, CONTENT_ARROW: 10_000}

DAY_BITS, NUMBER_BITS = 13, 34  # Twenty years of days; sending.FIRST_NUMBER is of 33 bits.


class Reporter:
    """Holds back rows until they are due, and counts each lane's submissions."""

    def __init__(
        self,
        world: World,
        *,
        lanes: int = 1,
        partitions: int = 1,
        content_type: str = CONTENT_NDJSON,
    ) -> None:
        self._world = world
        self._lanes = lanes
        self._partitions = partitions
        self._content_type = content_type
        self._events_max = EVENTS_MAX[content_type]
        self._held: Rows = np.zeros(0, ROW)
        self._seq: dict[tuple[int, int], int] = {}
        self._complete_to: dict[tuple[int, int], dt.date | None] = {}
        self._tables = EventTables(world)
        lane = np.zeros(len(world.borrowers.ids), np.int64)
        if lanes > 1:
            lane[:] = [lane_of(borrower, lanes) for borrower in world.borrowers.ids]
        # The last: no borrower, -1.
        self._lane_of_account = np.append(lane[world.accounts.borrower], 0)

    def receive(self, rows: Rows) -> None:
        """Take in what happened; it is sent once its day of arrival has come."""
        self._held = joined([self._held, rows], ROW)

    def holds(self, bank: int, day: int) -> bool:
        """Return whether there is anything of a bank to send on a day."""
        return bool(((self._held["arrival"] <= day) & (self._held["bank"] == bank)).any())

    def send(self, day: int, banks: Sequence[int], *, is_needed: bool = True) -> list[Draft]:
        """Return the submissions of ``banks`` that are complete to ``day``.

        Where they are not needed they are only counted: the bank sent them earlier.
        """
        is_sending = np.zeros(len(self._world.banks.banks), np.bool_)
        is_sending[list(banks)] = True
        is_due = (self._held["arrival"] <= day) & is_sending[self._held["bank"]]
        due = np.flatnonzero(is_due)
        lane = self._lane_of_account[self._held["account"][due]]
        key = self._held["bank"][due].astype(np.int64) * self._lanes + lane
        order = _order_of(key, self._held["arrival"][due], self._held["number"][due])
        rows, self._held = picked(self._held, due[order]), picked(self._held, ~is_due)
        key = key[order]
        payloads = self._payloads_of(rows) if is_needed else None
        drafts: list[Draft] = []
        for bank in banks:
            for number in range(self._lanes):
                begin, end = _span(key, bank * self._lanes + number)
                starts = range(begin, max(end, begin + 1), self._events_max)
                for start in starts:
                    is_last = start == starts[-1]
                    head = self._head(bank, number, date_of(day) if is_last else None)
                    if payloads is not None:
                        payload = payloads(start, min(end, start + self._events_max))
                        drafts.append(draft_of(payload, **head))
        return drafts

    def _payloads_of(self, rows: Rows) -> Callable[[int, int], bytes]:
        """Return what gives the bytes of a submission of the rows from one place to another."""
        if self._content_type == CONTENT_ARROW:
            batch = self._tables.batch_of(rows)
            return lambda begin, end: _stream_of(batch.slice(begin, max(end - begin, 0)))
        events = events_of(self._world, rows)
        return lambda begin, end: encode(events[begin:end], self._content_type)

    def _head(self, bank: int, lane: int, complete_to: dt.date | None) -> dict[str, Any]:
        key = (bank, lane)
        self._seq[key] = self._seq.get(key, 0) + 1
        if complete_to is not None:
            self._complete_to[key] = complete_to
        bank_id = self._world.banks.banks[bank].bank_id
        return {
            "bank_id": bank_id,
            "seq": self._seq[key],
            "complete_to": self._complete_to.get(key),
            "lane": lane,
            "lanes": self._lanes,
            "partition": zlib.crc32(f"{bank_id}/{lane}".encode()) % self._partitions,
            "content_type": self._content_type,
        }


def _order_of(key: Int64Array, arrival: Int32Array, number: Int64Array) -> Int64Array:
    """Return the order by key, then day of arrival, then number: by one integer of all three."""
    if not key.size:
        return np.zeros(0, np.int64)
    days = arrival.astype(np.int64) - int(arrival.min())
    assert days.max() < 1 << DAY_BITS
    assert number.max() < 1 << NUMBER_BITS
    assert key.max() < 1 << (63 - DAY_BITS - NUMBER_BITS)
    return np.argsort(((key << DAY_BITS) + days << NUMBER_BITS) + number)


def _stream_of(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return cast(bytes, sink.getvalue().to_pybytes())


def _span(sorted_keys: Int64Array, key: int) -> tuple[int, int]:
    """Return where ``key`` begins and ends."""
    begin, end = np.searchsorted(sorted_keys, (key, key + 1)).tolist()
    return begin, end
