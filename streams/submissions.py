"""Which submissions of a batch are new, by bank, lane and seq."""

from collections import ChainMap, Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from schemas.columns import Fault
from schemas.expectations import (
    EXPECTED_FIRST_SHA256,
    EXPECTED_LANE_COUNT,
    EXPECTED_PARTITION,
    EXPECTED_RELEASE,
)
from schemas.message import Control, Message, Submission, SubmissionKey
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
    QUARANTINED = "quarantined"  # Its lane is kept out: its seq stays a gap.
    READMITTED = "readmitted"  # An event that was rejected, sent again; it has no seq.
    CONTROL = "control"  # An instruction, no submission.


COUNTED = frozenset({Outcome.ACCEPTED, Outcome.READMITTED})
"""Whose events are decoded and counted."""

PartitionOf = Callable[[str, int], int]
"""From bank and lane to the partition that its messages belong in."""


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
    read: Sequence[Submission | Control | Fault],
    messages: Sequence[Message],
    lanes: Lanes,
    store: Store,
    generation: int,
    *,
    in_flight: Sequence[tuple[int, Mapping[SubmissionKey, str]]] = (),
    partition_of: PartitionOf | None = None,
) -> list[SubmissionVerdict]:
    """Return the verdict on each; accepted ones are marked as seen in ``lanes``.

    Args:
        read: what the headers announce.
        messages: the batch.
        lanes: of the partition.
        store: where earlier submissions are.
        generation: which generation is written.
        in_flight: accepted submissions that the store may not hold yet.
        partition_of: where the messages of a lane belong.

    """
    verdicts: list[SubmissionVerdict] = []
    accepted = dict(ChainMap(*(dict(flight) for _, flight in in_flight)))
    for place, submission in enumerate(read):
        if isinstance(submission, Fault):
            verdicts.append(SubmissionVerdict(None, submission, Outcome.REFUSED))
            continue
        if isinstance(submission, Control):
            verdicts.append(SubmissionVerdict(None, None, Outcome.CONTROL))
            continue
        if misplaced := _misplaced(submission, messages[place], lanes, place, partition_of):
            verdicts.append(SubmissionVerdict(submission, misplaced, Outcome.REFUSED))
            continue
        is_new = not submission.seq or not lanes.has_seen(submission)
        if is_new and lanes.is_quarantined(submission.bank_id, submission.lane):
            fault = _fault(place, "bank_quarantined", "lane", str(submission.lane))
            kept = fault._replace(expected=EXPECTED_RELEASE, raw=messages[place].value)
            verdicts.append(SubmissionVerdict(submission, kept, Outcome.QUARANTINED))
        elif not submission.seq:
            verdicts.append(SubmissionVerdict(submission, None, Outcome.READMITTED))
        elif is_new:
            lanes.see(submission)
            accepted[submission.key] = submission.sha256
            verdicts.append(SubmissionVerdict(submission, None, Outcome.ACCEPTED))
        else:
            first = accepted.get(submission.key) or _stored_sha256(
                store, generation, messages[place], submission
            )
            verdicts.append(_came_again(submission, first, messages[place], place))
    return verdicts


def _misplaced(
    submission: Submission,
    message: Message,
    lanes: Lanes,
    place: int,
    partition_of: PartitionOf | None,
) -> Fault | None:
    """Return what is wrong where the submission would part a borrower from its loans."""
    lane_count = lanes.lane_count(submission.bank_id)
    if lane_count and lane_count != submission.lanes:
        fault = _fault(place, "lanes_changed", "lanes", str(submission.lanes))
        expected = EXPECTED_LANE_COUNT.format(lane_count)
    elif (
        partition_of is not None
        and (right := partition_of(submission.bank_id, submission.lane)) != message.partition
    ):
        fault = _fault(place, "wrong_partition", "partition", str(message.partition))
        expected = EXPECTED_PARTITION.format(right)
    else:
        return None
    return fault._replace(expected=expected, raw=message.value)


def _came_again(
    submission: Submission, first_sha256: str, message: Message, place: int
) -> SubmissionVerdict:
    if first_sha256 in {"", submission.sha256}:
        return SubmissionVerdict(submission, None, Outcome.REPEATED)
    found = f"{submission.seq} with sha256 {submission.sha256[:12]}…"
    fault = _fault(place, "duplicate_seq_conflict", "seq", found)
    expected = EXPECTED_FIRST_SHA256.format(f"{first_sha256[:12]}…")
    return SubmissionVerdict(
        submission, fault._replace(expected=expected, raw=message.value), Outcome.CONFLICT
    )


def _fault(place: int, code: str, field: str, found: str) -> Fault:
    return Fault(place, -1, code, field, found, "")


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
