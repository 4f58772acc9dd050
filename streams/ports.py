"""What the flows need from the outside world. infra implements these; tests fake them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from schemas.columns import Ids
from schemas.message import Message
from schemas.table import Table
from schemas.units import AnyArray

Column = AnyArray | Ids | list[str] | list[bytes]
Rows = Mapping[str, Column]  # Columns by name, all of one length.


class Store(Protocol):
    """The system's memory: tables of absolute rows, of which the newest version counts."""

    def insert(self, table: Table, rows: Rows) -> None:
        """Add ``rows`` in one block. A killed process may leave any part of them behind."""
        ...

    def read(
        self,
        table: Table,
        equal: Mapping[str, int | str] | None = None,
        *,
        among: tuple[str, Sequence[str]] | None = None,
        within: tuple[str, int, int] | None = None,
        columns: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Return the newest row of every key, in one consistent read, sorted by key.

        ``equal`` keeps the rows whose columns have these values; ``among`` those whose one text
        column has one of these values; ``within`` those whose one number column is at least the
        first and less than the second number. Numbers come as int64 arrays, text as Ids, raw bytes
        as a list.
        """
        ...

    def read_batches(
        self,
        table: Table,
        equal: Mapping[str, int | str] | None = None,
        *,
        among: tuple[str, Sequence[str]] | None = None,
        within: tuple[str, int, int] | None = None,
        columns: Sequence[str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield what ``read`` returns in pieces, for tables too large to hold twice.

        Still one consistent read: all pieces show one moment, whatever is written meanwhile.
        """
        ...


class Log(Protocol):
    """Messages in order, by partition. Kafka, the embedded log, a simulation."""

    @property
    def identity(self) -> str:
        """Which log this is: cluster and topic. A checkpoint of another log does not fit."""
        ...

    @property
    def partitions(self) -> Sequence[int]: ...

    def end(self, partition: int) -> int:
        """Return the offset after the newest message."""
        ...

    def read(self, partition: int, offset: int, *, messages_max: int) -> Sequence[Message]:
        """Return messages from ``offset`` on, at most ``messages_max``; none at the end."""
        ...


class Clock(Protocol):
    """The time of the world, handed in."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970 in UTC."""
        ...


class BatchReport(NamedTuple):
    """What one batch did. Metrics, logs and tests all read this; the pipeline writes none."""

    partition: int
    next_offset: int
    submission_count: int
    event_count: int
    stored_count: int
    duplicate_count: int
    rejected_count: int
    warning_count: int
    duplicate_submission_count: int
    conflict_count: int
    second_reversal_count: int
    oldest_received_at_ms: int
    quarantined_count: int = 0
    readmitted_count: int = 0
    apply_s: float = 0.0
    write_s: float = 0.0
    refused_submission_count: int = 0
    control_count: int = 0

    def with_next(self, after: "BatchReport") -> "BatchReport":
        """Return one report of this batch and the one that came ``after`` it."""
        added = {
            name: getattr(self, name) + getattr(after, name)
            for name in self._fields
            if name.endswith(("_count", "_s"))
        }
        oldest_ms = min(self.oldest_received_at_ms, after.oldest_received_at_ms)
        return after._replace(oldest_received_at_ms=oldest_ms, **added)
