"""What is written of a batch, in order: totals after what they are made of, the checkpoint last."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from schemas.message import Message
from schemas.table import Table
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
)
from streams import batch_rows
from streams.judged import Changes, Judged, report_of
from streams.kept_log import message_rows, readmission_rows
from streams.partition_memory import PartitionMemory
from streams.ports import BatchReport
from streams.submissions import SubmissionVerdict, submission_rows

Rows = dict[str, Any]


class Stage(NamedTuple):
    """One block a table, in the order of writing."""

    partition: int
    next_offset: int
    blocks: list[tuple[Table, Rows]]
    rejected: Rows
    report: BatchReport


class Target(NamedTuple):
    """What is written: which generation, from which log, and whether the messages are kept too."""

    generation: int
    log_identity: str
    is_log_kept: bool


def stage_of(
    target: Target,
    memory: PartitionMemory,
    messages: Sequence[Message],
    verdicts: Sequence[SubmissionVerdict],
    *,
    judged: Judged,
    changes: Changes,
) -> Stage:
    """Return the rows of a batch, which nothing that happens later changes.

    Args:
        target: what is written.
        memory: of the partition, with the batch in it.
        messages: the batch.
        verdicts: on each message.
        judged: its events.
        changes: what they changed.

    """
    partition = messages[0].partition
    rejected = batch_rows.rejected_rows(
        [
            (fault, messages[place].headers.get("bank", ""), messages[place].offset)
            for fault in judged.faults
            for place in (fault.submission,)
        ]
    )
    written: list[tuple[Table, Rows]] = [
        (SUBMISSIONS, submission_rows(messages, verdicts, judged.counts)),
        (EVENTS, batch_rows.event_rows(judged.events, judged.offset)),
        (REJECTED, rejected),
        (READMISSIONS, readmission_rows(messages, verdicts)),
        *_state_blocks(memory, judged, changes),
        (CHECKPOINTS, _checkpoint(memory, target.log_identity)),
    ]
    blocks: list[tuple[Table, Rows]] = []
    if target.is_log_kept:
        blocks.append((MESSAGES, message_rows(messages)))
    blocks += [
        (table, batch_rows.place_columns(target.generation, partition, len(rows["version"])) | rows)
        for table, rows in written
        if len(rows["version"])
    ]
    return Stage(
        partition, memory.next_offset, blocks, rejected, report_of(messages, verdicts, judged)
    )


def _state_blocks(
    memory: PartitionMemory, judged: Judged, changes: Changes
) -> list[tuple[Table, Rows]]:
    state, events, touched = memory.state, judged.events, changes.touched
    totals = batch_rows.total_rows(
        state, touched.totals, lanes=memory.lanes_json, next_offset=memory.next_offset
    )
    state.totals.written(memory.next_offset)
    profiles = batch_rows.profile_rows(state, touched.profiles, events, touched.profile_rows)
    return [
        (PROFILES, profiles),
        (CREDIT_LINES, batch_rows.line_rows(state, touched.lines, events, touched.line_rows)),
        (REGISTERS, batch_rows.register_rows(memory.registers, changes.entries)),
        (CELLS, batch_rows.cell_rows(state, touched.cells)),
        (TAG_CELLS, batch_rows.tag_rows(state, touched.tag_cells)),
        (TOTALS, totals),
    ]


def _checkpoint(memory: PartitionMemory, log_identity: str) -> Rows:
    return {
        "next_offset": np.array([memory.next_offset]),
        "log_identity": [log_identity],
        "lanes": [memory.lanes_json],
        "version": np.array([memory.next_offset]),
    }
