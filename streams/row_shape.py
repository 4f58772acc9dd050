"""What every Store asks of rows before it keeps them: all columns, one length, numbers that fit.

A row that does not fit is our own mistake, so it stops the process here and never becomes a
wrapped number in a table.
"""

import numpy as np

from schemas.columns import Ids
from schemas.table import I32, I64, RAW, TEXT, U8, U16, U32, Table
from streams.ports import Column, Rows

NUMBER_RANGES = {
    U8: (0, 2**8 - 1),
    U16: (0, 2**16 - 1),
    U32: (0, 2**32 - 1),
    I32: (-(2**31), 2**31 - 1),
    I64: (-(2**63), 2**63 - 1),
}


def column_size(column: Column) -> int:
    """Return how many rows ``column`` has."""
    return len(column.codes) if isinstance(column, Ids) else len(column)


def check_rows(table: Table, rows: Rows) -> int:
    """Return how many rows there are; raise AssertionError naming the column that does not fit."""
    assert rows.keys() == table.columns.keys(), (
        f"table {table.name}: rows have the columns {sorted(rows)}, "
        f"expected {sorted(table.columns)}; add or drop the difference"
    )
    sizes = {name: column_size(column) for name, column in rows.items()}
    assert len(set(sizes.values())) == 1, f"table {table.name}: columns differ in length: {sizes}"
    for name, kind in table.columns.items():
        if kind in NUMBER_RANGES and sizes[name]:
            _check_numbers(f"{table.name}.{name}", rows[name], kind)
        elif kind in {TEXT, RAW}:
            _check_texts(f"{table.name}.{name}", rows[name], kind)
    return next(iter(sizes.values()))


def _check_numbers(where: str, column: Column, kind: str) -> None:
    numbers = np.asarray(column)
    # Python ints above int64 make an object or uint64 array: the range below still finds them.
    assert numbers.dtype.kind in "biuO", f"{where}: {numbers.dtype} given, expected integers"
    least, most = NUMBER_RANGES[kind]
    found_least, found_most = int(numbers.min()), int(numbers.max())
    assert least <= found_least, f"{where}: found {found_least}, the column's least is {least}"
    assert found_most <= most, f"{where}: found {found_most}, the column's most is {most}"


def _check_texts(where: str, column: Column, kind: str) -> None:
    if kind == RAW:
        fits = isinstance(column, list)
    elif isinstance(column, np.ndarray):
        fits = column.dtype.kind in "SU"
    else:
        fits = isinstance(column, Ids | list)
    expected = "a list of bytes" if kind == RAW else "Ids, a list of str or an S or U array"
    assert fits, f"{where}: {type(column).__name__} given, expected {expected}"
