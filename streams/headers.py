"""What a message's headers announce: read and checked before anything else is believed.

A submission counts as seen once its headers parse and the sha256 fits, whatever becomes of
its events. Until then its seq stays a gap, which the same seq closes.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from functools import lru_cache

import pyarrow as pa

from schemas.columns import Fault
from schemas.expectations import (
    EXPECTED_BANK_ID,
    EXPECTED_BETWEEN,
    EXPECTED_DAY,
    EXPECTED_UP_TO,
    EXPECTED_VALUE,
)
from schemas.identifiers import Verdict, bank_verdicts, is_aggregate_id
from schemas.message import (
    CANARY,
    CONTENT_TYPES,
    CONTROL_HEADER,
    ORIGIN_HEADER,
    RELEASE,
    SCHEMA_VERSION,
    Control,
    Message,
    Submission,
)
from schemas.quarter import FIRST_YEAR, LAST_YEAR
from streams.future import day_text, latest_day

LANES_MAX = 1024
WHOLE_SUBMISSION = "/-1"  # How the origin of one ends: it is sent again with its own seq.
SEQ_MAX = 2**53  # The largest integer that every JSON reader keeps.


class _HeaderError(ValueError):
    def __init__(self, field: str, found: str, expected: str, code: str = "bad_header") -> None:
        super().__init__(field)
        self.fault = Fault(0, -1, code, field, found[:80], expected)


def read_submission(
    message: Message, place: int, *, future_days_max: int | None = None
) -> Submission | Control | Fault:
    """Return what ``message`` announces, or why it is refused.

    Args:
        message: as the log holds it.
        place: its batch position.
        future_days_max: how long after the day of receipt complete-to may lie; None: any far.

    """
    latest = ""
    if future_days_max is not None:
        latest = day_text(latest_day(message.received_at_ms, future_days_max))
    try:
        if CONTROL_HEADER in message.headers:
            return _control(message.headers)
        return _read(message.headers, message.value, latest)
    except _HeaderError as error:
        return error.fault._replace(submission=place, raw=message.value)


def _control(headers: Mapping[str, str]) -> Control:
    kind = headers[CONTROL_HEADER]
    if kind not in {CANARY, RELEASE}:
        raise _HeaderError(CONTROL_HEADER, kind, f"{CANARY} | {RELEASE}")
    return Control(kind, _text(headers, "bank"), _number(headers, "lane", 0, LANES_MAX - 1))


def _read(headers: Mapping[str, str], value: bytes, latest: str) -> Submission:
    bank_id = _bank(headers)
    lanes = _number(headers, "lanes", 1, LANES_MAX)
    lane = _number(headers, "lane", 0, lanes - 1)
    origin = headers.get(ORIGIN_HEADER, "")
    is_numbered = not origin or origin.endswith(WHOLE_SUBMISSION)
    seq = _number(headers, "seq", 1, SEQ_MAX) if is_numbered else 0
    content_type = _text(headers, "content-type")
    if content_type not in CONTENT_TYPES:
        raise _HeaderError("content-type", content_type, " | ".join(CONTENT_TYPES))
    version = _text(headers, "schema-version")
    if version != SCHEMA_VERSION:
        raise _HeaderError("schema-version", version, SCHEMA_VERSION, "unsupported_schema_version")
    sha256 = _text(headers, "sha256")
    actual = hashlib.sha256(value).hexdigest()
    if sha256 != actual:
        raise _HeaderError("sha256", sha256, actual, "sha256_mismatch")
    complete_to = _date(headers.get("complete-to", ""))
    if complete_to is not None and latest and complete_to.isoformat() > latest:
        raise _HeaderError("complete-to", complete_to.isoformat(), EXPECTED_UP_TO.format(latest))
    if not is_numbered:
        complete_to = None  # One event says nothing about the rest.
    return Submission(bank_id, lane, lanes, seq, complete_to, content_type, version, sha256, origin)


def _text(headers: Mapping[str, str], name: str) -> str:
    text = headers.get(name, "")
    if not text:
        raise _HeaderError(name, "", EXPECTED_VALUE)
    return text


def _bank(headers: Mapping[str, str]) -> str:
    """Return the sender: a bank, or the word that stands for a published total."""
    bank_id = _text(headers, "bank")
    if not is_sender(bank_id):
        raise _HeaderError("bank", bank_id, EXPECTED_BANK_ID)
    return bank_id


@lru_cache(maxsize=4096)
def is_sender(bank_id: str) -> bool:
    """Return whether ``bank_id`` is a bank, or the word that stands for a published total."""
    is_bank = bank_verdicts(pa.array([bank_id], pa.string()))[0] == Verdict.OK
    return bool(is_bank) or is_aggregate_id(bank_id)


def _number(headers: Mapping[str, str], name: str, least: int, most: int) -> int:
    text = _text(headers, name)
    # Not int(text) alone: it takes '+1', ' 1', '1_0' and digits of other scripts, and stops the
    # process at some thousand digits.
    is_short = len(text) <= len(str(SEQ_MAX))
    if not (is_short and text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise _HeaderError(name, text, EXPECTED_BETWEEN.format(least, most))
    return int(text)


def _date(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        raise _HeaderError("complete-to", text, EXPECTED_DAY) from None
    # A year beyond the calendar would stretch every table of results up to it.
    if date.isoformat() != text or not FIRST_YEAR <= date.year <= LAST_YEAR:
        raise _HeaderError("complete-to", text, EXPECTED_DAY)
    return date
