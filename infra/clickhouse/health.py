"""Facts about the store for ``puhui doctor``: is it there, does it fit, has it room."""

import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from infra.clickhouse.connection import Connection, StoreError
from infra.clickhouse.migrate import (
    applied_migrations,
    check_fit,
    engine_version,
    waiting_migrations,
)

# Below this a doctor warns: a day of a large province is a few GiB.
FREE_BYTES_MIN = 2 * 2**30


class Fact(NamedTuple):
    """One line of the doctor's report; ``detail`` says what to do where it is not well."""

    name: str
    is_well: bool
    detail: str


def doctor_rows(connection: Connection, folder: Path | None = None) -> list[Fact]:
    """Return what can be said about the store; ``folder`` is that of the embedded engine.

    Changes nothing and raises nothing: a question that cannot be answered is a fact that is
    not well.
    """
    facts = [] if folder is None else _folder_facts(folder)
    try:
        facts.append(Fact("clickhouse", is_well=True, detail=engine_version(connection)))
        facts.append(_migration_fact(connection))
        facts += _table_facts(connection)
    except StoreError as error:
        facts.append(Fact("clickhouse", is_well=False, detail=str(error)))
    return facts


def _folder_facts(folder: Path) -> list[Fact]:
    if not folder.is_dir():
        return [Fact("data folder", is_well=False, detail=f"{folder} is not there; start once")]
    is_writable = os.access(folder, os.W_OK | os.X_OK)
    free_bytes = shutil.disk_usage(folder).free
    has_room = free_bytes >= FREE_BYTES_MIN
    advice = "" if has_room else f"; make room, at least {_gib(FREE_BYTES_MIN)}"
    written = "writable" if is_writable else "not writable by this user; change its owner"
    return [
        Fact("data folder", is_writable, f"{folder} is {written}"),
        Fact("free disk", has_room, f"{_gib(free_bytes)} free{advice}"),
    ]


def _gib(size_bytes: int) -> str:
    return f"{size_bytes // 2**30} GiB"


def _migration_fact(connection: Connection) -> Fact:
    try:
        check_fit(connection)
    except StoreError as error:
        return Fact("migrations", is_well=False, detail=str(error))
    applied = applied_migrations(connection)
    waiting = [
        migration.name + (" (for a newer engine)" if migration.needs > (0, 0) else "")
        for migration in waiting_migrations(connection)
    ]
    detail = f"{len(applied)} applied" + (f", waiting: {', '.join(waiting)}" if waiting else "")
    is_well = bool(applied) and all(name.endswith(")") for name in waiting)
    return Fact("migrations", is_well, detail)


def _table_facts(connection: Connection) -> list[Fact]:
    """Rows on disk: older versions that the engine has not yet merged away are counted too."""
    sql = (
        "select table, sum(rows) as row_count, count() as part_count from system.parts "
        "where active and database = {database:String} group by table order by table"
    )
    rows: list[dict[str, Any]] = [
        row
        for block in connection.query(sql, {"database": connection.database})
        for row in block.to_pylist()
    ]
    return [
        Fact(
            f"table {row['table']}",
            is_well=True,
            detail=f"{row['row_count']} rows in {row['part_count']} parts",
        )
        for row in rows
    ]
