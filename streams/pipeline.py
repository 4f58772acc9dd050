"""The one path every event takes, whoever drives it.

    loop.py         any Log, one process: the broker-free mode, replay, simulation

A driver only brings messages and keeps its place; all meaning is in here. Nothing here opens
a connection, reads a clock or exports a metric: the store is handed in, and ``handle`` returns
a BatchReport for whoever wants to count.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from processors.lpr import LprTable
from schemas.message import Message
from schemas.tables import (
    CHECKPOINTS,
)
from schemas.wire import decode
from streams.future import latest_days, without_future
from streams.headers import read_submission
from streams.judged import Changes, Judged
from streams.lanes import Lanes
from streams.partition_memory import PartitionMemory, recall
from streams.ports import BatchReport, Store
from streams.quarantine import count_rejected, up_to_release
from streams.registers import Key
from streams.stages import Stage, Target, stage_of
from streams.strays import second_reversals, without_strays
from streams.submissions import (
    COUNTED,
    EventCounts,
    PartitionOf,
    SubmissionVerdict,
    judge_submissions,
)

OnRejected = Callable[[int, Mapping[str, Any]], None]


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
        self._target = Target(generation, log_identity, is_log_kept)
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
        try:
            return self.store(self.prepare(messages))
        except BaseException:
            # Not kept: this memory has seen messages that the store may not hold, and would
            # drop them as repeated when they are read again.
            self.close(messages[0].partition)
            raise

    def prepare(self, messages: Sequence[Message]) -> list[Stage]:
        """Do all of ``handle`` but the storing, which may follow in another thread.

        What is prepared must be stored in this order; where that fails, every partition is to be
        closed.
        """
        memory = self.open(messages[0].partition)
        stages = []
        while messages:
            stage, count = self._prepare(memory, messages)
            stages.append(stage)
            messages = messages[count:]
        return stages

    def store(self, stages: Sequence[Stage]) -> BatchReport:
        """Store what was prepared, and say what it is."""
        started_s = self._stopwatch()
        for stage in stages:
            for table, rows in stage.blocks:
                if table is CHECKPOINTS and len(stage.rejected["version"]):
                    self._on_rejected(stage.partition, stage.rejected)
                self._store.insert(table, rows)
            if stage.partition in self._memories:
                self._memories[stage.partition].in_flight_is_stored(stage.next_offset)
        report = stages[0].report
        for stage in stages[1:]:
            report = report.with_next(stage.report)
        return report._replace(write_s=self._stopwatch() - started_s)

    def _prepare(self, memory: PartitionMemory, messages: Sequence[Message]) -> tuple[Stage, int]:
        """Prepare as many of ``messages`` as can be judged together, and return how many."""
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
        touched = memory.state.apply(judged.events, judged.offset, judged.event_hash, self._lpr)
        entries = _merge_records(memory, judged)
        memory.move_on(messages, verdicts, judged)
        stage = stage_of(
            self._target,
            memory,
            messages,
            verdicts,
            judged=judged,
            changes=Changes(touched, entries),
        )
        apply_s = self._stopwatch() - started_s
        return stage._replace(report=stage.report._replace(apply_s=apply_s)), len(messages)

    def _judged(
        self, memory: PartitionMemory, messages: Sequence[Message]
    ) -> tuple[list[SubmissionVerdict], Judged]:
        verdicts = judge_submissions(
            [
                read_submission(message, place, future_days_max=self._future_days_max)
                for place, message in enumerate(messages)
            ],
            messages,
            memory.lanes,
            self._store,
            self._generation,
            in_flight=memory.accepted_in_flight,
            partition_of=self._partition_of,
        )
        return verdicts, self._judge(memory, messages, verdicts)

    def _judge(
        self,
        memory: PartitionMemory,
        messages: Sequence[Message],
        verdicts: list[SubmissionVerdict],
    ) -> Judged:
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
        return Judged(
            events.take(keep),
            offset[keep],
            seen.event_hash[keep],
            faults,
            len(decoded.warnings),
            int(seen.is_second_reversal.sum()),
            counts,
        )


def _merge_records(memory: PartitionMemory, judged: Judged) -> set[Key]:
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
