"""Rows between the program's columns and pyarrow, without Python per row.

Going in, every number gets its column's exact width. Coming out, numbers are int64, text is
Ids and raw bytes are a list.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.columns import Ids
from schemas.tables import I32, I64, RAW, TEXT, U8, U16, U32, Table
from streams.ports import Column, Rows

_WIDTHS: dict[str, type[np.integer[Any]]] = {
    U8: np.uint8,
    U16: np.uint16,
    U32: np.uint32,
    I32: np.int32,
    I64: np.int64,
}


def arrow_table(table: Table, rows: Rows) -> pa.Table:
    """Return ``rows``, which streams.row_shape.check_rows found fitting, in the table's order."""
    return pa.table({name: _arrow_array(rows[name], kind) for name, kind in table.columns.items()})


def _arrow_array(column: Column, kind: str) -> pa.Array:
    if isinstance(column, Ids):
        return _text_array(column)
    if kind == RAW:
        return pa.array(column, pa.binary())
    if kind == TEXT:
        if isinstance(column, np.ndarray) and column.dtype.kind == "S":
            return pa.array(column).cast(pa.string())
        return pa.array(column, pa.string())
    return pa.array(np.ascontiguousarray(column, _WIDTHS[kind]))


def _text_array(ids: Ids) -> pa.Array:
    codes, values = np.ascontiguousarray(ids.codes, np.int32), ids.values
    if len(values) > codes.size:  # A long list shared by many batches: take what is used.
        used, places = np.unique(codes, return_inverse=True)
        values, codes = [values[code] for code in used.tolist()], places.astype(np.int32)
    indices = pa.array(codes)
    return pa.DictionaryArray.from_arrays(indices, pa.array(values, pa.string())).cast(pa.string())


class _ColumnParts:
    """One column's pieces, as they come block by block, small enough to keep many of."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._parts: list[Any] = []

    def add(self, column: pa.ChunkedArray) -> None:
        for chunk in column.chunks:
            if self._kind == TEXT:
                self._parts.append(chunk.cast(pa.string()).dictionary_encode())
            elif self._kind == RAW:
                self._parts.append(chunk.cast(pa.binary()))
            else:
                # A copy, because a view would keep the whole block alive, texts and all.
                self._parts.append(chunk.to_numpy(zero_copy_only=False).copy())

    def joined(self) -> Any:
        parts, self._parts = self._parts, []
        if self._kind == TEXT:
            return _joined_texts(parts)
        if self._kind == RAW:
            return [value for part in parts for value in part.to_pylist()]
        size = sum(part.size for part in parts)
        numbers = np.empty(size, np.int64)
        end = 0
        for part in parts:
            numbers[end : end + part.size] = part
            end += part.size
        return numbers


def _joined_texts(parts: list[pa.DictionaryArray]) -> Ids:
    if not parts:
        return Ids(np.zeros(0, np.int32), [])
    chunks = pa.chunked_array(parts).unify_dictionaries().chunks
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in chunks])
    return Ids(codes.astype(np.int32, copy=False), chunks[-1].dictionary.to_pylist())


def columns_of(table: Table, names: Sequence[str], blocks: Iterable[pa.Table]) -> dict[str, Any]:
    """Return the columns ``names`` of all ``blocks``, joined.

    At its most this takes the answer and one column of it: blocks are let go as they come and
    pieces as they are joined.
    """
    parts = {name: _ColumnParts(table.columns[name]) for name in names}
    for block in blocks:
        for name in names:
            parts[name].add(block[name])
    return {name: part.joined() for name, part in parts.items()}
