"""Events as JSON, one a line (.ndjson, .jsonl, or .json with a single event in one line).

Lines that are no event are sent on all the same: the pipeline keeps them, with what is wrong,
so that the counts of the sender and of the store reconcile.
"""

import re
from collections.abc import Iterator

import msgspec

from infra.imports.format import Format, OnBytes, OnDate
from infra.imports.parcel import BANK_SHAPE, EventRow, Packed, Reading, Refusal, pack
from infra.imports.source_file import SourceFile, lines_of

LINE_BYTES_MAX = 2**20
_BANK = re.compile(rb'"bank_id"\s*:\s*"([^"\\]*)"')


class _Peek(msgspec.Struct):
    """The little of an event that decides with which submission it goes."""

    bank_id: str = ""
    occurred_on: str = ""


_peek = msgspec.json.Decoder(_Peek)


def recognises(source: SourceFile) -> bool:
    """Tell whether the first line begins a JSON object, and does not stop right there."""
    first = source.head.lstrip().split(b"\n", 1)[0].strip()
    return first.startswith(b"{") and first != b"{"


def read(source: SourceFile, on_bytes: OnBytes, on_date: OnDate) -> Iterator[Packed]:
    """Yield parcels of the file's events."""
    return pack(_rows(source, on_bytes, on_date))


def _rows(source: SourceFile, on_bytes: OnBytes, on_date: OnDate) -> Iterator[Reading]:
    for number, line in lines_of(source, line_bytes_max=LINE_BYTES_MAX, on_bytes=on_bytes):
        if line is None:
            expected = f"{LINE_BYTES_MAX} bytes"
            yield Refusal(number, "", "line_too_long", f"> {LINE_BYTES_MAX} bytes", expected)
        elif line:
            try:
                peek = _peek.decode(line)
            except msgspec.MsgspecError:
                peek = _Peek(bank_id=_find_bank(line))
            on_date(peek.occurred_on)
            is_bank = BANK_SHAPE.fullmatch(peek.bank_id)
            yield EventRow(number, peek.bank_id if is_bank else "", line)


def _find_bank(line: bytes) -> str:
    match = _BANK.search(line)
    return match[1].decode(errors="replace") if match else ""


FORMAT = Format(
    name="events_ndjson",
    name_zh="业务事件 (NDJSON)",
    name_en="events (NDJSON)",
    expected='{"type":"loan_disbursed","event_id":…,"bank_id":…,…} on every line, '
    "see docs/reference/events.md",
    is_lending=True,
    recognises=recognises,
    read=read,
)
