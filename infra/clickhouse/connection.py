"""What the store needs of an engine, whether it runs in this process or on a server.

Statements stay within what ClickHouse 18.16 and today's both understand. Values always travel
as ``{name:Type}`` parameters; a connection to a server that does not know them renders them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

Param = int | str | Sequence[str]
Params = Mapping[str, Param]

_DATABASE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class StoreError(Exception):
    """The engine refused a statement or cannot be reached; says which and what to do."""


class Connection(Protocol):
    """A way to one database of one engine. Safe to use from several threads."""

    @property
    def database(self) -> str: ...

    def execute(self, sql: str, params: Params | None = None) -> None:
        """Run a statement that returns nothing. Names without a database mean ``database``."""
        ...

    def insert(self, table_name: str, rows: Any) -> None:
        """Add the rows of a pyarrow.Table, columns by name, as one block."""
        ...

    def query(self, sql: str, params: Params | None = None) -> Iterator[Any]:
        """Yield the answer of one SELECT as pyarrow.Tables; nothing at all for no rows.

        The whole answer shows the tables as they were when the SELECT began. An engine that
        cannot stream yields one table.
        """
        ...

    def close(self) -> None: ...


def check_database_name(database: str) -> str:
    """Return ``database``; raise StoreError unless it is a plain name, as no parameter can be."""
    if not _DATABASE_NAME.fullmatch(database):
        raise StoreError(
            f"database name {database!r}: expected small letters, digits and _, "
            "a letter first, at most 63; choose another name"
        )
    return database
