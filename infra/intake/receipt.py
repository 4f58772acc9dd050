"""What a bank is answered: that this was received, when and where, and what is in it.

A receipt says what arrived. What counts is decided by the pipeline, which judges every event by the
same checks and keeps what it refuses; the door decodes only to tell the bank at once.
"""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from infra.imports.pboc.filing_report import FilingReport
from infra.kafka.producer import Place
from schemas.columns import EventColumns, Fault
from schemas.errors import explain
from schemas.event_types import TYPE_NAMES
from schemas.message import Submission
from schemas.wire import decode
from streams.future import FUTURE_DAYS_MAX, latest_days, without_future
from streams.strays import without_strays

REFUSED_LISTED_MAX = 100
OTHER_BANK = "other_bank"
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_REVERSAL = "reversal"


class RefusedLine(msgspec.Struct, frozen=True, kw_only=True):
    """An event that will not count; line 0 is the submission as a whole."""

    line: int
    event_id: str
    code: str
    zh: str
    en: str


class TypeTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The sound events of one type: how many, and the sum of what they move, in fen."""

    event_count: int
    amount_cny_minor: int


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What the bytes of a submission say."""

    event_count: int
    refused_count: int
    refused: list[RefusedLine]
    totals: dict[str, TypeTotal]


class Receipt(Contents, frozen=True, kw_only=True):
    """A submission that lies in the log. Signing adds ``key_id`` and ``signature``."""

    version: int = 1
    kind: str = "submission"
    bank_id: str
    lane: int
    lanes: int
    seq: int
    complete_to: str
    content_type: str
    sha256: str
    size_bytes: int
    topic: str
    partition: int
    offset: int
    received_at: str
    received_at_ms: int


class FilingReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """One of the banks' own files that was taken in."""

    version: int = 1
    kind: str = "filing"
    bank_id: str
    file_name: str
    sha256: str
    size_bytes: int
    table: str
    period: str
    batch: int
    is_known: bool
    row_count: int
    refused_row_count: int
    event_count: int
    complete_to: str
    received_at: str
    received_at_ms: int


def judge(submission: Submission, value: bytes, now_ms: int) -> tuple[Contents, Fault | None]:
    """Return what is in ``value``, and the first event of another bank, if there is one."""
    decoded = decode([(submission.content_type, value)], [submission.bank_id])
    event_count = decoded.event_counts[0]
    latest = latest_days([now_ms], FUTURE_DAYS_MAX)[decoded.events.submission]
    events, future = without_future(decoded.events, latest)
    events, strays = without_strays(events, [submission])
    faults = sorted([*decoded.faults, *future, *strays], key=lambda fault: fault.position)
    is_whole = any(fault.position < 0 for fault in faults)
    place = f"seq {submission.seq}"
    contents = Contents(
        event_count=event_count,
        refused_count=max(event_count, 1) if is_whole else len(faults),
        refused=[_refused_line(fault, place) for fault in faults[:REFUSED_LISTED_MAX]],
        totals=_totals(events),
    )
    return contents, next((fault for fault in faults if fault.code == OTHER_BANK), None)


def receipt_of(
    submission: Submission, contents: Contents, size_bytes: int, place: Place
) -> dict[str, Any]:
    """Return the receipt of a submission that lies at ``place``, ready to be signed."""
    complete_to = submission.complete_to
    receipt = Receipt(
        **msgspec.structs.asdict(contents),
        bank_id=submission.bank_id,
        lane=submission.lane,
        lanes=submission.lanes,
        seq=submission.seq,
        complete_to="" if complete_to is None else complete_to.isoformat(),
        content_type=submission.content_type,
        sha256=submission.sha256,
        size_bytes=size_bytes,
        received_at=shanghai_text(place.received_at_ms),
        **place._asdict(),
    )
    facts: dict[str, Any] = msgspec.to_builtins(receipt)
    return facts


def filing_receipt_of(
    report: FilingReport, file_name: str, size_bytes: int, now_ms: int
) -> dict[str, Any]:
    """Return the receipt of a bank's own file, ready to be signed."""
    receipt = FilingReceipt(
        bank_id=report.bank_id,
        file_name=file_name,
        sha256=report.sha256,
        size_bytes=size_bytes,
        table=report.table,
        period=report.period,
        batch=report.batch,
        is_known=report.is_known,
        row_count=report.row_count,
        refused_row_count=report.refused_row_count,
        event_count=report.told_count,
        complete_to=report.complete_to,
        received_at=shanghai_text(now_ms),
        received_at_ms=now_ms,
    )
    facts: dict[str, Any] = msgspec.to_builtins(receipt)
    return facts


def shanghai_text(at_ms: int) -> str:
    """Return a time as banks read it: ISO 8601, to the second, in their own zone."""
    return dt.datetime.fromtimestamp(at_ms // 1000, _SHANGHAI).isoformat()


def _refused_line(fault: Fault, place: str) -> RefusedLine:
    return RefusedLine(
        line=fault.position + 1,
        event_id=fault.event_id,
        code=fault.code,
        zh=explain(fault, "zh", place),
        en=explain(fault, "en", place),
    )


def _totals(events: EventColumns) -> dict[str, TypeTotal]:
    totals = {}
    is_reversal = events.sign < 0
    for name, rows in [(_REVERSAL, is_reversal)] + [
        (name, ~is_reversal & (events.event_type == code)) for code, name in enumerate(TYPE_NAMES)
    ]:
        chosen = np.flatnonzero(rows)
        if chosen.size:
            # Python integers: a submission may hold more than int64 can sum.
            amounts = events.amount_cny_minor[chosen].tolist()
            totals[name] = TypeTotal(event_count=chosen.size, amount_cny_minor=sum(amounts))
    return totals
