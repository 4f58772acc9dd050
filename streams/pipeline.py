"""The one path every event takes, whoever drives it.

    loop.py         any Log, one process: the broker-free mode, replay, simulation

A driver only brings messages and keeps its place; all meaning is in here. Nothing here opens
a connection, reads a clock or exports a metric: the store is handed in, and ``handle`` returns
a BatchReport for whoever wants to count.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from processors.lpr import LprTable
from processors.partition import Touched
from schemas.columns import EventColumns, Fault
from schemas.message import Message
from schemas.tables import (
    CELLS,
    CHECKPOINTS,
    CREDIT_LINES,
    EVENTS,
    MESSAGES,
    PROFILES,
    READMISSIONS,
    REGISTERS,
    REJECTED,
    SUBMISSIONS,
    TAG_CELLS,
    TOTALS,
    Table,
)
from schemas.units import Int64Array
from schemas.wire import decode
from streams import batch_rows
from streams.future import latest_days, without_future
from streams.headers import read_submission
from streams.kept_log import message_rows, readmission_rows
from streams.lanes import Lanes
from streams.partition_memory import PartitionMemory, recall
from streams.ports import BatchReport, Store
from streams.quarantine import count_rejected, up_to_release
from streams.registers import Key
from streams.strays import second_reversals, without_strays
from streams.submissions import (
    COUNTED,
    EventCounts,
    Outcome,
    PartitionOf,
    SubmissionVerdict,
    judge_submissions,
    submission_rows,
)

OnRejected = Callable[[int, Mapping[str, Any]], None]


class _Judged(NamedTuple):
    """A batch's events after every check."""

    events: EventColumns  # Accepted.
    offset: Int64Array
    event_hash: Int64Array
    faults: list[Fault]  # Refused, by batch position of their submission.
    warning_count: int
    second_reversal_count: int
    counts: EventCounts


class _Changes(NamedTuple):
    """Which rows of the state a batch changed."""

    touched: Touched
    entries: set[Key]


class Pipeline:
    """Handles the messages of any number of partitions, each on its own."""

    def __init__(
        self,
        store: Store,
        *,
        lpr: LprTable,
        generation: int = 0,
        log_identity: str = "",
        future_days_max: int | None = None,
        partition_of: PartitionOf | None = None,
        is_log_kept: bool = False,
        on_rejected: OnRejected = lambda _partition, _rows: None,
        stopwatch: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Handle messages into ``store``.

        Args:
            store: where everything is kept.
            lpr: published rates.
            generation: which generation to write.
            log_identity: which log the messages come from; a checkpoint of another does not fit.
            future_days_max: how many days after its receipt a message may speak of; None for
                a world whose clock is not ours.
            partition_of: where the messages of a lane belong; None where nobody deals them out.
            is_log_kept: whether messages are stored too, because their log forgets.
            on_rejected: told of refused events, as rows, before they count as handled; told
                again after a crash.
            stopwatch: seconds, for the report.

        """
        self._partition_of = partition_of
        self._is_log_kept = is_log_kept
        self._on_rejected = on_rejected
        self._stopwatch = stopwatch
        self._future_days_max = future_days_max
        self._store = store
        self._lpr = lpr
        self._generation = generation
        self._log_identity = log_identity
        self._memories: dict[int, PartitionMemory] = {}

    def open(self, partition: int) -> PartitionMemory:
        """Return the partition's memory, recalled from the store at first use."""
        if partition not in self._memories:
            self._memories[partition] = recall(
                self._store,
                generation=self._generation,
                partition=partition,
                log_identity=self._log_identity,
            )
        return self._memories[partition]

    def close(self, partition: int) -> None:
        """Forget a partition that another worker has taken over."""
        self._memories.pop(partition, None)

    def next_offset(self, partition: int) -> int:
        """Return the offset of the first message that was not handled yet."""
        return self.open(partition).next_offset

    @property
    def cell_count(self) -> int:
        """How many cells are held in memory, tag cells included."""
        states = [memory.state for memory in self._memories.values()]
        return sum(state.cells.size + state.tag_cells.size for state in states)

    def next_seq(self, bank_id: str, lane: int) -> int:
        """Return the seq after the highest one seen of a bank's lane, in any open partition."""
        return max(
            (memory.lanes.next_seq(bank_id, lane) for memory in self._memories.values()), default=1
        )

    def handle(self, messages: Sequence[Message]) -> BatchReport:
        """Take whole messages of one partition, in log order; store all that they change.

        Rows are absolute and the checkpoint is written last, so a process that dies in here
        loses nothing and counts nothing twice: the same messages are read again.
        """
        partition = messages[0].partition
        try:
            memory = self.open(partition)
            report = None
            while messages:
                count, done = self._handle(memory, messages)
                report = done if report is None else report.with_next(done)
                messages = messages[count:]
        except BaseException:
            # Not kept: this memory has seen messages that the store may not hold, and would
            # drop them as repeated when they are read again.
            self.close(partition)
            raise
        assert report is not None, "a batch holds at least one message"
        return report

    def _handle(
        self, memory: PartitionMemory, messages: Sequence[Message]
    ) -> tuple[int, BatchReport]:
        """Handle as many of ``messages`` as can be judged together; return how many, and what."""
        started_s = self._stopwatch()
        messages = messages[: up_to_release(messages)]
        verdicts, judged = self._judged(memory, messages)
        count = count_rejected(memory.lanes, messages, verdicts, judged.counts)
        if count < len(messages):
            # A lane went too far, and more of it was judged with the rest.
            memory.lanes = Lanes.from_json(memory.lanes_json)
            messages = messages[:count]
            verdicts, judged = self._judged(memory, messages)
            count_rejected(memory.lanes, messages, verdicts, judged.counts)
        changes = _Changes(
            memory.state.apply(judged.events, judged.offset, judged.event_hash, self._lpr),
            _merge_records(memory, judged),
        )
        applied_s = self._stopwatch()
        self._write(memory, messages, verdicts, judged, changes)
        report = _report(messages, verdicts, judged)
        return len(messages), report._replace(
            apply_s=applied_s - started_s, write_s=self._stopwatch() - applied_s
        )

    def _judged(
        self, memory: PartitionMemory, messages: Sequence[Message]
    ) -> tuple[list[SubmissionVerdict], _Judged]:
        verdicts = judge_submissions(
            [
                read_submission(message, place, future_days_max=self._future_days_max)
                for place, message in enumerate(messages)
            ],
            messages,
            memory.lanes,
            self._store,
            self._generation,
            partition_of=self._partition_of,
        )
        return verdicts, self._judge(memory, messages, verdicts)

    def _judge(
        self,
        memory: PartitionMemory,
        messages: Sequence[Message],
        verdicts: list[SubmissionVerdict],
    ) -> _Judged:
        """Decode and check the events of the accepted submissions."""
        accepted = [
            (place, verdict.submission)
            for place, verdict in enumerate(verdicts)
            if verdict.submission is not None and verdict.outcome in COUNTED
        ]
        places = np.array([place for place, _ in accepted], np.int64)
        decoded = decode(
            [(submission.content_type, messages[place].value) for place, submission in accepted],
            [submission.bank_id for _, submission in accepted],
        )
        faults = [verdict.fault for verdict in verdicts if verdict.fault is not None]
        faults += [f._replace(submission=int(places[f.submission])) for f in decoded.faults]
        events, strays = without_strays(decoded.events, [entry for _, entry in accepted])
        faults += [f._replace(submission=int(places[f.submission])) for f in strays]

        if self._future_days_max is not None:
            received = [messages[place].received_at_ms for place in places.tolist()]
            latest = latest_days(received, self._future_days_max)
            events, future = without_future(events, latest[events.submission])
            faults += [f._replace(submission=int(places[f.submission])) for f in future]

        offsets = np.array([messages[place].offset for place in places.tolist()], np.int64)
        offset = offsets[events.submission]
        seen = memory.seen.judge(events, offset)
        second = second_reversals(events, seen)
        faults += [f._replace(submission=int(places[f.submission])) for f in second]
        keep = ~(seen.is_duplicate | seen.is_second_reversal)
        counts = EventCounts(
            event=dict(zip(places.tolist(), decoded.event_counts, strict=True)),
            stored=Counter(places[events.submission[keep]].tolist()),
            duplicate=Counter(places[events.submission[seen.is_duplicate]].tolist()),
            rejected=Counter(fault.submission for fault in faults),
        )
        return _Judged(
            events.take(keep),
            offset[keep],
            seen.event_hash[keep],
            faults,
            len(decoded.warnings),
            int(seen.is_second_reversal.sum()),
            counts,
        )

    def _write(
        self,
        memory: PartitionMemory,
        messages: Sequence[Message],
        verdicts: list[SubmissionVerdict],
        judged: _Judged,
        changes: _Changes,
    ) -> None:
        """Write one block a table; totals with their marker after all they are made of."""
        state, events, touched = memory.state, judged.events, changes.touched
        next_offset = messages[-1].offset + 1
        lanes = memory.lanes.to_json()
        faults = [
            (
                fault,
                messages[fault.submission].headers.get("bank", ""),
                messages[fault.submission].offset,
            )
            for fault in judged.faults
        ]
        partition = messages[0].partition
        if self._is_log_kept:
            self._store.insert(MESSAGES, message_rows(messages))
        self._insert(SUBMISSIONS, partition, submission_rows(messages, verdicts, judged.counts))
        self._insert(EVENTS, partition, batch_rows.event_rows(events, judged.offset))
        self._insert(REJECTED, partition, batch_rows.rejected_rows(faults))
        self._insert(READMISSIONS, partition, readmission_rows(messages, verdicts))
        self._insert(
            PROFILES,
            partition,
            batch_rows.profile_rows(state, touched.profiles, events, touched.profile_rows),
        )
        self._insert(
            CREDIT_LINES,
            partition,
            batch_rows.line_rows(state, touched.lines, events, touched.line_rows),
        )
        self._insert(
            REGISTERS, partition, batch_rows.register_rows(memory.registers, changes.entries)
        )
        self._insert(CELLS, partition, batch_rows.cell_rows(state, touched.cells))
        self._insert(TAG_CELLS, partition, batch_rows.tag_rows(state, touched.tag_cells))
        self._insert(
            TOTALS,
            partition,
            batch_rows.total_rows(state, touched.totals, lanes=lanes, next_offset=next_offset),
        )
        if faults:
            self._on_rejected(partition, batch_rows.rejected_rows(faults))
        self._insert(
            CHECKPOINTS,
            partition,
            {
                "next_offset": np.array([next_offset]),
                "log_identity": [self._log_identity],
                "lanes": [lanes],
                "version": np.array([next_offset]),
            },
        )
        memory.lanes_json = lanes
        state.totals.written(next_offset)
        memory.next_offset = next_offset

    def _insert(self, table: Table, partition: int, rows: dict[str, Any]) -> None:
        size = len(rows["version"])
        if size:
            place = batch_rows.place_columns(self._generation, partition, size)
            self._store.insert(table, place | rows)


def _merge_records(memory: PartitionMemory, judged: _Judged) -> set[Key]:
    """Take the batch's register events in; return the entries that changed."""
    return memory.registers.merge(
        (
            event,
            int(judged.events.occurred_day[row]),
            int(judged.event_hash[row]),
            int(judged.offset[row]),
        )
        for row, event in judged.events.records
    )


def _report(
    messages: Sequence[Message], verdicts: list[SubmissionVerdict], judged: _Judged
) -> BatchReport:
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
    )
