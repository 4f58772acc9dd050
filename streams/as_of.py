"""What was known by the end of a day: the messages received by then, handled again in memory.

The same pipeline reads them, with every verdict, re-admission and quarantine as it came; nothing
that came later can reach the figures. Where nothing came later the live totals are the answer.

Source: docs/method.md#as-of
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from processors.lpr import LprTable
from schemas.columns import Ids
from schemas.results import Results
from schemas.table import Table
from schemas.tables import (
    CHECKPOINTS,
    EVENTS,
    MESSAGES,
    REGISTERS,
    SUBMISSIONS,
    TOTALS,
)
from streams.evaluate import evaluate, read_snapshot
from streams.generations import log_identity, shown_generation
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from streams.ports import Rows, Store
from streams.replay import read_again
from streams.stored_log import StoredLog
from streams.submissions import PartitionOf

SHANGHAI = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
_MS_A_S = 1_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class AsOf(NamedTuple):
    """A moment up to which things are known, and how it is written down."""

    text: str  # 2022-01-20: the whole day; or a moment such as 2022-01-20T17:00:00+08:00.
    before_ms: int  # What was received from then on is not known.


class LogOf(NamedTuple):
    """How the messages of a system are read and judged."""

    topic: str
    partitions: int
    partition_of: PartitionOf | None
    future_days_max: int | None


class NothingKnownError(ValueError):
    """Nothing had been received by then."""


def read_as_of(text: str, *, now_ms: int) -> AsOf:
    """Return the moment that ``text`` writes; raise ValueError for none, and for the future.

    A day is whole, in Asia/Shanghai. A moment names its zone.
    """
    try:
        if len(text) == len("2022-01-20"):
            first = dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), SHANGHAI)
            begins_ms, ends_ms = _ms_of(first), _ms_of(first + dt.timedelta(days=1))
        else:
            begins_ms = ends_ms = _ms_of(dt.datetime.fromisoformat(text))
    except (ValueError, OverflowError, TypeError):  # TypeError: a moment without its zone.
        raise ValueError(
            f"as_of was {text!r}, expected a day such as 2022-01-20, or a moment with its zone "
            "such as 2022-01-20T17:00:00+08:00"
        ) from None
    if begins_ms > now_ms:
        raise ValueError(
            f"as_of was {text}: that is still to come, expected {day_of_ms(now_ms)} or earlier; "
            "nobody knows yet what will be known then"
        )
    return AsOf(text, ends_ms)


def day_of_ms(at_ms: int) -> str:
    """Return the day in Asia/Shanghai in which a moment lies."""
    return dt.datetime.fromtimestamp(at_ms // _MS_A_S, SHANGHAI).date().isoformat()


def _ms_of(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(milliseconds=1)


def results_as_of(store: Store, lpr: LprTable, log: LogOf, as_of: AsOf) -> Results:
    """Return every figure as it was known at ``as_of``; raise NothingKnownError for none.

    Only what the shown generation has handled counts, as in the live figures.
    """
    return evaluate(read_snapshot(store_as_of(store, lpr, log, as_of)), lpr)


def store_as_of(
    store: Store, lpr: LprTable, log: LogOf, as_of: AsOf, *, has_events: bool = False
) -> Store:
    """Return what figures came from at ``as_of``: the store itself where nothing came later.

    ``has_events``: with every event and profile of then, in memory. Raises NothingKnownError where
    nothing had been received by then.
    """
    received = store.read(MESSAGES, {"topic": log.topic}, columns=("received_at_ms",))
    received_ms = received["received_at_ms"]
    if received_ms.size and int(received_ms.min()) >= as_of.before_ms:
        raise NothingKnownError(_too_early(as_of, int(received_ms.min())))
    if not received_ms.size or int(received_ms.max()) < as_of.before_ms:
        return store
    memory = MemoryStore() if has_events else _FiguresStore()
    _replay_into(memory, store, lpr, log, as_of)
    return memory


def _replay_into(memory: MemoryStore, store: Store, lpr: LprTable, log: LogOf, as_of: AsOf) -> None:
    identity = log_identity(store, shown_generation(store))
    known = StoredLog(
        store,
        log.topic,
        identity=identity,
        partitions=log.partitions,
        received_before_ms=as_of.before_ms,
    )
    pipeline = Pipeline(
        memory,
        lpr=lpr,
        log_identity=identity,
        future_days_max=log.future_days_max,
        partition_of=log.partition_of,
    )
    read_again(known, pipeline)


class _FiguresStore(MemoryStore):
    """Keeps what figures come from and what judges the next message, and nothing else.

    Of events only where each id came first: whole events of a province would fill the memory.
    """

    _KEPT = frozenset(table.name for table in (CHECKPOINTS, REGISTERS, SUBMISSIONS, TOTALS))

    def __init__(self) -> None:
        super().__init__()
        # By column and partition, from an id to the offset and position where it came first.
        self._first: dict[tuple[str, int], dict[bytes, tuple[int, int]]] = {}

    def insert(self, table: Table, rows: Rows) -> None:
        if table.name in self._KEPT:
            super().insert(table, rows)
        elif table is EVENTS:
            self._note(rows)

    def read(
        self,
        table: Table,
        equal: Mapping[str, int | str] | None = None,
        *,
        among: tuple[str, Sequence[str]] | None = None,
        within: tuple[str, int, int] | None = None,
        columns: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Return rows as any store does; of events the places of the ids in ``among``."""
        if table is not EVENTS or among is None:
            return super().read(table, equal, among=among, within=within, columns=columns)
        column, texts = among
        places = self._first.get((column, int((equal or {})["partition"])), {})
        found = [(text, places[text.encode()]) for text in texts if text.encode() in places]
        return {
            column: Ids(np.arange(len(found), dtype=np.int32), [text for text, _ in found]),
            "offset": np.array([place[0] for _, place in found], np.int64),
            "position": np.array([place[1] for _, place in found], np.int64),
        }

    def _note(self, rows: Rows) -> None:
        partition = int(np.asarray(rows["partition"])[0])
        offsets, positions = (np.asarray(rows[name]).tolist() for name in ("offset", "position"))
        for column in ("event_id", "reversed_event_id"):
            first = self._first.setdefault((column, partition), {})
            ids = np.asarray(rows[column]).tolist()
            for event_id, offset, position in zip(ids, offsets, positions, strict=True):
                if event_id:
                    first.setdefault(event_id, (offset, position))


def _too_early(as_of: AsOf, first_ms: int) -> str:
    day = day_of_ms(first_ms)
    return (
        f"截至 {as_of.text} 尚未收到任何数据，首次收到为 {day}，请取该日或以后 / "
        f"as of {as_of.text} nothing had been received: the first message came on {day}; name that "
        "day or a later one"
    )
