"""What a batch is after every check, and what is reported of it."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from processors.partition import Touched
from schemas.columns import EventColumns, Fault
from schemas.message import Message
from schemas.units import Int64Array
from streams.ports import BatchReport
from streams.registers import Key
from streams.submissions import EventCounts, Outcome, SubmissionVerdict


class Judged(NamedTuple):
    """A batch's events after every check."""

    events: EventColumns  # Accepted.
    offset: Int64Array
    event_hash: Int64Array
    faults: list[Fault]  # Refused, by batch position of their submission.
    warning_count: int
    second_reversal_count: int
    counts: EventCounts


class Changes(NamedTuple):
    """Which rows of the state a batch changed."""

    touched: Touched
    entries: set[Key]


def report_of(
    messages: Sequence[Message], verdicts: Sequence[SubmissionVerdict], judged: Judged
) -> BatchReport:
    """Return what became of a batch."""
    outcomes = Counter(verdict.outcome for verdict in verdicts)
    return BatchReport(
        partition=messages[0].partition,
        next_offset=messages[-1].offset + 1,
        submission_count=len(messages),
        event_count=sum(judged.counts.event.values()),
        stored_count=judged.events.size,
        duplicate_count=judged.counts.duplicate.total(),
        rejected_count=len(judged.faults),
        warning_count=judged.warning_count,
        duplicate_submission_count=outcomes[Outcome.REPEATED],
        conflict_count=outcomes[Outcome.CONFLICT],
        second_reversal_count=judged.second_reversal_count,
        quarantined_count=outcomes[Outcome.QUARANTINED],
        readmitted_count=outcomes[Outcome.READMITTED],
        oldest_received_at_ms=min(message.received_at_ms for message in messages),
        refused_submission_count=outcomes[Outcome.REFUSED],
        control_count=outcomes[Outcome.CONTROL],
    )
