"""Bring a database up to this version of the code: numbered SQL files, in order, each once.

A file that has been applied is never edited; a change is another file. Every statement can run
twice (``if not exists``), so a kill between two of them is made good by running again. A file
that only a newer engine understands says so in its first line, ``-- needs ClickHouse 21.8``, and
waits on an older one.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from infra.clickhouse.connection import Connection, StoreError

MIGRATIONS_FOLDER = Path(__file__).with_name("migrations")

_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_NEEDS = re.compile(r"-- needs ClickHouse (\d+)\.(\d+)\b")


class MigrationError(StoreError):
    """The database and the code do not fit together."""


class Migration(NamedTuple):
    """One file: its number, name and SQL."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """The statements, without comments. A semicolon ends one wherever it stands."""
        lines = [line for line in self.sql.splitlines() if not line.startswith("--")]
        parts = (part.strip() for part in "\n".join(lines).split(";"))
        return [part for part in parts if part]

    @property
    def needs(self) -> tuple[int, int]:
        """The least engine version, (0, 0) for any."""
        found = _NEEDS.match(self.sql)
        return (int(found[1]), int(found[2])) if found else (0, 0)


class Applied(NamedTuple):
    """What the database remembers of a file."""

    number: int
    name: str
    sha256: str
    applied_at_ms: int


def read_migrations(folder: Path = MIGRATIONS_FOLDER) -> list[Migration]:
    """Return the files of ``folder`` by number; raise MigrationError for a name that has none."""
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            raise MigrationError(f"{path}: expected a name like 0002_bill_packages.sql; rename it")
        number = int(match[1])
        if number in found:
            raise MigrationError(
                f"{path}: {found[number].name} has the number {number} too; renumber the newer one"
            )
        found[number] = Migration(number, path.name, path.read_text(encoding="utf-8"))
    return list(found.values())


def engine_version(connection: Connection) -> str:
    """Return the engine's version, for example 18.16.1."""
    return str(_rows(connection, "select version() as version")[0]["version"])


def applied_migrations(connection: Connection) -> list[Applied]:
    """Return what the database has been through, by number; nothing for a new database."""
    exists = _rows(
        connection,
        "select name from system.tables where database = {database:String} and name = 'migrations'",
        database=connection.database,
    )
    if not exists:
        return []
    rows = _rows(
        connection,
        "select number, name, sha256, applied_at_ms from migrations final order by number",
    )
    return [Applied(**row) for row in rows]


def migrate(
    connection: Connection, *, now_ms: int, migrations: Sequence[Migration] | None = None
) -> list[str]:
    """Apply what is missing and return the names of those files; again does nothing.

    Raises MigrationError, before anything is changed, when a file that was applied has changed
    or when the database has been through a file that this code does not have.
    """
    known = read_migrations() if migrations is None else migrations
    check_fit(connection, known)
    waiting = waiting_migrations(connection, known)
    for migration in waiting:
        for statement in migration.statements:
            connection.execute(statement)
        _remember(connection, migration, now_ms)
    return [migration.name for migration in waiting]


def waiting_migrations(
    connection: Connection, migrations: Sequence[Migration] | None = None
) -> list[Migration]:
    """Return the files that this engine understands and the database has not been through."""
    known = read_migrations() if migrations is None else migrations
    applied = {row.number for row in applied_migrations(connection)}
    version = _major_minor(engine_version(connection))
    return [
        migration
        for migration in known
        if migration.number not in applied and migration.needs <= version
    ]


def check_fit(connection: Connection, migrations: Sequence[Migration] | None = None) -> None:
    """Raise MigrationError when the database and the files do not fit together."""
    known = read_migrations() if migrations is None else migrations
    database = connection.database
    by_number = {migration.number: migration for migration in known}
    for row in applied_migrations(connection):
        migration = by_number.get(row.number)
        if migration is None:
            newest = max(by_number, default=0)
            raise MigrationError(
                f"database {database}: it has been through {row.name}, this code knows files up "
                f"to {newest:04}; the database is newer than the code, install a newer version"
            )
        if migration.sha256 != row.sha256:
            raise MigrationError(
                f"{migration.name}: applied to database {database} with sha256 {row.sha256}, the "
                f"file now has {migration.sha256}; restore it and put the change in a new file"
            )


def _remember(connection: Connection, migration: Migration, now_ms: int) -> None:
    row = pa.table(
        {
            "number": pa.array([migration.number], pa.uint16()),
            "name": pa.array([migration.name]),
            "sha256": pa.array([migration.sha256]),
            "applied_at_ms": pa.array([now_ms], pa.int64()),
            "version": pa.array([1], pa.int64()),
        }
    )
    connection.insert("migrations", row)


def _rows(connection: Connection, sql: str, **params: str) -> list[dict[str, Any]]:
    return [row for block in connection.query(sql, params) for row in block.to_pylist()]


def _major_minor(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)
