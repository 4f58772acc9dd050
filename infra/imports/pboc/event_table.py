"""Events as columns on their way into Arrow submissions, without an object an event."""

from typing import Any

import numpy as np
import pyarrow as pa

from schemas.columns import Ids
from schemas.event_types import TYPE_CODES
from schemas.units import AnyArray, BoolArray
from schemas.wire_fields import FIELDS

EVENTS_A_PARCEL = 5_000


class EventTable:
    """Columns of events of several types. A column is null where the event's type has none."""

    def __init__(self, types: tuple[str, ...], type_of: AnyArray) -> None:
        """Begin with the type of every event, an index into ``types``."""
        assert set(types) <= set(TYPE_CODES)
        self._types, self._type_of = types, type_of
        self.size = int(type_of.size)
        codes = pa.array(np.ascontiguousarray(type_of, np.int32))
        self._columns: dict[str, pa.Array] = {
            "type": pa.DictionaryArray.from_arrays(codes, pa.array(types, pa.string()))
        }

    def has(self, name: str) -> BoolArray:
        """Return which events have a field of this name."""
        of_type = np.array([name in FIELDS[kind] for kind in self._types], np.bool_)
        has: BoolArray = of_type[self._type_of]
        return has

    def constant(self, name: str, text: str) -> None:
        self.coded(name, Ids(np.zeros(self.size, np.int32), [text]))

    def coded(self, name: str, texts: Ids, where: BoolArray | None = None) -> None:
        """Set a text that repeats."""
        missing = ~self._where(name, where)
        if missing.all():
            return
        codes = pa.array(np.ascontiguousarray(texts.codes, np.int32), mask=missing)
        self._columns[name] = pa.DictionaryArray.from_arrays(
            codes, pa.array(texts.values, pa.string())
        )

    def text(self, name: str, texts: pa.StringArray, where: BoolArray | None = None) -> None:
        """Set a text that hardly repeats."""
        self._set(name, texts, where)

    def number(self, name: str, numbers: AnyArray, where: BoolArray | None = None) -> None:
        self._set(name, pa.array(np.ascontiguousarray(numbers, np.int64)), where)

    def flag(self, name: str, flags: BoolArray) -> None:
        self._set(name, pa.array(flags), None)

    def _where(self, name: str, where: BoolArray | None) -> BoolArray:
        has = self.has(name)
        return has if where is None else has & where

    def _set(self, name: str, values: Any, where: BoolArray | None) -> None:
        keep = self._where(name, where)
        if not keep.any():
            return
        if not keep.all():
            values = pa.compute.if_else(pa.array(keep), values, pa.scalar(None, values.type))
        self._columns[name] = values

    def table(self) -> pa.Table:
        return pa.table(self._columns)


def stream_of(table: pa.Table) -> bytes:
    """Return events as the bytes of one Arrow submission."""
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return bytes(out.getvalue())


def coded_by(codes: AnyArray, values: tuple[str, ...] | list[str]) -> Ids:
    """Return a text for every row by a number."""
    return Ids(np.ascontiguousarray(codes, np.int32), list(values))
