"""A node on a store in memory: what verbs of gradings work with, without a database."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from infra.clickhouse.store import ClickHouseStore
from infra.ingest import WayIn
from infra.store_node import StoreNode
from streams.memory_store import MemoryStore
from streams.ports import Log


class FixedClock:
    """It is always the same moment."""

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        return self.at_ms


class StoryNode(StoreNode):
    """Everything a reading verb needs; nothing comes in."""

    store: MemoryStore | ClickHouseStore  # type: ignore[assignment]

    def __init__(self, store: MemoryStore, folder: Path, at_ms: int = 1_700_000_000_000) -> None:
        self.store, self._folder, self.clock = store, folder, FixedClock(at_ms)

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def ingest(self) -> WayIn:
        raise NotImplementedError

    @property
    def topic(self) -> str:
        return "lending"

    def open_log(self) -> AbstractContextManager[Log | None]:
        return nullcontext(None)

    def kept_still(self) -> AbstractContextManager[Any]:
        return nullcontext()
