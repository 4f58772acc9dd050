"""A message as a log hands it over, and the submission its headers announce.

A message is one **submission**: zero or more events of one bank and one lane, in order.
"""

import datetime as dt
import hashlib
import zlib
from collections.abc import Mapping
from typing import NamedTuple

CONTENT_NDJSON = "application/x-ndjson"
CONTENT_ARROW = "application/vnd.apache.arrow.stream"
CONTENT_TYPES = (CONTENT_NDJSON, CONTENT_ARROW)
SCHEMA_VERSION = "1"
EVENTS_A_SUBMISSION_MAX = 100_000  # Whoever has more sends several: a batch must fit in memory.
TOPIC_LENDING = "lending"

# Headers that make a message something else than a numbered submission; see decision 6.
CONTROL_HEADER = "control"
ORIGIN_HEADER = "origin"  # topic/partition/offset/position of the rejected event sent again.
_LANE_DIGITS_MAX = 9
# Of a copy in a topic with a number: its place in the topic it was copied from and in the first
# one, and when it was received there.
COPIED_FROM_HEADER, FIRST_PLACE_HEADER = "copied-from", "first-place"
RECEIVED_HEADER = "received-at-ms"
CANARY, RELEASE = "canary", "release"


class Message(NamedTuple):
    """Bytes with their place. Nothing in it has been checked."""

    topic: str
    partition: int
    offset: int
    received_at_ms: int
    headers: Mapping[str, str]
    value: bytes

    @property
    def place(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


SubmissionKey = tuple[str, int, int]
"""Bank, lane and seq."""


class Submission(NamedTuple):
    """What the headers of a message say, checked."""

    bank_id: str
    lane: int  # CRC-32 of the borrower id, modulo ``lanes``; bank-level events use lane 0.
    lanes: int
    seq: int  # 1, 2, 3 … for each bank and lane.
    complete_to: dt.date | None  # The bank has sent everything in this lane up to here.
    content_type: str
    schema_version: str
    sha256: str  # Of the message's value, lower-case hex.
    origin: str = ""  # Where the rejected event stands that is sent again; then seq is 0.

    @property
    def key(self) -> SubmissionKey:
        return self.bank_id, self.lane, self.seq


class Control(NamedTuple):
    """An instruction to the partition that a lane is in: CANARY or RELEASE."""

    kind: str
    bank_id: str
    lane: int


def headers_of(submission: Submission) -> dict[str, str]:
    """Return the headers that announce ``submission``; streams.headers reads them back."""
    complete_to = submission.complete_to
    origin = {ORIGIN_HEADER: submission.origin} if submission.origin else {}
    return origin | {
        "bank": submission.bank_id,
        "lane": str(submission.lane),
        "lanes": str(submission.lanes),
        "seq": str(submission.seq),
        "complete-to": "" if complete_to is None else complete_to.isoformat(),
        "content-type": submission.content_type,
        "schema-version": submission.schema_version,
        "sha256": submission.sha256,
    }


class Draft(NamedTuple):
    """A submission on its way into a log, which gives it its place."""

    partition: int
    headers: Mapping[str, str]
    value: bytes


def draft_of(
    value: bytes,
    *,
    bank_id: str,
    seq: int,
    complete_to: dt.date | None,
    lane: int = 0,
    lanes: int = 1,
    partition: int = 0,
    content_type: str = CONTENT_NDJSON,
) -> Draft:
    """Return ``value`` with the headers that announce it."""
    sha256 = hashlib.sha256(value).hexdigest()
    submission = Submission(
        bank_id, lane, lanes, seq, complete_to, content_type, SCHEMA_VERSION, sha256
    )
    return Draft(partition, headers_of(submission), value)


def readmission_of(value: bytes, *, bank_id: str, lane: int, lanes: int, origin: str) -> Draft:
    """Return one event, as NDJSON, that was rejected at ``origin`` and is sent again."""
    sha256 = hashlib.sha256(value).hexdigest()
    submission = Submission(
        bank_id, lane, lanes, 0, None, CONTENT_NDJSON, SCHEMA_VERSION, sha256, origin
    )
    return Draft(0, headers_of(submission), value)


def control_of(kind: str, *, bank_id: str, lane: int, value: bytes = b"") -> Draft:
    """Return an instruction to the partition that the lane is in."""
    return Draft(0, {CONTROL_HEADER: kind, "bank": bank_id, "lane": str(lane)}, value)


def lane_in(headers: Mapping[str, str]) -> tuple[str, int]:
    """Return bank and lane, by which a message is dealt; a lane that is no number counts as 0."""
    lane = headers.get("lane", "")
    is_number = lane.isascii() and lane.isdigit() and len(lane) <= _LANE_DIGITS_MAX
    return headers.get("bank", ""), int(lane) if is_number else 0


def key_of(bank_id: str, lane: int) -> bytes:
    """Return the key of a bank's lane: what stands under one key keeps its order."""
    return f"{bank_id}/{lane}".encode()


def lane_of(borrower_id: str, lanes: int) -> int:
    """Return the lane of a borrower: CRC-32 of the id modulo ``lanes``; lane 0 without one."""
    return zlib.crc32(borrower_id.encode()) % lanes if borrower_id else 0
