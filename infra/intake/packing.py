"""Gathers events into submissions: by bank and lane, at most 1,000 events or 1 MiB each.

The same file gives the same submissions, byte for byte, so that one that was sent before is known.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.imports.formats import events_arrow, events_ndjson
from infra.imports.parcel import PARCEL_EVENTS_MAX, Parcel, Refusal
from infra.imports.source_file import FileError, open_source
from schemas.event import BorrowerEvent, Event
from schemas.events.reversal import Reversal
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON, lane_of
from schemas.wire_diagnosis import UNREADABLE

EVENTS_MAX = PARCEL_EVENTS_MAX
BYTES_MAX = 2**20


class Packet(NamedTuple):
    """The content of one submission, without its number."""

    bank_id: str
    lane: int
    value: bytes
    content_type: str
    event_count: int


class _Borrower(msgspec.Struct):
    """The little of an event that decides its lane; a reversal carries it in its body."""

    borrower_id: str = ""
    body: "_Borrower | None" = None


_borrower = msgspec.json.Decoder(_Borrower)


def lane_of_line(line: bytes, lanes: int) -> int:
    """Return the lane of an event as JSON; 0 for what cannot be read, which is refused later."""
    if lanes == 1:
        return 0
    try:
        found = _borrower.decode(line)
    except UNREADABLE:
        return 0
    return lane_of(found.body.borrower_id if found.body else found.borrower_id, lanes)


def lane_of_event(event: Event, lanes: int) -> int:
    """Return the lane of an event."""
    if isinstance(event, Reversal):
        return lane_of_line(bytes(event.body), lanes)
    return lane_of(event.borrower_id, lanes) if isinstance(event, BorrowerEvent) else 0


def packets_of(path: Path, lanes: int) -> Iterator[Packet | Refusal]:
    """Yield the submissions of a file of events, and the rows that can go into none.

    Raises FileError where the file holds no events.
    """
    source = open_source(path)
    for form in (events_arrow.FORMAT, events_ndjson.FORMAT):
        if form.recognises(source):
            for packed in form.read(source, lambda _: None, lambda _: None):
                if isinstance(packed, Parcel):
                    yield from _by_lane(packed, lanes)
                elif isinstance(packed, Refusal):
                    yield packed
            return
    raise FileError(
        f"{path}: found {source.first_line[:80]!r}, expected events as NDJSON or Arrow; "
        "the supervisor imports other files with puhui import"
    )


def _by_lane(parcel: Parcel, lanes: int) -> Iterator[Packet]:
    if parcel.content_type == CONTENT_ARROW:
        yield from _rows_by_lane(parcel, lanes)
        return
    by_lane: dict[int, list[bytes]] = {}
    for line in parcel.value.splitlines():
        by_lane.setdefault(lane_of_line(line, lanes), []).append(line)
    for lane, lines in sorted(by_lane.items()):
        for part in _parts(lines):
            value = b"\n".join(part) + b"\n"
            yield Packet(parcel.bank_id, lane, value, CONTENT_NDJSON, len(part))


def _parts(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size_bytes = 0
    for line in lines:
        if part and (len(part) == EVENTS_MAX or size_bytes + len(line) >= BYTES_MAX):
            yield part
            part, size_bytes = [], 0
        part.append(line)
        size_bytes += len(line) + 1
    if part:
        yield part


def _rows_by_lane(parcel: Parcel, lanes: int) -> Iterator[Packet]:
    table = pa.ipc.open_stream(parcel.value).read_all()
    if lanes == 1 or "borrower_id" not in table.column_names:
        yield Packet(parcel.bank_id, 0, parcel.value, CONTENT_ARROW, table.num_rows)
        return
    borrowers = pc.fill_null(table["borrower_id"].cast(pa.string()), "").to_pylist()
    lane_by_row = np.array([lane_of(borrower_id, lanes) for borrower_id in borrowers], np.int64)
    for lane in np.unique(lane_by_row).tolist():
        rows = np.flatnonzero(lane_by_row == lane)
        value = events_arrow.stream_of(table.take(rows))
        yield Packet(parcel.bank_id, lane, value, CONTENT_ARROW, rows.size)
