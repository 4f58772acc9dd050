"""What goes wrong in banks' files, done to sound ones: seeded, so that it can be done again.

Faults are those of people and of their systems; mutations are any bytes at all.
"""

from collections.abc import Callable, Sequence

import numpy as np

from infra.imports.pboc.table_spec import Field, TableSpec

Rng = np.random.Generator
Rows = list[list[bytes]]
_SEPARATOR = b"|"
FAULTS_MAX = 6  # In one file.
ROWS_SPOILT_SHARE = 0.1  # By one fault, at most; at least one row.


def spoilt(seed: Sequence[int], spec: TableSpec, content: bytes) -> bytes:
    """Return a file that is not empty with some faults in it; the same for the same seed."""
    rng = np.random.default_rng(list(seed))
    rows = [line.split(_SEPARATOR) for line in content.split(b"\n")]
    for _ in range(int(rng.integers(1, FAULTS_MAX + 1))):
        fault = _ROW_FAULTS[int(rng.integers(len(_ROW_FAULTS)))]
        fault(rng, spec, rows)
    lines = [_SEPARATOR.join(row) for row in rows]
    return _LINE_ENDS[int(rng.integers(len(_LINE_ENDS)))](rng, lines)


def without_late_rows(seed: Sequence[int], content: bytes) -> bytes:
    """Return a file that is not empty without a few of its rows, which come in a later batch."""
    rng = np.random.default_rng(list(seed))
    lines = content.split(b"\n")
    late = set(_some(rng, len(lines)))
    return b"\n".join(line for number, line in enumerate(lines) if number not in late)


def _some(rng: Rng, count: int) -> list[int]:
    """Choose some of ``count`` rows."""
    wanted = int(rng.integers(1, max(2, round(count * ROWS_SPOILT_SHARE) + 1)))
    return sorted(rng.choice(count, min(wanted, count), replace=False).tolist())


def _put(
    rng: Rng, rows: Rows, spec: TableSpec, fields: Sequence[Field], texts: Sequence[str]
) -> None:
    """Let something stand in a field of some rows that may not stand there."""
    if not fields:
        return
    place = spec.fields.index(fields[int(rng.integers(len(fields)))])
    text = texts[int(rng.integers(len(texts)))].encode()
    for number in _some(rng, len(rows)):
        if place < len(rows[number]):
            rows[number][place] = text


def _wrong_code(rng: Rng, spec: TableSpec, rows: Rows) -> None:
    coded = [field for field in spec.fields if field.code_list]
    _put(rng, rows, spec, coded, ("X9", "9999", "?", "ＲＦ０１"))


def _missing(rng: Rng, spec: TableSpec, rows: Rows) -> None:
    _put(rng, rows, spec, [field for field in spec.fields if field.need == "M"], ("",))


def _wrong_number(rng: Rng, spec: TableSpec, rows: Rows) -> None:
    numbers = [field for field in spec.fields if field.is_number]
    found = ("1234.5", "1,234.00", "1.2E+06", "-1000.00", "0.00", "12345678901234567890.00", "NaN")
    _put(rng, rows, spec, numbers, found)


def _wrong_date(rng: Rng, spec: TableSpec, rows: Rows) -> None:
    dates = [field for field in spec.fields if field.is_date]
    _put(rng, rows, spec, dates, ("2021-02-30", "20210131", "2021/01/31", "9999-99-99", "待定"))


def _wrong_text(rng: Rng, spec: TableSpec, rows: Rows) -> None:
    texts = [field for field in spec.fields if not (field.is_number or field.is_date)]
    _put(rng, rows, spec, texts, ("购 货！", "长" * 1_001, "\t", '"', "\N{PILE OF POO}", " "))


def _twice(rng: Rng, _spec: TableSpec, rows: Rows) -> None:
    for number in _some(rng, len(rows)):
        rows.append(list(rows[number]))


def _same_key(rng: Rng, spec: TableSpec, rows: Rows) -> None:
    """Give a row the key of another, with all else its own."""
    places = [spec.names.index(name) for name in spec.key]
    for number in _some(rng, len(rows)):
        other = rows[int(rng.integers(len(rows)))]
        for place in places:
            if place < min(len(rows[number]), len(other)):
                rows[number][place] = other[place]


def _field_too_few(rng: Rng, _spec: TableSpec, rows: Rows) -> None:
    for number in _some(rng, len(rows)):
        del rows[number][int(rng.integers(len(rows[number])))]


def _field_too_many(rng: Rng, _spec: TableSpec, rows: Rows) -> None:
    for number in _some(rng, len(rows)):
        rows[number].insert(int(rng.integers(len(rows[number]) + 1)), b"")


def _swapped_fields(rng: Rng, _spec: TableSpec, rows: Rows) -> None:
    for number in _some(rng, len(rows)):
        row = rows[number]
        first, second = (int(rng.integers(len(row))) for _ in range(2))
        row[first], row[second] = row[second], row[first]


def _empty_line(rng: Rng, _spec: TableSpec, rows: Rows) -> None:
    rows.insert(int(rng.integers(len(rows) + 1)), [b""])


_ROW_FAULTS: tuple[Callable[[Rng, TableSpec, Rows], None], ...] = (
    _wrong_code, _missing, _wrong_number, _wrong_date, _wrong_text, _twice, _same_key,
    _field_too_few, _field_too_many, _swapped_fields, _empty_line,
)  # fmt: skip


def _as_it_should_be(_rng: Rng, lines: list[bytes]) -> bytes:
    return b"\n".join(lines)


def _windows(_rng: Rng, lines: list[bytes]) -> bytes:
    return b"\r\n".join(lines)


def _with_a_last_line_feed(_rng: Rng, lines: list[bytes]) -> bytes:
    return b"\n".join([*lines, b""])


def _with_two_last_line_ends(_rng: Rng, lines: list[bytes]) -> bytes:
    return b"\r\n".join([*lines, b"", b""])


def _mixed_line_ends(rng: Rng, lines: list[bytes]) -> bytes:
    is_windows = rng.random(len(lines)) < 0.5
    ends = (b"\r\n" if windows else b"\n" for windows in is_windows.tolist())
    return b"".join(line + end for line, end in zip(lines, ends, strict=True))


_LINE_ENDS: tuple[Callable[[Rng, list[bytes]], bytes], ...] = (
    _as_it_should_be, _as_it_should_be, _windows, _with_a_last_line_feed, _with_two_last_line_ends,
    _mixed_line_ends,
)  # fmt: skip
