"""One partition as of its checkpoint: what a check may ask, and what was in flight meanwhile."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from infra.clickhouse.connection import Connection, Param
from processors.lpr import LprTable
from schemas.tables import CHECKPOINTS
from schemas.units import Int64Array
from streams.ports import Log, Store
from streams.reconcile import NO_QUARTER, Check, Finding, Motion

Row = dict[str, Any]


class Checkpoint(NamedTuple):
    """How far one partition has been handled, and by what log."""

    partition: int
    next_offset: int
    log_identity: str
    lanes: str

    @property
    def topic(self) -> str:
        """The topic that the log's identity names: cluster/topic, then perhaps the topic's id."""
        parts = self.log_identity.split("/")
        return parts[1] if len(parts) > 1 else self.log_identity


def read_checkpoints(store: Store, generation: int) -> list[Checkpoint]:
    """Return the checkpoints of a generation, by partition."""
    rows = store.read(CHECKPOINTS, {"generation": generation})
    columns = (
        rows["partition"].tolist(),
        rows["next_offset"].tolist(),
        rows["log_identity"].to_list(),
        rows["lanes"].to_list(),
    )
    return [Checkpoint(*row) for row in zip(*columns, strict=True)]


class Asking:
    """Asks the store in SQL, about one generation."""

    def __init__(self, store: Store, connection: Connection, generation: int) -> None:
        self.store = store
        self.connection = connection
        self.generation = generation

    def rows(self, sql: str, params: Mapping[str, Param] | None = None) -> list[Row]:
        """Return the answer of one SELECT; ``generation`` is always among its parameters."""
        given: dict[str, Param] = {"generation": self.generation, **(params or {})}
        used = {name: value for name, value in given.items() if f"{{{name}:" in sql}
        return [row for block in self.connection.query(sql, used) for row in block.to_pylist()]


class Reading(Asking):
    """Asks about one partition. What a check finds is believed only as far as Motion says."""

    def __init__(
        self, asking: Asking, checkpoint: Checkpoint, log: Log | None, lpr: LprTable
    ) -> None:
        super().__init__(asking.store, asking.connection, asking.generation)
        self.checkpoint = checkpoint
        self.log = log
        self.lpr = lpr

    @property
    def place(self) -> dict[str, Param]:
        """The parameters of every question about this partition."""
        return {
            "partition": self.checkpoint.partition,
            "next_offset": self.checkpoint.next_offset,
            "topic": self.checkpoint.topic,
        }

    @property
    def where(self) -> str:
        return f"{self.checkpoint.topic}[{self.checkpoint.partition}]"

    def here(self, sql: str, params: Mapping[str, Param] | None = None) -> list[Row]:
        """Return the answer of a SELECT about this partition."""
        return self.rows(sql, {**self.place, **(params or {})})

    def offsets(self, sql: str) -> Int64Array:
        """Return the column ``offset`` of an answer, which may be long."""
        used = {n: v for n, v in {"generation": self.generation, **self.place}.items() if n in sql}
        blocks = [block["offset"].to_numpy() for block in self.connection.query(sql, used)]
        return np.concatenate(blocks).astype(np.int64) if blocks else np.zeros(0, np.int64)

    def in_flight(self) -> "InFlight":
        """Return what lies beyond the checkpoint by now; to be asked after all sums were read."""
        (beyond,) = self.here(_BEYOND_SQL)
        keys = {(row["bank_id"], int(row["quarter"])) for row in self.here(_MOVING_SQL)}
        keys |= {(bank_id, NO_QUARTER) for bank_id, _ in keys}  # What a bank has of no quarter.
        return InFlight(is_quiet=not beyond["beyond"], keys=frozenset(keys))


class InFlight(NamedTuple):
    """What a worker may have been changing while sums were read."""

    is_quiet: bool  # Not a single submission lies beyond the checkpoint.
    keys: frozenset[tuple[str, int]]  # Bank and quarter of every event beyond it.

    def may_have_moved(self, finding: Finding, motion: Motion) -> bool:
        """Tell whether ``finding`` may be of a moment in between two writes."""
        if motion is Motion.EXACT or self.is_quiet:
            return False
        return motion is Motion.QUIET or (finding.bank_id, finding.quarter) in self.keys


class PartitionCheck(NamedTuple):
    """A check of one partition."""

    check: Check
    motion: Motion
    find: Callable[[Reading], Iterable[Finding]]
    # The same of accounts that stand still, and so exact: for partitions that never do as a whole.
    find_still: Callable[[Reading], Iterable[Finding]] | None = None


def split_moved(rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """Return rows of sums without their column ``moved``, and the keys that it names.

    A key is bank, quarter, tag where there is one, and what ``moved`` lists, a line each.
    """
    names = ("bank_id", "quarter", "tag")
    moved = [
        "/".join([*(str(row[name]) for name in names if name in row), line])
        for row in rows
        for line in row["moved"].splitlines()
    ]
    sums = [{name: value for name, value in row.items() if name != "moved"} for row in rows]
    return sums, [*moved, ""]  # An old server cannot tell the type of an empty list.


_BEYOND_SQL = """
    select count() as beyond from submissions
    where generation = {generation:UInt16} and partition = {partition:UInt16}
        and offset >= {next_offset:Int64}
"""
_MOVING_SQL = """
    select distinct bank_id, quarter from events
    where generation = {generation:UInt16} and partition = {partition:UInt16}
        and offset >= {next_offset:Int64}
"""
