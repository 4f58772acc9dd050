"""Bytes and events, in both directions. The only place that knows the encodings.

Two encodings: NDJSON, one JSON event a line, which is easy, and an Arrow IPC stream, one event a
row of one flat table, which is fast. Bytes that make no sense never stop the batch: they come
back as faults, with the bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from schemas.checks import Dates, check, is_yuan, policy_tags
from schemas.codes import LOAN_KINDS, LoanKind
from schemas.columns import Decoded, EventColumns, Fault, Ids, concat_ids
from schemas.event import BillFlow, Event
from schemas.event_types import EVENT_TYPES
from schemas.expectations import (
    EXPECTED_EVENT_ID,
    EXPECTED_OTHER_ID,
    EXPECTED_WORD,
)
from schemas.flat import ChosenRows, Flat
from schemas.identifiers import blotted, event_ids, without_residents
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON, CONTENT_TYPES
from schemas.units import BoolArray, Int64Array
from schemas.verdicts import Note, Verdicts, shortened
from schemas.wire_arrow import Arrow, encode_arrow
from schemas.wire_ndjson import Ndjson, decode_event, encode_ndjson, event_json

__all__ = ["decode", "decode_event", "encode", "event_json"]

_IS_BILL = np.zeros(256, np.bool_)
_IS_BILL[[code for code, kind in enumerate(EVENT_TYPES) if issubclass(kind, BillFlow)]] = True
_BILL_FINANCING = LOAN_KINDS.index(LoanKind.BILL_FINANCING)
_RawOf = Callable[[int, int], bytes]


def encode(events: Sequence[Event], content_type: str) -> bytes:
    """Return ``events`` as the value of one submission."""
    if content_type == CONTENT_NDJSON:
        return encode_ndjson(events)
    if content_type == CONTENT_ARROW:
        return encode_arrow(events)
    raise ValueError(f"content type was {content_type!r}, expected one of {CONTENT_TYPES}")


def decode(payloads: Sequence[tuple[str, bytes]], banks: Sequence[str]) -> Decoded:
    """Return the events of a batch of submissions, and what is wrong with the others.

    Args:
        payloads: content type and bytes of each submission, in order.
        banks: the bank each submission's headers name.

    Errors: none. What cannot be decoded or breaks a check is a fault, at most one an event; a
    doubtful value that is kept is a warning.

    """
    assert len(payloads) == len(banks)
    ndjson, arrow = Ndjson(), Arrow()
    faults: list[Fault] = []
    event_counts = [0] * len(payloads)
    for submission, (content_type, payload) in enumerate(payloads):
        if content_type == CONTENT_NDJSON:
            event_counts[submission] = ndjson.read(submission, payload)
        elif content_type == CONTENT_ARROW:
            event_counts[submission] = arrow.read(submission, payload)
        else:
            faults.append(_unsupported(submission, content_type, payload))
    parts: list[EventColumns] = []
    warnings: list[Fault] = []
    sent_types = {content_type for content_type, _ in payloads}
    sources: list[Ndjson | Arrow] = [arrow] if CONTENT_ARROW in sent_types else []
    if CONTENT_NDJSON in sent_types or not sources:
        sources.append(ndjson)
    for source in sources:
        flat = source.flat()
        verdicts = Verdicts(flat.size)
        parts.append(_checked(flat, banks, verdicts))
        faults += source.faults
        faults += (_fault(flat, note, source.raw_of) for note in verdicts.refusals)
        warnings += (
            _fault(flat, note, None) for note in verdicts.warnings if not verdicts.refused[note.row]
        )
    faults.sort(key=_place)
    warnings.sort(key=_place)
    kept = tuple(_without_residents(fault) for fault in faults)
    return Decoded(_merged(parts), kept, tuple(warnings), tuple(event_counts))


def _place(fault: Fault) -> tuple[int, int]:
    return fault.submission, fault.position


def _without_residents(fault: Fault) -> Fault:
    """Return ``fault`` without resident ids in clear, whatever it was refused for."""
    raw = without_residents(fault.raw)
    found = without_residents(fault.found.encode()).decode()
    return fault._replace(raw=raw, found=found)


def _unsupported(submission: int, content_type: str, payload: bytes) -> Fault:
    return Fault(
        submission,
        -1,
        "unsupported_content_type",
        "content-type",
        shortened(content_type),
        EXPECTED_WORD.format(", ".join(CONTENT_TYPES)),
        raw=payload,
    )


def _fault(flat: Flat, note: Note, raw_of: _RawOf | None) -> Fault:
    """Return what is wrong with a row, with its place; a warning keeps no bytes."""
    submission, position = int(flat.submission[note.row]), int(flat.position[note.row])
    raw = raw_of(submission, position) if raw_of else b""
    if note.blotted:
        # Not kept, not even among what was refused; without_residents knows only the new ids.
        raw = raw.replace(note.blotted.encode(), blotted(note.blotted).encode())
    event_id = shortened(str(flat.event_id[note.row].as_py()))
    return Fault(
        submission, position, note.code, note.field, note.found, note.expected, event_id, raw
    )


def _checked(flat: Flat, banks: Sequence[str], verdicts: Verdicts) -> EventColumns:
    """Judge the rows; return those that are good, in the order of sending."""
    event_id, reversed_event_id = _event_ids(flat, verdicts)
    dates, amount_cny_minor = check(flat, banks, verdicts)
    sent_at = flat.submission.astype(np.int64) << 32 | flat.position
    is_sorted = bool((sent_at[1:] > sent_at[:-1]).all())
    rows: Int64Array | slice
    if is_sorted:
        rows = np.flatnonzero(~verdicts.refused) if verdicts.refused.any() else slice(None)
    else:
        order = np.argsort(sent_at, kind="stable")
        rows = order[~verdicts.refused[order]]
    amount_cny_minor, event_id = amount_cny_minor[rows], event_id[rows]
    if reversed_event_id is not None:
        reversed_event_id = reversed_event_id[rows]
    return _columns(flat, dates, rows, amount_cny_minor, (event_id, reversed_event_id))


def _event_ids(flat: Flat, verdicts: Verdicts) -> tuple[Any, Any]:
    """Return event ids, own and reversed; refuse the rows where one is malformed."""
    event_id, is_good = event_ids(flat.event_id)
    _refuse_ids(flat.event_id, ~is_good, "event_id", verdicts)
    if flat.reversed_event_id is None:
        return event_id, None
    reversed_event_id, is_good = event_ids(flat.reversed_event_id)
    is_reversal = flat.sign < 0
    _refuse_ids(flat.reversed_event_id, ~is_good & is_reversal, "reversed_event_id", verdicts)
    # One of the two would be dropped as a repeated event, whichever comes later.
    verdicts.refuse(
        is_reversal & (event_id == reversed_event_id),
        "bad_event_id",
        "event_id",
        lambda row: flat.event_id[row].as_py(),
        EXPECTED_OTHER_ID,
    )
    return event_id, np.where(is_reversal, reversed_event_id, b"")


def _refuse_ids(texts: Any, bad: BoolArray, field: str, verdicts: Verdicts) -> None:
    verdicts.refuse(bad, "bad_event_id", field, lambda row: texts[row].as_py(), EXPECTED_EVENT_ID)


def _columns(
    flat: Flat,
    dates: Dates,
    rows: Int64Array | slice,
    amount_cny_minor: Int64Array,
    event_ids_of: tuple[Any, Any],
) -> EventColumns:
    """Return ``rows`` of everything, in that order; amounts and event ids are of these rows."""
    size = amount_cny_minor.size
    event_id, reversed_event_id = event_ids_of
    chosen = ChosenRows(flat, rows, size)
    event_type = flat.event_type[rows]
    loan_kind = np.where(_IS_BILL[event_type], np.uint8(_BILL_FINANCING), chosen.word("loan_kind"))
    occurred = dates.occurred
    occurred_codes = dates.occurred_codes[rows]
    return EventColumns(
        submission=flat.submission[rows],
        position=flat.position[rows],
        event_type=event_type,
        sign=flat.sign[rows],
        event_id=event_id,
        reversed_event_id=(
            np.zeros(size, "S64") if reversed_event_id is None else reversed_event_id
        ),
        bank=chosen.ids("bank_id"),
        borrower=chosen.ids("borrower_id"),
        occurred_on=chosen.ids("occurred_on"),
        occurred_day=occurred.day[occurred_codes],
        is_day_known=occurred.is_day_known[occurred_codes],
        quarter=occurred.quarter[occurred_codes],
        loan_kind=loan_kind,
        amount_cny_minor=amount_cny_minor,
        rate_mbp=chosen.number("rate_mbp"),
        old_rate_mbp=chosen.number("old_rate_mbp"),
        loan_class=chosen.word("loan_class"),
        old_loan_class=chosen.word("old_loan_class"),
        is_cny=is_yuan(flat)[rows],
        matures_day=dates.matures_day[rows],
        guarantee_kind=chosen.word("guarantee_kind"),
        policy_tags=policy_tags(flat, dates)[rows],
        revision=chosen.number("revision").astype(np.int32),
        borrower_kind=chosen.word("borrower_kind"),
        holding=chosen.word("holding"),
        firm_size=chosen.word("firm_size"),
        industry=chosen.ids("industry"),
        city=chosen.ids("city"),
        limit_cny_minor=chosen.number("limit_cny_minor"),
        used_cny_minor=chosen.number("used_cny_minor"),
        records=_records(flat, rows),
    )


def _records(flat: Flat, rows: Int64Array | slice) -> tuple[tuple[int, Event], ...]:
    if not flat.records:
        return ()
    kept = np.arange(flat.size)[rows].tolist()
    return tuple((new, flat.records[row]) for new, row in enumerate(kept) if row in flat.records)


def _merged(parts: list[EventColumns]) -> EventColumns:
    """Return the rows of both encodings, in the order of sending."""
    parts = [part for part in parts if part.size] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    joined: dict[str, Any] = {}
    for column in fields(EventColumns):
        values = [getattr(part, column.name) for part in parts]
        if column.name != "records":
            is_ids = isinstance(values[0], Ids)
            joined[column.name] = concat_ids(values) if is_ids else np.concatenate(values)
    order = np.lexsort((joined["position"], joined["submission"]))
    merged: dict[str, Any] = {
        name: column.take(order) if isinstance(column, Ids) else column[order]
        for name, column in joined.items()
    }
    new_row = np.empty(order.size, np.int64)
    new_row[order] = np.arange(order.size)
    records = []
    start = 0
    for part in parts:
        records += [(int(new_row[start + row]), event) for row, event in part.records]
        start += part.size
    merged["records"] = tuple(sorted(records, key=lambda record: record[0]))
    return EventColumns(**merged)
