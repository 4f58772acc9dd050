"""Bytes of a filing become rows: lines are counted, split and read as columns.

One piece of some megabytes at a time, so a file may be larger than memory. A line with the
wrong number of fields, or with a character that no text may hold, becomes no row: it is a
``BadLine``, and the lines after it go on.
"""

from collections.abc import Callable, Iterator
from functools import cache, cached_property
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from infra.imports.pboc.field_values import Days, Numbers, days_of, numbers_of
from infra.imports.pboc.table_spec import TableSpec
from infra.imports.source_file import BOM
from schemas.columns import Ids
from schemas.units import BoolArray, Int64Array

PIECE_BYTES = 4 * 2**20
LINE_BYTES_MAX = 2**20  # No row of any table comes near; a longer line is no row.
_TOO_LONG = f"> {LINE_BYTES_MAX} bytes"
_NEWLINE, _RETURN, _SEPARATOR, _FIRST_PRINTABLE = 10, 13, 124, 32
_CONTROLS = bytes(set(range(_FIRST_PRINTABLE)) - {_NEWLINE})
FOUND_BYTES_MAX = 200


class BadLine(NamedTuple):
    """A line that is no row of its table. ``rule`` is a number of the list of rules."""

    line: int
    rule: str
    found: str  # A number of fields, or a character.
    field_count: int = 0  # Of rule 5: how many fields there are; 0 where the line is too long.
    comma_count: int = 0  # Of rule 5: so many commas stand in the line.


class Piece(NamedTuple):
    """Whole lines of a file, as they stand in it."""

    first_line: int
    content: bytes
    is_too_long: bool = False  # One line, of which ``content`` is only the beginning.

    @property
    def line_count(self) -> int:
        return self.content.count(b"\n") + (not self.content.endswith(b"\n"))


def pieces_of(file: BinaryIO, *, piece_bytes: int = PIECE_BYTES) -> Iterator[Piece]:
    """Yield the lines of ``file`` in pieces of about ``piece_bytes``."""
    line, rest = 1, b""
    while block := file.read(piece_bytes):
        content = rest + block
        cut = content.rfind(b"\n") + 1
        if cut:
            piece = content[:cut]
            yield Piece(line, piece)
            line += piece.count(b"\n")
        rest = content[cut:]
        if len(rest) > LINE_BYTES_MAX + 1:  # It may end with a carriage return.
            yield Piece(line, rest[:LINE_BYTES_MAX], is_too_long=True)
            line += 1
            rest = _after_the_line(file)
    if rest:
        yield Piece(line, rest)


def _after_the_line(file: BinaryIO) -> bytes:
    """Skip to the end of a line; return what was read of the lines after it."""
    while block := file.read(PIECE_BYTES):
        cut = block.find(b"\n")
        if cut >= 0:
            return block[cut + 1 :]
    return b""


class Rows:
    """Rows of one filing as columns, every field as text; read as numbers or days when asked."""

    def __init__(
        self,
        spec: TableSpec,
        table: pa.Table,
        line: Int64Array,
        *,
        institution_id: str,
        period_first_day: int,
        period_last_day: int,
    ) -> None:
        """Hold ``table``, a column of text for each field of ``spec``; ``line`` counts from 1."""
        assert table.num_rows == line.size
        self.spec = spec
        self.line = line
        self.institution_id = institution_id
        self.period_first_day, self.period_last_day = period_first_day, period_last_day
        self._table = table
        self._fields = {field.name: field for field in spec.fields}
        self._kept: dict[tuple[str, str], Any] = {}

    @property
    def size(self) -> int:
        return int(self.line.size)

    @cached_property
    def names(self) -> frozenset[str]:
        """The fields that these rows have."""
        return frozenset(self._table.column_names)

    def texts(self, name: str) -> pa.StringArray:
        """Return the field as it stands."""
        return self._keep("texts", name, lambda: _one_chunk(self._table[name]))

    def coded(self, name: str) -> Ids:
        """Return the field as codes into its distinct values."""

        def encode() -> Ids:
            encoded = self.texts(name).dictionary_encode()
            codes = encoded.indices.to_numpy(zero_copy_only=False)
            return Ids(codes, encoded.dictionary.to_pylist())

        return cast(Ids, self._keep("coded", name, encode))

    def is_blank(self, name: str) -> BoolArray:
        blank = self._keep("blank", name, lambda: sizes_of(self.texts(name)) == 0)
        return cast(BoolArray, blank)

    def number(self, name: str) -> Numbers:
        """Return an amount, rate or count, as an integer of its last decimal place."""
        decimals = self._fields[name].decimals
        assert decimals is not None, name
        numbers = self._keep("number", name, lambda: numbers_of(self.texts(name), decimals))
        return cast(Numbers, numbers)

    def day(self, name: str) -> Days:
        return cast(Days, self._keep("day", name, lambda: days_of(self.coded(name))))

    def one_of(self, name: str, values: frozenset[str] | tuple[str, ...]) -> BoolArray:
        """Return which rows have one of ``values`` in the field."""
        coded = self.coded(name)
        wanted = np.fromiter((v in values for v in coded.values), np.bool_, len(coded.values))
        return _taken(wanted, coded)

    def starting(self, name: str, prefixes: tuple[str, ...]) -> BoolArray:
        """Return which rows have a value in the field that starts with one of ``prefixes``."""
        coded = self.coded(name)
        wanted = np.fromiter(
            (v.startswith(prefixes) for v in coded.values), np.bool_, len(coded.values)
        )
        return _taken(wanted, coded)

    def take(self, keep: BoolArray) -> "Rows":
        """Return the rows where ``keep`` is True."""
        if keep.all():
            return self
        return Rows(
            self.spec,
            self._table.filter(pa.array(keep)),
            self.line[keep],
            institution_id=self.institution_id,
            period_first_day=self.period_first_day,
            period_last_day=self.period_last_day,
        )

    def at(self, places: Int64Array) -> "Rows":
        """Return the rows at ``places``, in that order; a row may come more than once."""
        return Rows(
            self.spec,
            self._table.take(pa.array(places)),
            self.line[places],
            institution_id=self.institution_id,
            period_first_day=self.period_first_day,
            period_last_day=self.period_last_day,
        )

    def _keep(self, kind: str, name: str, make: Callable[[], Any]) -> Any:
        key = (kind, name)
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


def _taken(by_value: BoolArray, coded: Ids) -> BoolArray:
    if not by_value.size:
        return np.zeros(coded.codes.size, np.bool_)
    taken: BoolArray = by_value[coded.codes]
    return taken


def _one_chunk(column: pa.ChunkedArray) -> pa.StringArray:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def sizes_of(texts: pa.StringArray) -> Int64Array:
    """Return the length of every text in bytes."""
    if len(texts) == 0:
        return np.zeros(0, np.int64)
    offsets = np.frombuffer(texts.buffers()[1], np.int32)
    return np.diff(offsets[texts.offset : texts.offset + len(texts) + 1]).astype(np.int64)


class Lines(NamedTuple):
    """Where the lines of a piece begin and end, without their line ends, and which are rows."""

    begin: Int64Array
    end: Int64Array
    is_row: BoolArray
    bad_lines: list[BadLine]


def lines_of(piece: Piece, field_count: int) -> Lines:
    """Return the lines of ``piece``, and why some are no rows of ``field_count`` fields."""
    if piece.is_too_long:
        too_long = BadLine(piece.first_line, "5", _TOO_LONG)
        span = np.zeros(1, np.int64)
        return Lines(span, span + len(piece.content), np.zeros(1, np.bool_), [too_long])
    content = np.frombuffer(piece.content, np.uint8)
    begin, end = spans_of(piece)
    separators = np.flatnonzero(content == _SEPARATOR)
    found_count = np.searchsorted(separators, end) - np.searchsorted(separators, begin) + 1
    is_long = end - begin > LINE_BYTES_MAX
    is_row = (found_count == field_count) & ~is_long
    bad = []
    for row in np.flatnonzero(~is_row).tolist():
        line, count = int(piece.first_line + row), int(found_count[row])
        if is_long[row]:
            bad.append(BadLine(line, "5", _TOO_LONG))
        else:
            commas = piece.content.count(b",", int(begin[row]), int(end[row]))
            bad.append(BadLine(line, "5", str(count), count, commas))
    if len(piece.content.translate(None, _CONTROLS)) < len(piece.content):
        bad += _refuse_controls(piece, begin, end, is_row)
    return Lines(begin, end, is_row, bad)


def spans_of(piece: Piece) -> tuple[Int64Array, Int64Array]:
    """Return where the lines of ``piece`` begin and end, line ends left out."""
    content = np.frombuffer(piece.content, np.uint8)
    end = np.flatnonzero(content == _NEWLINE)
    if content[-1] != _NEWLINE:
        end = np.append(end, content.size)
    begin = np.concatenate([[0], end[:-1] + 1])
    return begin, end - ((end > begin) & (content[np.maximum(end, 1) - 1] == _RETURN))


def _refuse_controls(
    piece: Piece, begin: Int64Array, end: Int64Array, is_row: BoolArray
) -> list[BadLine]:
    """Refuse the rows with a control character in them; return one for each."""
    content = np.frombuffer(piece.content, np.uint8)
    control = np.flatnonzero(content < _FIRST_PRINTABLE)
    control = control[content[control] != _NEWLINE]
    row = np.searchsorted(begin, control, side="right") - 1
    inside = control < end[row]  # A carriage return at the end of a line is no fault.
    bad = []
    for place in np.unique(row[inside]).tolist():
        if is_row[place]:
            is_row[place] = False
            character = int(content[control[inside][row[inside] == place][0]])
            bad.append(BadLine(int(piece.first_line + place), "8", f"{character:#04x}"))
    return bad


def rows_of_piece(
    spec: TableSpec,
    piece: Piece,
    *,
    institution_id: str,
    period_first_day: int,
    period_last_day: int,
    columns: tuple[str, ...] | None = None,
) -> tuple[Rows, list[BadLine]]:
    """Return the rows of ``piece``, and the lines that are none.

    Args:
        spec: the table.
        piece: whole lines.
        institution_id: of the file's name.
        period_first_day: of the period in the file's name, as is the next.
        period_last_day: its last day.
        columns: read only these fields; None: all.

    """
    lines = lines_of(piece, len(spec.fields))
    content = piece.content
    if not lines.is_row.all():
        content = _joined(_slices(content, lines, lines.is_row))
    rows = Rows(
        spec,
        _parsed(spec, content, columns),
        piece.first_line + np.flatnonzero(lines.is_row),
        institution_id=institution_id,
        period_first_day=period_first_day,
        period_last_day=period_last_day,
    )
    return rows, lines.bad_lines


def chosen_rows(
    spec: TableSpec,
    piece: Piece,
    *,
    institution_id: str,
    period_first_day: int,
    period_last_day: int,
    wanted: BoolArray,
    columns: tuple[str, ...],
) -> tuple[Rows, list[bytes]]:
    """Return some rows of ``piece``, with only these ``columns``, and their bytes.

    ``wanted`` is by line of the file, from line 1. The bytes are without line ends.
    """
    lines = lines_of(piece, len(spec.fields))
    is_row = lines.is_row & wanted[piece.first_line - 1 : piece.first_line - 1 + lines.begin.size]
    raws = _slices(piece.content, lines, is_row)
    content = piece.content if is_row.all() else _joined(raws)
    rows = Rows(
        spec,
        _parsed(spec, content, columns),
        piece.first_line + np.flatnonzero(is_row),
        institution_id=institution_id,
        period_first_day=period_first_day,
        period_last_day=period_last_day,
    )
    return rows, raws


def _slices(content: bytes, lines: Lines, chosen: BoolArray) -> list[bytes]:
    begin, end = lines.begin[chosen].tolist(), lines.end[chosen].tolist()
    return [content[b:e] for b, e in zip(begin, end, strict=True)]


def _joined(lines: list[bytes]) -> bytes:
    return b"\n".join([*lines, b""]) if lines else b""


def _parsed(spec: TableSpec, content: bytes, columns: tuple[str, ...] | None) -> pa.Table:
    names = list(spec.names)
    chosen = names if columns is None else list(columns)
    if not content:
        return pa.table({name: pa.array([], pa.string()) for name in chosen})
    # The parser would drop a byte order mark from the beginning; a line before it keeps it.
    is_marked = content.startswith(BOM)
    content = b"\n" * is_marked + content
    return pacsv.read_csv(
        pa.BufferReader(content),
        read_options=pacsv.ReadOptions(
            column_names=names,
            block_size=len(content) + 1,
            use_threads=False,
            skip_rows=int(is_marked),
        ),
        parse_options=pacsv.ParseOptions(
            delimiter="|",
            quote_char=False,
            double_quote=False,
            escape_char=False,
            newlines_in_values=False,
            ignore_empty_lines=False,
        ),
        convert_options=_as_text(tuple(names), tuple(chosen)),
    )


@cache
def _as_text(names: tuple[str, ...], chosen: tuple[str, ...]) -> pacsv.ConvertOptions:
    return pacsv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        include_columns=list(chosen),
        strings_can_be_null=False,
        quoted_strings_can_be_null=False,
        check_utf8=False,  # The package has been read as UTF-8 from end to end.
    )
