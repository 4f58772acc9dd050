"""Rows between the program's columns and pyarrow, without Python per row.

Going in, every number gets its column's exact width. Coming out, numbers are int64, text is
Ids and raw bytes are a list.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.columns import Ids
from schemas.table import I32, I64, RAW, TEXT, U8, U16, U32, Table
from schemas.units import Int64Array
from streams.ports import Column, Rows

_WIDTHS: dict[str, type[np.integer[Any]]] = {
    U8: np.uint8,
    U16: np.uint16,
    U32: np.uint32,
    I32: np.int32,
    I64: np.int64,
}


def arrow_table(table: Table, rows: Rows) -> pa.Table:
    """Return ``rows``, which streams.row_shape.check_rows found fitting, in the table's order.

    Ids come as dictionaries: an engine that wants plain text takes ``with_plain_text``.
    """
    return pa.table({name: _arrow_array(rows[name], kind) for name, kind in table.columns.items()})


def with_plain_text(rows: pa.Table) -> pa.Table:
    """Return ``rows`` with the text of dictionaries written out."""
    return pa.table(
        {
            name: column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
            for name, column in zip(rows.column_names, rows.columns, strict=True)
        }
    )


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
    return pa.DictionaryArray.from_arrays(indices, pa.array(values, pa.string()))


class _NumberColumn:
    """One column of numbers, growing block by block as int64.

    It grows in place by doubling, because a list of small pieces and the array joined from them
    would take twice the memory; what lies beyond the end was never touched and takes none.
    """

    def __init__(self) -> None:
        self._numbers = np.empty(0, np.int64)
        self._size = 0

    def add(self, column: pa.ChunkedArray) -> None:
        end = self._size + len(column)
        if end > self._numbers.size:
            grown = np.empty(max(end, 2 * self._numbers.size), np.int64)
            grown[: self._size] = self._numbers[: self._size]
            self._numbers = grown
        self._numbers[self._size : end] = column.to_numpy()
        self._size = end

    def joined(self) -> Int64Array:
        return self._numbers[: self._size]


class _TextColumn:
    """One column of text: per block the codes and what they stand for, made one at the end."""

    def __init__(self) -> None:
        self._chunks: list[pa.DictionaryArray] = []

    def add(self, column: pa.ChunkedArray) -> None:
        self._chunks += [chunk.cast(pa.string()).dictionary_encode() for chunk in column.chunks]

    def joined(self) -> Ids:
        if not self._chunks:
            return Ids(np.zeros(0, np.int32), [])
        chunks = pa.chunked_array(self._chunks).unify_dictionaries().chunks
        codes = np.concatenate([chunk.indices.to_numpy() for chunk in chunks])
        return Ids(codes.astype(np.int32, copy=False), chunks[-1].dictionary.to_pylist())


class _RawColumn:
    def __init__(self) -> None:
        self._values: list[bytes] = []

    def add(self, column: pa.ChunkedArray) -> None:
        for chunk in column.chunks:
            self._values += chunk.cast(pa.binary()).to_pylist()

    def joined(self) -> list[bytes]:
        return self._values


def _growing_column(kind: str) -> _NumberColumn | _TextColumn | _RawColumn:
    if kind == TEXT:
        return _TextColumn()
    return _RawColumn() if kind == RAW else _NumberColumn()


def columns_of(table: Table, names: Sequence[str], blocks: Iterable[pa.Table]) -> dict[str, Any]:
    """Return the columns ``names`` of all ``blocks``, joined.

    Blocks are let go as they come, so that memory holds little more than the answer.
    """
    growing = {name: _growing_column(table.columns[name]) for name in names}
    for block in blocks:
        for name, column in growing.items():
            column.add(block[name])
    return {name: column.joined() for name, column in growing.items()}
