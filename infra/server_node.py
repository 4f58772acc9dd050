"""The system on a ClickHouse server, without a data folder: what production processes share."""

from functools import cached_property
from types import TracebackType
from typing import Self

from infra.clickhouse.migrate import migrate
from infra.clickhouse.server import ServerConnection
from infra.clickhouse.store import ClickHouseStore
from infra.clock import SystemClock
from infra.reference_data import load_lpr
from processors.lpr import LprTable
from streams.generations import shown_generation
from streams.ports import Clock


class ServerNode:
    """A connection to the store of a server, brought up to this version. Close it in the end."""

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        """Open ``url``; raise StoreError when the server cannot be used."""
        self.clock = clock or SystemClock()
        self.connection = ServerConnection(url)
        try:
            self.applied_migrations = migrate(self.connection, now_ms=self.clock.now_ms())
        except BaseException:
            self.connection.close()
            raise
        self.store = ClickHouseStore(self.connection)

    @cached_property
    def lpr(self) -> LprTable:
        return load_lpr()

    @property
    def generation(self) -> int:
        """Which generation readers see."""
        return shown_generation(self.store)

    def close(self) -> None:
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
