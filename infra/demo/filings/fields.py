"""Fields of many rows at once as texts, and rows made of them.

A field is one or more parts that stand one after the other: a text that is the same in every
row, or a column of texts. Nothing is done per row that can be done per distinct value.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.demo.calendar import date_of
from infra.imports.pboc.table_spec import TableSpec
from processors.exact import MBP_PER_PERCENT
from schemas.units import AnyArray, BoolArray

Field = tuple[pa.StringArray | str, ...]
BLANK: Field = ("",)
_CENTS = pa.array([f".{cents:02d}" for cents in range(100)])


def picked(texts: Sequence[str] | pa.StringArray, places: AnyArray) -> Field:
    """Return the text at each of ``places``."""
    column = texts if isinstance(texts, pa.StringArray) else pa.array(texts, pa.string())
    return (column.take(pa.array(places)),)


def told(values: AnyArray, tell: Callable[[int], str]) -> Field:
    """Return the text of each number, made once for each distinct one."""
    coded = pa.array(values).dictionary_encode()
    texts = pa.array([tell(number) for number in coded.dictionary.to_pylist()], pa.string())
    return (texts.take(coded.indices),)


def money(amount_minor: AnyArray) -> Field:
    """Return amounts of fen in yuan with two decimals."""
    assert amount_minor.size == 0 or amount_minor.min() >= 0
    return (
        pa.array(amount_minor // 100).cast(pa.string()),
        _CENTS.take(pa.array(amount_minor % 100)),
    )


def rates(rate_mbp: AnyArray) -> Field:
    """Return rates in percent with five decimals; 0 is blank."""

    def tell(mbp: int) -> str:
        return f"{mbp // MBP_PER_PERCENT}.{mbp % MBP_PER_PERCENT:05d}" if mbp else ""

    return told(rate_mbp, tell)


def days(day: AnyArray) -> Field:
    """Return days as 2021-03-31; 0 is blank."""
    return told(day, lambda number: date_of(number).isoformat() if number else "")


def where(is_shown: BoolArray, field: Field) -> Field:
    """Return the field, blank in the other rows."""
    shown = pa.array(is_shown)
    return tuple(pc.if_else(shown, part, "") for part in field)


def rows_of(spec: TableSpec, fields: Mapping[str, Field], size: int) -> pa.StringArray:
    """Return ``size`` rows of a table, each with a line feed after it."""
    assert set(fields) == set(spec.names), set(fields) ^ set(spec.names)
    parts: list[pa.StringArray | str] = []
    for number, name in enumerate(spec.names):
        for part in ("|" if number else "", *fields[name]):
            if isinstance(part, str) and parts and isinstance(parts[-1], str):
                parts[-1] += part  # One text instead of several in every row.
            else:
                parts.append(part)
    columns = [pa.scalar(part) if isinstance(part, str) else part for part in (*parts, "\n")]
    # A column among them, or the answer would not be one.
    columns.append(pa.array(np.zeros(size, "U1"), pa.string()))
    return pc.binary_join_element_wise(*columns, "")
