"""Run the real pipeline over drafts in memory, and read what it stored as plain dicts."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from infra.reference_data import load_lpr
from processors.sums import LIMB
from schemas.columns import Ids
from schemas.message import TOPIC_LENDING, Draft, Message
from schemas.table import Table
from schemas.tables import TOTALS
from streams.loop import Loop
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from streams.ports import BatchReport, Store

RECEIVED_AT_MS = 1_640_000_000_000


class ListLog:
    """A log in memory."""

    identity = "list/lending"

    def __init__(self, drafts: Sequence[Draft], partitions: int = 1) -> None:
        self.messages: list[list[Message]] = [[] for _ in range(partitions)]
        for number, draft in enumerate(drafts):
            lane = self.messages[draft.partition]
            lane.append(
                Message(
                    TOPIC_LENDING,
                    draft.partition,
                    len(lane),
                    RECEIVED_AT_MS + number,
                    draft.headers,
                    draft.value,
                )
            )

    @property
    def partitions(self) -> Sequence[int]:
        return range(len(self.messages))

    def end(self, partition: int) -> int:
        return len(self.messages[partition])

    def read(self, partition: int, offset: int, *, messages_max: int) -> Sequence[Message]:
        return self.messages[partition][offset : offset + messages_max]


def run_job(
    drafts: Sequence[Draft], *, store: Store | None = None, reports: list[BatchReport] | None = None
) -> MemoryStore:
    """Return the store after a clean run over ``drafts``."""
    store = store if store is not None else MemoryStore()
    partitions = max((draft.partition for draft in drafts), default=0) + 1
    log = ListLog(drafts, partitions)
    pipeline = Pipeline(store, lpr=load_lpr(), log_identity=log.identity)
    Loop(log, pipeline).run_to_end(reports.append if reports is not None else lambda _: None)
    return store


def stored(store: Store, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    """Return rows as tuples of these columns, all of them if none is named."""
    rows = store.read(table)
    names = columns or tuple(table.columns)
    lists = []
    for name in names:
        column = rows[name]
        if isinstance(column, Ids):
            lists.append(column.to_list())
        else:
            lists.append(column.tolist() if isinstance(column, np.ndarray) else list(column))
    return list(zip(*lists, strict=True))


def joined(row: dict[str, int]) -> dict[str, int]:
    """Join the two limbs of each Σ money × rate into one integer."""
    plain = {name: value for name, value in row.items() if not name.endswith(("_hi", "_lo"))}
    for name, high in row.items():
        if name.endswith("_hi"):
            plain[name[:-3]] = high * LIMB + row[name[:-2] + "lo"]
    return plain


def added_up(store: Store, table: Table) -> dict[tuple[Any, ...], dict[str, int]]:
    """Return the sums of an additive table by key without its place, over all partitions."""
    keys = [name for name in table.key if name not in {"generation", "partition"}]
    totals: dict[tuple[Any, ...], dict[str, int]] = {}
    for row in stored(store, table, *keys, *table.additive):
        sums = totals.setdefault(row[: len(keys)], dict.fromkeys(table.additive, 0))
        for name, value in zip(table.additive, row[len(keys) :], strict=True):
            sums[name] += value
    return {key: joined(sums) for key, sums in totals.items() if table is not TOTALS or key[0]}
