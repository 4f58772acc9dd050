"""The Store on ClickHouse: every table a ReplacingMergeTree, read with FINAL.

One class for the engine in this process and for a server: the SQL is the same, the connection
differs. Reading is one SELECT, so it shows one moment; the newest version of a key wins however
the rows came in, and of equal versions the one written last.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from infra.clickhouse.arrow_rows import arrow_table, columns_of
from infra.clickhouse.connection import Connection, Param
from schemas.table import I32, I64, RAW, TEXT, U8, U16, U32, Table
from streams.ports import Rows
from streams.row_shape import check_rows

COLUMN_TYPES = {
    U8: "UInt8",
    U16: "UInt16",
    U32: "UInt32",
    I32: "Int32",
    I64: "Int64",
    TEXT: "String",
    RAW: "String",
}


class Select(NamedTuple):
    """A SELECT and the values of its parameters."""

    sql: str
    params: dict[str, Param]


class ClickHouseStore:
    """streams.ports.Store over a Connection, whose database migrate() has made ready."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert(self, table: Table, rows: Rows) -> None:
        """Add ``rows`` in one block. No rows is no statement."""
        if check_rows(table, rows):
            self._connection.insert(table.name, arrow_table(table, rows))

    def read(
        self,
        table: Table,
        equal: Mapping[str, int | str] | None = None,
        *,
        among: tuple[str, Sequence[str]] | None = None,
        within: tuple[str, int, int] | None = None,
        columns: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Return the newest row of every key, sorted by key; see streams.ports.Store."""
        names = tuple(table.columns if columns is None else columns)
        select = select_newest(table, names, equal or {}, among, within)
        return columns_of(table, names, self._connection.query(select.sql, select.params))

    def read_batches(
        self,
        table: Table,
        equal: Mapping[str, int | str] | None = None,
        *,
        among: tuple[str, Sequence[str]] | None = None,
        within: tuple[str, int, int] | None = None,
        columns: Sequence[str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield what ``read`` returns in pieces, as the engine hands them over.

        All pieces are of one SELECT and show one moment, whatever is written meanwhile.
        """
        names = tuple(table.columns if columns is None else columns)
        select = select_newest(table, names, equal or {}, among, within)
        for block in self._connection.query(select.sql, select.params):
            yield columns_of(table, names, (block,))

    def close(self) -> None:
        """Let the engine go. The store cannot be used any more."""
        self._connection.close()


def select_newest(
    table: Table,
    names: Sequence[str],
    equal: Mapping[str, int | str],
    among: tuple[str, Sequence[str]] | None,
    within: tuple[str, int, int] | None = None,
) -> Select:
    """Return the SELECT for the newest rows with these values, sorted by key."""
    params: dict[str, Param] = {}
    conditions: list[tuple[str, str]] = []  # (column, condition)
    for name, value in equal.items():
        params[f"equal_{name}"] = value
        kind = COLUMN_TYPES[table.columns[name]]
        conditions.append((name, f"`{name}` = {{equal_{name}:{kind}}}"))
    if among is not None:
        name, values = among
        assert table.columns[name] == TEXT, f"{table.name}.{name}: among wants a text column"
        params["among"] = list(values)
        # Not `in {among}`: over 10,000 or so texts the planning of that takes minutes.
        texts = "(select arrayJoin({among:Array(String)}))"
        conditions.append((name, f"`{name}` in {texts}"))
    if within is not None:
        name, params["first"], params["end"] = within
        conditions.append((name, f"`{name}` >= {{first:Int64}} and `{name}` < {{end:Int64}}"))

    sql = f"select {_listed(names)} from {table.name} final"  # noqa: S608
    where = [condition for _, condition in conditions]
    if any(name not in table.key for name, _ in conditions):
        # FINAL would read the whole table to filter it by a column outside the key. Keys of which
        # any version fits are a superset of the answer, found without FINAL.
        key = _listed(table.key)
        where.append(f"({key}) in (select {key} from {table.name} where {' and '.join(where)})")  # noqa: S608
    if where:
        sql += f" where {' and '.join(where)}"
    return Select(f"{sql} order by {_listed(table.key)}", params)


def _listed(names: Sequence[str]) -> str:
    # Quoted, because offset and partition are words of the language too.
    return ", ".join(f"`{name}`" for name in names)
