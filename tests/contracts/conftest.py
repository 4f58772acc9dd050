"""Every kind of Store. A process can hold one folder of an embedded engine: one per module."""

from collections.abc import Iterator

import pytest

from infra.clickhouse.connection import Connection
from infra.clickhouse.embedded import EmbeddedConnection
from infra.clickhouse.migrate import migrate
from infra.clickhouse.server import ServerConnection
from infra.clickhouse.store import ClickHouseStore
from schemas.tables import (
    TABLES,
)
from streams.memory_store import MemoryStore
from streams.ports import Store


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedConnection]:
    connection = EmbeddedConnection(tmp_path_factory.mktemp("store") / "chdb", "contract")
    migrate(connection, now_ms=0)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def migrated_server(server: ServerConnection) -> ServerConnection:
    migrate(server, now_ms=0)
    return server


@pytest.fixture(params=["embedded", "migrated_server"], ids=["embedded", "server"])
def connection(request: pytest.FixtureRequest) -> Connection:
    """Every engine, its tables empty."""
    connection: Connection = request.getfixturevalue(request.param)
    for table in TABLES:
        connection.execute(f"truncate table {table.name}")
    return connection


@pytest.fixture(
    params=["memory", "embedded", "migrated_server"], ids=["memory", "embedded", "server"]
)
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    connection = request.getfixturevalue(request.param)
    for table in TABLES:
        connection.execute(f"truncate table {table.name}")
    return ClickHouseStore(connection)
