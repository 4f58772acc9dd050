"""Cuts a submission of few lanes into submissions of more, by borrower.

Every new lane of an old one gets a submission under the old one's seq, if only an empty one, with
the events of its own borrowers in their order. So numbers, gaps, repeats and announcements stay
what they were, and the same submission is always cut the same way.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from schemas.columns import Fault
from schemas.message import (
    CONTENT_ARROW,
    CONTENT_NDJSON,
    CONTROL_HEADER,
    RELEASE,
    Control,
    Message,
    Submission,
    headers_of,
    lane_of,
)
from schemas.wire_ndjson import lines_of
from streams.headers import read_submission

_EVENT: msgspec.json.Decoder[dict[str, object]] = msgspec.json.Decoder(dict[str, object])


class _Part(NamedTuple):
    content_type: str
    value: bytes


_NOTHING = _Part(CONTENT_NDJSON, b"")


class LaneCutError(ValueError):
    """Lanes can only be cut, not joined."""

    def __init__(self, bank_id: str, lanes: int, wanted: int) -> None:
        super().__init__(
            f"bank {bank_id}: {lanes} lanes cannot be cut into {wanted}; expected a multiple of "
            f"{lanes}"
        )


def cut(message: Message, lanes_of_banks: Mapping[str, int]) -> list[Message]:
    """Return what takes the place of ``message`` where banks have the lanes of ``lanes_of_banks``.

    Itself where its bank is not among them, or where nobody could read what it announces. Raises
    LaneCutError where the bank has more lanes, or a number that does not divide the new one.
    """
    read = read_submission(message, 0)
    if isinstance(read, Fault) or read.bank_id not in lanes_of_banks:
        return [message]
    wanted = lanes_of_banks[read.bank_id]
    if isinstance(read, Control):
        return _control(message, wanted)
    if read.lanes == wanted:
        return [message]
    if wanted % read.lanes:
        raise LaneCutError(read.bank_id, read.lanes, wanted)
    values = _values(message.value, read, wanted)
    if not read.seq:  # One event that is sent again: it goes where its borrower is.
        values = {lane: part for lane, part in values.items() if part.value} or {
            read.lane: _NOTHING
        }
    return [
        message._replace(
            headers={**message.headers, **headers_of(_announced(read, lane, wanted, part))},
            value=part.value,
        )
        for lane, part in sorted(values.items())
    ]


def _control(message: Message, wanted: int) -> list[Message]:
    """Return a release for every new lane: it does not say how many there were."""
    if message.headers[CONTROL_HEADER] != RELEASE:
        return [message]
    return [
        message._replace(headers={**message.headers, "lane": str(lane)}) for lane in range(wanted)
    ]


def _announced(read: Submission, lane: int, lanes: int, part: _Part) -> Submission:
    sha256 = hashlib.sha256(part.value).hexdigest()
    return read._replace(lane=lane, lanes=lanes, sha256=sha256, content_type=part.content_type)


def _values(value: bytes, read: Submission, wanted: int) -> dict[int, _Part]:
    """Return what each new lane of the old one gets."""
    mine = range(read.lane, wanted, read.lanes)
    cut_up = _arrow_parts if read.content_type == CONTENT_ARROW else _ndjson_parts
    parts = cut_up(value, wanted)
    # What cannot be cut, or belongs to another lane, is refused wherever it is: kept together.
    strays = [part for lane, part in sorted(parts.items()) if lane not in mine]
    first = parts.get(read.lane, b"")
    if strays and read.content_type == CONTENT_NDJSON:
        parts[read.lane] = b"\n".join(part for part in (first, *strays) if part)
    return {
        lane: _Part(read.content_type, parts[lane]) if parts.get(lane) else _NOTHING
        for lane in mine
    }


def _ndjson_parts(value: bytes, lanes: int) -> dict[int, bytes]:
    lines = lines_of(value)
    if len(lines) > 1 and _borrower(value) is not None:
        lines = [value]  # One event, laid out over several lines.
    parts: dict[int, list[bytes]] = {}
    for line in lines:
        parts.setdefault(lane_of(_borrower(line) or "", lanes), []).append(line)
    return {lane: b"\n".join(part) for lane, part in parts.items()}


def _borrower(line: bytes) -> str | None:
    """Return whose event it is, empty where it is nobody's; None where it is no JSON object."""
    try:
        event = _EVENT.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    body = event.get("body")
    told = body if isinstance(body, dict) else event
    borrower_id = told.get("borrower_id", "")
    return borrower_id if isinstance(borrower_id, str) else ""


def _arrow_parts(value: bytes, lanes: int) -> dict[int, bytes]:
    try:
        table = pa.ipc.open_stream(value).read_all()
        column = table.column("borrower_id") if "borrower_id" in table.column_names else None
        texts = [""] * table.num_rows if column is None else column.cast(pa.string()).to_pylist()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, UnicodeDecodeError):
        return {0: value}
    if not table.num_rows:
        return {0: value}
    lane = np.array([lane_of(text or "", lanes) for text in texts], np.int64)
    parts = {}
    for number in np.unique(lane).tolist():
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.filter(pa.array(lane == number)).combine_chunks())
        parts[number] = sink.getvalue().to_pybytes()
    return parts
