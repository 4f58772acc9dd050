"""Puts one process together: a data folder, its store, and the path of events through it."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.clickhouse.embedded import EmbeddedConnection
from infra.clickhouse.migrate import migrate
from infra.clickhouse.store import ClickHouseStore
from infra.clock import SystemClock
from infra.embedded_log import EmbeddedLog
from infra.ingest import Ingest
from infra.lock_file import FolderLock
from infra.store_node import StoreNode
from schemas.message import TOPIC_LENDING
from schemas.tables import CHECKPOINTS
from streams.future import FUTURE_DAYS_MAX
from streams.loop import Loop
from streams.pipeline import Pipeline
from streams.ports import BatchReport, Clock, Log

STORE_FOLDER = "clickhouse"


class Node(StoreNode):
    """Everything one process needs to work on a data folder. Close it, or use ``with``."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock | None = None,
        batch_events_max: int = 50_000,
        future_days_max: int | None = FUTURE_DAYS_MAX,
        on_report: Callable[[BatchReport], None] = lambda _: None,
    ) -> None:
        """Lock the folder and open it; raise FolderInUseError when another process has it."""
        self._folder = folder
        self.clock = clock or SystemClock()
        self.on_report = on_report
        self._batch_events_max = batch_events_max
        self._future_days_max = future_days_max
        self._opening = threading.Lock()
        self.writing = threading.Lock()  # Held while submissions are taken in.
        self.lock = FolderLock(folder)
        try:
            self.connection = EmbeddedConnection(folder / STORE_FOLDER)
            self.applied_migrations = migrate(self.connection, now_ms=self.clock.now_ms())
            self.store = ClickHouseStore(self.connection)
            self.log = EmbeddedLog(self.store, self.clock)
        except BaseException:
            self.lock.release()
            raise

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def topic(self) -> str:
        return TOPIC_LENDING

    def open_log(self) -> AbstractContextManager[Log]:
        return nullcontext(self.log)

    def kept_still(self) -> AbstractContextManager[Any]:
        return self.writing

    @property
    def ingest(self) -> Ingest:
        """The way in. Made at first use: reading figures needs no pipeline in memory."""
        with self._opening:
            return self._ingest

    @cached_property
    def _ingest(self) -> Ingest:
        return Ingest(self.log, *self._path(), on_report=self._report, writing=self.writing)

    def _path(self) -> tuple[Pipeline, Loop]:
        """Return the path of events into the generation that readers see."""
        pipeline = Pipeline(
            self.store,
            lpr=self.lpr,
            generation=self.generation,
            log_identity=self.log.identity,
            future_days_max=self._future_days_max,
        )
        return pipeline, Loop(self.log, pipeline, batch_events_max=self._batch_events_max)

    @property
    def future_days_max(self) -> int | None:
        return self._future_days_max

    def show(self, generation: int) -> None:
        """Let readers see ``generation``; who holds the way in writes it from now on too."""
        super().show(generation)
        with self._opening:
            if "_ingest" in self.__dict__:
                self._ingest.go_on_with(*self._path())

    def _report(self, report: BatchReport) -> None:
        self.on_report(report)  # Looked up late: whoever counts may come after the pipeline.

    def catch_up(self) -> None:
        """Handle what a process that died left in the log."""
        rows = self.store.read(
            CHECKPOINTS, {"generation": self.generation}, columns=("partition", "next_offset")
        )
        done = dict(zip(rows["partition"].tolist(), rows["next_offset"].tolist(), strict=True))
        if any(
            done.get(partition, 0) < self.log.end(partition) for partition in self.log.partitions
        ):
            self.ingest.catch_up()

    def close(self) -> None:
        """Let the folder go."""
        super().close()
        self.lock.release()
