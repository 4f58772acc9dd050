"""What the pipeline remembers of one partition, and how it finds it again after a restart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processors.partition import PartitionState
from processors.restore import restore
from schemas.message import Message, SubmissionKey
from schemas.tables import (
    CELLS,
    CHECKPOINTS,
    CREDIT_LINES,
    PROFILES,
    REGISTERS,
    TAG_CELLS,
    TOTALS,
)
from streams.duplicates import SeenEvents
from streams.judged import Judged
from streams.lanes import Lanes
from streams.ports import Store
from streams.registers import Entry, Registers
from streams.submissions import Outcome, SubmissionVerdict


class WrongLogError(RuntimeError):
    """The store was filled from another log; going on would silently lose messages."""

    def __init__(self, partition: int, found: str, expected: str) -> None:
        super().__init__(
            f"partition {partition}: the store's checkpoint is of log {found!r}, expected "
            f"{expected!r}. Nothing was read. Point the worker at the log it was filled from, or "
            "replay this log into a new generation"
        )


@dataclass
class PartitionMemory:
    """The live state of a partition, with its place in the log."""

    next_offset: int
    lanes: Lanes
    lanes_json: str  # Of ``lanes`` as they are stored.
    state: PartitionState
    registers: Registers
    seen: SeenEvents
    # Prepared and perhaps not stored yet: next offset, and the sha256 of every accepted submission.
    accepted_in_flight: tuple[tuple[int, Mapping[SubmissionKey, str]], ...] = ()
    stored_to: int = 0  # Written by whoever stores; everything else here by who prepares.

    def move_on(
        self,
        messages: Sequence[Message],
        verdicts: Sequence[SubmissionVerdict],
        judged: Judged,
    ) -> None:
        """Take note of a batch that is prepared: what comes next must know it."""
        self.next_offset = messages[-1].offset + 1
        self.lanes_json = self.lanes.to_json()
        accepted = {
            verdict.submission.key: verdict.submission.sha256
            for verdict in verdicts
            if verdict.submission is not None and verdict.outcome is Outcome.ACCEPTED
        }
        stored_to = self.stored_to
        self.accepted_in_flight = (
            *(flight for flight in self.accepted_in_flight if flight[0] > stored_to),
            (self.next_offset, accepted),
        )
        self.seen.note_in_flight(judged.events, judged.offset, judged.event_hash, self.next_offset)

    def in_flight_is_stored(self, next_offset: int) -> None:
        """Let what the store knows now be forgotten. Called by whoever stores, in its thread."""
        self.stored_to = next_offset
        self.seen.in_flight_is_stored(next_offset)


def recall(store: Store, *, generation: int, partition: int, log_identity: str) -> PartitionMemory:
    """Return what the store holds of a partition; raise WrongLogError if it is another log's."""
    where: dict[str, int | str] = {"generation": generation, "partition": partition}
    checkpoint = store.read(CHECKPOINTS, where)
    next_offset, lanes_json = 0, ""
    if checkpoint["next_offset"].size:
        identity = checkpoint["log_identity"].to_list()[0]
        if identity != log_identity:
            raise WrongLogError(partition, identity, log_identity)
        next_offset = int(checkpoint["next_offset"][0])
        lanes_json = checkpoint["lanes"].to_list()[0]
    state = restore(
        cells=store.read_batches(CELLS, where),
        tag_cells=store.read_batches(TAG_CELLS, where),
        profiles=store.read(PROFILES, where),
        lines=store.read(CREDIT_LINES, where),
        totals=store.read(TOTALS, where),
    )
    registers = _registers(store.read(REGISTERS, where))
    lanes = Lanes.from_json(lanes_json)
    seen = SeenEvents(store, generation, partition)
    return PartitionMemory(next_offset, lanes, lanes_json, state, registers, seen)


def _registers(rows: dict[str, Any]) -> Registers:
    keys = zip(
        rows["register"].to_list(), rows["bank_id"].to_list(), rows["entry"].to_list(), strict=True
    )
    entries = map(
        Entry,
        rows["body"].to_list(),
        rows["occurred_day"].tolist(),
        rows["revision"].tolist(),
        rows["event_hash"].tolist(),
        rows["version"].tolist(),
    )
    return Registers(dict(zip(keys, entries, strict=True)))
