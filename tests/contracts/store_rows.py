"""Rows for the tests of stores, and what came back as plain lists."""

from typing import Any

import numpy as np

from schemas.columns import Ids
from schemas.table import RAW, TEXT, Table
from schemas.tables import POINTERS
from streams.ports import Store
from streams.row_shape import NUMBER_RANGES


def rows_of(table: Table, count: int, **given: Any) -> dict[str, Any]:
    """``count`` rows of ``table``: the columns given, zeros and empty texts for the others."""
    empty = {TEXT: [""] * count, RAW: [b""] * count}
    rows = {
        name: empty.get(kind, np.zeros(count, np.int64)) for name, kind in table.columns.items()
    }
    for name, value in given.items():
        alone = isinstance(value, int | str | bytes)
        column = [value] * count if alone else value
        is_number = table.columns[name] in NUMBER_RANGES
        rows[name] = np.asarray(column) if is_number else column
    return rows


def pointers(names: list[str], values: list[int], version: int | list[int]) -> dict[str, Any]:
    return rows_of(POINTERS, len(names), name=names, value=values, version=version)


def plain(rows: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        name: column.to_list() if isinstance(column, Ids) else list(column)
        for name, column in rows.items()
    }


def values_by_name(store: Store) -> dict[str, int]:
    rows = plain(store.read(POINTERS))
    return dict(zip(rows["name"], rows["value"], strict=True))
