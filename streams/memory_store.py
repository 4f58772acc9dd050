"""A Store in memory: what the simulation kills and what a recomputation computes into.

It keeps rows as the real store does: the newest version of a key counts, an equal version
overwrites. A ``kill`` handed in is asked before every row, so that a test decides where a
process dies and can make it die there again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from schemas.columns import Ids
from schemas.table import RAW, TEXT, Table
from streams.ports import Column, Rows
from streams.row_shape import check_rows, column_size

Row = tuple[Any, ...]  # In the order of the table's columns.


class Killed(BaseException):
    """The process died here. No Exception, because nothing may catch it and go on."""


class MemoryStore:
    """All tables as dicts, key to row.

    ``kill`` is asked before every row of every insert; when it says True the rows before stay
    and Killed is raised. A real ClickHouse applies one insert as one block, so a reader there
    sees all totals of a batch or none; here every table dies row by row unless it is named in
    ``atomic_tables``, whose inserts are asked once before and once after. The design must hold
    for both.
    """

    def __init__(
        self,
        kill: Callable[[], bool] | None = None,
        *,
        atomic_tables: frozenset[str] = frozenset(),
    ) -> None:
        self.kill = kill
        self.atomic_tables = atomic_tables
        self._rows: dict[str, dict[Row, Row]] = {}

    def copy(self, kill: Callable[[], bool] | None = None) -> "MemoryStore":
        """Return a store with the rows of now, which later inserts here do not change."""
        twin = MemoryStore(kill, atomic_tables=self.atomic_tables)
        twin._rows = {name: dict(rows) for name, rows in self._rows.items()}
        return twin

    def row_count(self, table: Table) -> int:
        """Return how many keys ``table`` holds."""
        return len(self._rows.get(table.name, ()))

    def insert(self, table: Table, rows: Rows) -> None:
        """Add ``rows`` one after the other; raise Killed where ``kill`` says so."""
        if not check_rows(table, rows):
            return
        key_size = len(table.key)
        names = tuple(table.columns)
        assert names[:key_size] == table.key, f"table {table.name}: the key must come first"
        assert names[-1] == "version", f"table {table.name}: the version must come last"
        kept = self._rows.setdefault(table.name, {})
        columns = (_as_list(rows[name], kind) for name, kind in table.columns.items())
        given: Iterable[Row] = zip(*columns, strict=True)
        if table.name in self.atomic_tables:
            self._die_if_told()
            _apply(kept, given, key_size)
            self._die_if_told()
        else:
            _apply(kept, given if self.kill is None else self._until_killed(given), key_size)

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
        names = tuple(table.columns)
        rows: Iterable[Row] = self._rows.get(table.name, {}).values()
        for name, value in (equal or {}).items():
            place = names.index(name)
            rows = [row for row in rows if row[place] == value]
        if among is not None:
            place, values = names.index(among[0]), frozenset(among[1])
            rows = [row for row in rows if row[place] in values]
        if within is not None:
            place, (first, end) = names.index(within[0]), within[1:]
            rows = [row for row in rows if first <= row[place] < end]
        # The key is distinct and comes first: sorting rows sorts by key.
        chosen = sorted(rows)
        wanted = names if columns is None else tuple(columns)
        return {
            name: _as_column([row[names.index(name)] for row in chosen], table.columns[name])
            for name in wanted
        }

    def read_batches(
        self,
        table: Table,
        equal: Mapping[str, int | str] | None = None,
        *,
        among: tuple[str, Sequence[str]] | None = None,
        within: tuple[str, int, int] | None = None,
        columns: Sequence[str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield what ``read`` returns, in one piece; nothing for no rows."""
        rows = self.read(table, equal, among=among, within=within, columns=columns)
        if any(column_size(column) for column in rows.values()):
            yield rows

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def _until_killed(self, given: Iterable[Row]) -> Iterable[Row]:
        for row in given:
            self._die_if_told()
            yield row

    def _die_if_told(self) -> None:
        if self.kill is not None and self.kill():
            raise Killed


def _apply(kept: dict[Row, Row], given: Iterable[Row], key_size: int) -> None:
    for row in given:
        key = row[:key_size]
        old = kept.get(key)
        if old is None or old[-1] <= row[-1]:
            kept[key] = row


def _as_list(column: Column, kind: str) -> list[Any]:
    if isinstance(column, Ids):
        return column.to_list()
    if kind == TEXT:
        if isinstance(column, np.ndarray) and column.dtype.kind == "S":
            return [text.decode() for text in column.tolist()]
        return [str(text) for text in column]
    if kind == RAW:
        return list(column)
    return [int(number) for number in np.asarray(column).tolist()]


def _as_column(values: list[Any], kind: str) -> Any:
    if kind == TEXT:
        return Ids.of(values)
    if kind == RAW:
        return values
    return np.array(values, np.int64)
