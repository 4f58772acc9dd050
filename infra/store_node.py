"""What every process works with, embedded or on a server: a store, a way in, and what uses both."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.clickhouse.connection import Connection
from infra.clickhouse.store import ClickHouseStore
from infra.imports.importer import Importer
from infra.imports.pboc.archive import Archive
from infra.imports.pboc.filing_importer import FilingImporter
from infra.ingest import WayIn
from infra.reference_data import load_lpr
from processors.lpr import LprTable
from streams.future import FUTURE_DAYS_MAX
from streams.generations import moved_at_ms, show_generation, shown_generation
from streams.ports import Clock, Log
from streams.submissions import PartitionOf


class StoreNode(ABC):
    """One process's hold on the system. Close it, or use ``with``."""

    connection: Connection
    store: ClickHouseStore
    clock: Clock
    applied_migrations: list[str]

    @cached_property
    def lpr(self) -> LprTable:
        return load_lpr()

    @property
    def generation(self) -> int:
        """Which generation readers see."""
        return shown_generation(self.store)

    @property
    @abstractmethod
    def ingest(self) -> WayIn: ...

    @property
    @abstractmethod
    def topic(self) -> str:
        """The topic that submissions of this process go to."""

    @property
    def folder(self) -> Path | None:
        """The data folder; None on a server."""
        return None

    @property
    def future_days_max(self) -> int | None:
        """How many days after its receipt a message may speak of, as for the pipeline that runs."""
        return FUTURE_DAYS_MAX

    @property
    def partition_of(self) -> PartitionOf | None:
        """Where the messages of a lane belong; None where nobody deals them out."""
        return None

    @property
    def partition_count(self) -> int:
        """How many partitions the topic has, as far as is known."""
        return 1

    def show(self, generation: int) -> None:
        """Let readers see ``generation``, and write it from now on; nothing must come in now."""
        show_generation(self.store, generation, now_ms=self.clock.now_ms())

    @abstractmethod
    def open_log(self) -> AbstractContextManager[Log | None]:
        """Give the log that the store is filled from to one reader; None where none is set."""

    @abstractmethod
    def kept_still(self) -> AbstractContextManager[Any]:
        """Keep out what comes in, as far as this process can."""

    @property
    def importer(self) -> Importer:
        return Importer(self.store, self.ingest, self.clock, generation=self.generation)

    @property
    def filing_importer(self) -> FilingImporter:
        return FilingImporter(
            self.store,
            self.ingest,
            self.clock,
            generation=self.generation,
            topic=self.topic,
            topic_since_ms=moved_at_ms(self.store),
        )

    @property
    def archive(self) -> Archive:
        """The banks' own files as they were sent; asking for it makes no pipeline."""
        return Archive(self.store, self.clock)

    def close(self) -> None:
        """Let the store go."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
