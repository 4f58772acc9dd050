"""Facts about the store for ``puhui doctor``: is it there, does it fit, what does it hold.

The folder and its disk are the doctor's own to look at: a server's are on another machine.
"""

from typing import Any, NamedTuple

from infra.clickhouse.connection import Connection, StoreError
from infra.clickhouse.migrate import (
    applied_migrations,
    check_fit,
    engine_version,
    waiting_migrations,
)


class Fact(NamedTuple):
    """One line of the doctor's report; ``detail`` says what to do where it is not well."""

    name: str
    is_well: bool
    detail: str


def doctor_rows(connection: Connection) -> list[Fact]:
    """Return what can be said about the store.

    Changes nothing and raises nothing: a question that cannot be answered is a fact that is
    not well.
    """
    facts = []
    try:
        facts.append(Fact("clickhouse", is_well=True, detail=engine_version(connection)))
        facts.append(_migration_fact(connection))
        facts += _table_facts(connection)
    except StoreError as error:
        facts.append(Fact("store", is_well=False, detail=str(error)))
    return facts


def _migration_fact(connection: Connection) -> Fact:
    try:
        check_fit(connection)
    except StoreError as error:
        return Fact("migrations", is_well=False, detail=str(error))
    waiting = ", ".join(migration.name for migration in waiting_migrations(connection))
    advice = f"; waiting: {waiting}; run puhui migrate" if waiting else ""
    applied_count = len(applied_migrations(connection))
    return Fact("migrations", not waiting, f"{applied_count} applied{advice}")


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
