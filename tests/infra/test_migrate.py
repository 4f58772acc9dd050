"""Migrations are applied once, in order, and refuse what does not fit; the doctor tells."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from infra.clickhouse.connection import Params, StoreError
from infra.clickhouse.embedded import EmbeddedConnection
from infra.clickhouse.health import doctor_rows
from infra.clickhouse.migrate import (
    Migration,
    MigrationError,
    applied_migrations,
    migrate,
    read_migrations,
    waiting_migrations,
)
from infra.clickhouse.store import COLUMN_TYPES, ClickHouseStore
from schemas.tables import POINTERS, TABLES

FIRST = Migration(1, "0001_one.sql", "create table if not exists one (k Int64) engine = Log;")
SECOND = Migration(
    2,
    "0002_two.sql",
    "-- Two tables; both at once.\ncreate table if not exists two (k Int64) engine = Log;\n\n"
    "create table if not exists three (k Int64) engine = Log;",
)
REMEMBERING = Migration(
    0,
    "0000_remember.sql",
    "create table if not exists migrations (number UInt16, name String, sha256 String,"
    " applied_at_ms Int64, version Int64) engine = ReplacingMergeTree(version) order by number",
)
SMALL = [REMEMBERING, FIRST, SECOND]


class Dying:
    """A connection whose process dies at the n-th change."""

    def __init__(self, alive: EmbeddedConnection, changes_until_death: int) -> None:
        self.alive, self.left = alive, changes_until_death
        self.database, self.query = alive.database, alive.query

    def _change(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt

    def execute(self, sql: str, params: Params | None = None) -> None:
        self._change()
        self.alive.execute(sql, params)

    def insert(self, table_name: str, rows: Any) -> None:
        self._change()
        self.alive.insert(table_name, rows)

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("migrate") / "chdb"


numbers = itertools.count()


@pytest.fixture
def connection(folder: Path) -> Iterator[EmbeddedConnection]:
    """A new database in the one folder that a process can hold."""
    connection = EmbeddedConnection(folder, f"database_{next(numbers)}")
    yield connection
    connection.close()


def tables_of(connection: EmbeddedConnection) -> dict[str, dict[str, str]]:
    sql = (
        "select table, name, type from system.columns where database = {database:String} "
        "order by table, position"
    )
    tables: dict[str, dict[str, str]] = {}
    for block in connection.query(sql, {"database": connection.database}):
        for row in block.to_pylist():
            tables.setdefault(row["table"], {})[row["name"]] = row["type"]
    return tables


def test_migrations_make_the_tables_and_columns_that_the_schemas_list(
    connection: EmbeddedConnection,
) -> None:
    migrate(connection, now_ms=0)

    made = tables_of(connection)

    del made["migrations"]
    assert made == {
        table.name: {name: COLUMN_TYPES[kind] for name, kind in table.columns.items()}
        for table in TABLES
    }


def test_tables_are_sorted_by_the_keys_of_the_schemas_and_replaced_by_version(
    connection: EmbeddedConnection,
) -> None:
    migrate(connection, now_ms=0)
    sql = (
        "select name, sorting_key, engine_full from system.tables "
        "where database = {database:String} and name != 'migrations'"
    )
    rows = [
        row
        for block in connection.query(sql, {"database": connection.database})
        for row in block.to_pylist()
    ]

    assert {row["name"]: row["sorting_key"].strip("()") for row in rows} == {
        table.name: ", ".join(table.key) for table in TABLES
    }
    assert all(row["engine_full"].startswith("ReplacingMergeTree(version)") for row in rows)


def test_first_tables_use_nothing_that_clickhouse_18_16_lacks() -> None:
    newer = r"\b(codec|ttl|lowcardinality|datetime64|nullable|projection|over|with)\b"
    for migration in read_migrations():
        if migration.needs <= (18, 16):
            statements = "\n".join(migration.statements).lower()
            assert re.findall(newer, statements) == [], migration.name


def test_migrating_again_does_nothing(connection: EmbeddedConnection) -> None:
    files = [migration.name for migration in read_migrations()]

    assert migrate(connection, now_ms=7) == files
    assert migrate(connection, now_ms=8) == []
    assert [(row.name, row.applied_at_ms) for row in applied_migrations(connection)] == [
        (name, 7) for name in files
    ]
    assert waiting_migrations(connection) == []


def test_only_what_is_new_is_applied(connection: EmbeddedConnection) -> None:
    assert migrate(connection, now_ms=0, migrations=SMALL[:2]) == [REMEMBERING.name, FIRST.name]
    assert migrate(connection, now_ms=0, migrations=SMALL) == [SECOND.name]
    assert set(tables_of(connection)) == {"migrations", "one", "two", "three"}


def test_a_file_changed_after_it_was_applied_is_refused_and_nothing_is_done(
    connection: EmbeddedConnection,
) -> None:
    migrate(connection, now_ms=0, migrations=SMALL[:2])
    changed = FIRST._replace(sql=FIRST.sql + " ")

    with pytest.raises(MigrationError, match=r"0001_one\.sql: applied to database .* a new file"):
        migrate(connection, now_ms=0, migrations=[REMEMBERING, changed, SECOND])

    assert "two" not in tables_of(connection)


def test_a_database_newer_than_the_code_is_refused(connection: EmbeddedConnection) -> None:
    migrate(connection, now_ms=0, migrations=SMALL)

    with pytest.raises(MigrationError, match="newer than the code, install a newer version"):
        migrate(connection, now_ms=0, migrations=SMALL[:2])


@pytest.mark.parametrize("changes_until_death", range(7))
def test_a_kill_between_any_two_statements_is_made_good_by_running_again(
    connection: EmbeddedConnection, changes_until_death: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        migrate(Dying(connection, changes_until_death), now_ms=0, migrations=SMALL)

    migrate(connection, now_ms=0, migrations=SMALL)

    assert set(tables_of(connection)) == {"migrations", "one", "two", "three"}
    assert [row.number for row in applied_migrations(connection)] == [0, 1, 2]


def test_a_file_for_a_newer_engine_waits(connection: EmbeddedConnection) -> None:
    later = SECOND._replace(sql="-- needs ClickHouse 999.1\n" + SECOND.sql)
    today = SECOND._replace(number=3, sql="-- needs ClickHouse 20.3\n" + SECOND.sql)

    assert migrate(connection, now_ms=0, migrations=[*SMALL[:2], later, today]) == [
        REMEMBERING.name,
        FIRST.name,
        today.name,
    ]
    assert [row.number for row in applied_migrations(connection)] == [0, 1, 3]
    assert waiting_migrations(connection, [later]) == []


@pytest.mark.parametrize(
    ("names", "message"),
    [(["2_two.sql"], "expected a name like"), (["0001_a.sql", "0001_b.sql"], "has the number 1")],
)
def test_a_file_name_that_says_no_order_is_refused(
    tmp_path: Path, names: list[str], message: str
) -> None:
    for name in names:
        (tmp_path / name).write_text("select 1")

    with pytest.raises(MigrationError, match=message):
        read_migrations(tmp_path)


def test_a_database_name_that_could_be_a_statement_is_refused(folder: Path) -> None:
    with pytest.raises(StoreError, match="expected small letters"):
        EmbeddedConnection(folder, "puhui; drop table cells")


def test_a_refused_statement_says_which_and_where(connection: EmbeddedConnection) -> None:
    with pytest.raises(
        StoreError, match=r"(?s)embedded ClickHouse in .*statement: select nonsense"
    ):
        list(connection.query("select nonsense"))
    with pytest.raises(StoreError, match="drop table nothing_here"):
        connection.execute("drop table nothing_here")


def test_the_doctor_finds_a_migrated_database_well(connection: EmbeddedConnection) -> None:
    migrate(connection, now_ms=0)
    one = np.array([1])
    ClickHouseStore(connection).insert(POINTERS, {"name": ["a"], "value": one, "version": one})

    facts = {fact.name: (fact.is_well, fact.detail) for fact in doctor_rows(connection)}

    assert facts["clickhouse"][0]
    assert facts["migrations"] == (True, f"{len(read_migrations())} applied")
    assert facts["table pointers"] == (True, "1 rows in 1 parts")


def test_the_doctor_names_the_migrations_that_wait(connection: EmbeddedConnection) -> None:
    facts = {fact.name: fact for fact in doctor_rows(connection)}

    assert not facts["migrations"].is_well
    assert "0 applied; waiting: 0001_first_tables.sql" in facts["migrations"].detail


def test_the_doctor_tells_of_a_database_that_does_not_fit(connection: EmbeddedConnection) -> None:
    migrate(connection, now_ms=0, migrations=[REMEMBERING])

    facts = {fact.name: fact for fact in doctor_rows(connection)}

    assert not facts["migrations"].is_well
    assert "install a newer version" in facts["migrations"].detail
