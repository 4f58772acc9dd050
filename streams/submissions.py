"""Which submissions of a batch are new, by bank, lane and seq."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from schemas.columns import Fault
from schemas.expectations import EXPECTED_FIRST_SHA256
from schemas.message import Message, Submission
from schemas.tables import SUBMISSIONS
from schemas.units import Int64Array
from streams.lanes import Lanes
from streams.ports import Store


class Outcome(StrEnum):
    """What became of a submission."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"  # The same seq and the same bytes: dropped and counted.
    CONFLICT = "conflict"  # The same seq with other bytes: dropped and reported.
    REFUSED = "refused"  # Headers or checksum are wrong: its seq stays a gap.


class SubmissionVerdict(NamedTuple):
    """A submission, or the fault that stopped it, and what becomes of it."""

    submission: Submission | None
    fault: Fault | None
    outcome: Outcome


class EventCounts(NamedTuple):
    """Events by what became of them, for each batch position of their submission."""

    event: dict[int, int]
    stored: Counter[int]
    duplicate: Counter[int]
    rejected: Counter[int]


def judge_submissions(
    read: Sequence[Submission | Fault],
    messages: Sequence[Message],
    lanes: Lanes,
    store: Store,
    generation: int,
) -> list[SubmissionVerdict]:
    """Return the verdict on each; accepted ones are marked as seen in ``lanes``."""
    verdicts: list[SubmissionVerdict] = []
    accepted: dict[tuple[str, int, int], str] = {}  # In this batch: (bank, lane, seq) → sha256.
    for place, submission in enumerate(read):
        if isinstance(submission, Fault):
            verdicts.append(SubmissionVerdict(None, submission, Outcome.REFUSED))
            continue
        key = submission.bank_id, submission.lane, submission.seq
        if not lanes.has_seen(submission):
            lanes.see(submission)
            accepted[key] = submission.sha256
            verdicts.append(SubmissionVerdict(submission, None, Outcome.ACCEPTED))
            continue
        first = accepted.get(key) or _stored_sha256(store, generation, messages[place], submission)
        if first in {"", submission.sha256}:
            verdicts.append(SubmissionVerdict(submission, None, Outcome.REPEATED))
            continue
        fault = Fault(
            place,
            -1,
            "duplicate_seq_conflict",
            "seq",
            f"{submission.seq} with sha256 {submission.sha256[:12]}…",
            EXPECTED_FIRST_SHA256.format(f"{first[:12]}…"),
            raw=messages[place].value,
        )
        verdicts.append(SubmissionVerdict(submission, fault, Outcome.CONFLICT))
    return verdicts


def _stored_sha256(store: Store, generation: int, message: Message, submission: Submission) -> str:
    """Return the sha256 of the submission that was accepted first under this seq."""
    rows = store.read(
        SUBMISSIONS,
        {
            "generation": generation,
            "partition": message.partition,
            "bank_id": submission.bank_id,
            "lane": submission.lane,
            "seq": submission.seq,
            "outcome": str(Outcome.ACCEPTED),
        },
        columns=["offset", "sha256"],
    )
    first = [
        (offset, sha256)
        for offset, sha256 in zip(rows["offset"].tolist(), rows["sha256"].to_list(), strict=True)
        if offset < message.offset
    ]
    return min(first)[1] if first else ""


def submission_rows(
    messages: Sequence[Message], verdicts: Sequence[SubmissionVerdict], counts: EventCounts
) -> dict[str, Any]:
    """Return submissions as they are stored, with what became of their events."""
    unknown = Submission("", 0, 0, 0, None, "", "", "")
    submissions = [verdict.submission or unknown for verdict in verdicts]

    def column(count: dict[int, int]) -> Int64Array:
        return np.array([count.get(place, 0) for place in range(len(messages))], np.int64)

    return {
        "offset": np.array([message.offset for message in messages], np.int64),
        "bank_id": [
            verdict.submission.bank_id if verdict.submission else message.headers.get("bank", "")
            for verdict, message in zip(verdicts, messages, strict=True)
        ],
        "lane": np.array([submission.lane for submission in submissions], np.int64),
        "lanes": np.array([submission.lanes for submission in submissions], np.int64),
        "seq": np.array([submission.seq for submission in submissions], np.int64),
        "sha256": [submission.sha256 for submission in submissions],
        "complete_to": [
            "" if submission.complete_to is None else submission.complete_to.isoformat()
            for submission in submissions
        ],
        "received_at_ms": np.array([message.received_at_ms for message in messages], np.int64),
        "outcome": [str(verdict.outcome) for verdict in verdicts],
        "event_count": column(counts.event),
        "stored_count": column(counts.stored),
        "duplicate_count": column(counts.duplicate),
        "rejected_count": column(counts.rejected),
        "version": np.array([message.offset for message in messages], np.int64),
    }
