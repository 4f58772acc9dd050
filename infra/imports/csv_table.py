"""CSV files of reports: rows by column name, and the cells read exactly or refused.

No cell is ever a float. A cell that does not fit refuses its row, with the column, what was
found and what was expected; the rows after it go on.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from infra.imports.parcel import EventRow, LeftOut, Notice, Reading, Refusal
from infra.imports.source_file import UTF8, UTF8_BOM, SourceFile
from schemas.quarter import Quarter
from schemas.units import AMOUNT_MINOR_MAX

CELL_CHARACTERS_MAX = 1_000
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_YES, _NO = {"true", "1", "yes", "是"}, {"false", "0", "no", "否"}


class CellError(ValueError):
    """A cell that cannot be read."""

    def __init__(self, field: str, code: str, found: str, expected: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field, self.code = field, code
        self.found, self.expected = found[:CELL_CHARACTERS_MAX], expected


class Row(NamedTuple):
    """One row: its line in the file, its cells by column, and all cells in their order."""

    line: int
    by_column: dict[str, str]
    cells: list[str]

    def text(self, field: str) -> str:
        """Return the cell, which must not be empty."""
        found = self.by_column.get(field, "")
        if not found:
            raise CellError(field, "empty", "", "text")
        return found

    def optional_text(self, field: str) -> str:
        return self.by_column.get(field, "")

    def word(self, field: str, words: Collection[str]) -> str:
        """Return the cell, one of ``words``."""
        found = self.text(field)
        if found not in words:
            raise CellError(field, "unknown_word", found, " | ".join(words))
        return found

    def whole_number(self, field: str, *, most: int = AMOUNT_MINOR_MAX) -> int:
        """Return the cell as a number from 0 to ``most``."""
        found = self.text(field)
        if not _WHOLE.fullmatch(found) or not 0 <= int(found) <= most:
            raise CellError(field, "not_a_whole_number", found, f"0 … {most}")
        return int(found)

    def optional_whole_number(self, field: str, *, most: int = AMOUNT_MINOR_MAX) -> int | None:
        return self.whole_number(field, most=most) if self.optional_text(field) else None

    def quarter(self, field: str) -> Quarter:
        found = self.text(field)
        try:
            return Quarter.parse(found)
        except ValueError:
            raise CellError(field, "not_a_quarter", found, "2021Q4") from None

    def date(self, field: str) -> str:
        """Return the cell, a day written as 2021-12-31."""
        found = self.text(field)
        try:
            is_day = dt.date.fromisoformat(found).isoformat() == found
        except ValueError:
            is_day = False
        if not is_day:
            raise CellError(field, "not_a_date", found, "2021-12-31")
        return found

    def optional_date(self, field: str) -> str:
        return self.date(field) if self.optional_text(field) else ""

    def yes_or_no(self, field: str) -> bool:
        found = self.text(field).lower()
        if found not in _YES | _NO:
            raise CellError(field, "not_yes_or_no", found, "true | false")
        return found in _YES


def columns_of(source: SourceFile) -> list[str]:
    """Return the column names in the first line."""
    try:
        return [name.strip() for name in next(csv.reader([source.first_line]), [])]
    except csv.Error:
        return []


def read_table(
    source: SourceFile,
    make: Callable[[Row], EventRow | LeftOut],
    *,
    known: Collection[str],
    on_bytes: Callable[[int], None],
) -> Iterator[Reading]:
    """Yield what ``make`` makes of every row, and a refusal where it raises CellError."""
    if source.encoding not in {UTF8, UTF8_BOM}:
        yield Notice(
            "encoding_fallback" if source.encoding else "encoding_unknown", source.encoding
        )
    columns = columns_of(source)
    if unknown := [name for name in columns if name and name not in known]:
        yield Notice("columns_left_out", ", ".join(unknown))
    with source.path.open("rb") as file:
        text = io.TextIOWrapper(
            file, encoding=source.encoding or UTF8, errors="replace", newline=""
        )
        reader = csv.reader(text)
        next(reader, None)
        read_bytes = 0
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield Refusal(line, "", "not_csv", str(error), "")
                continue
            if cells is None:
                return
            on_bytes(file.tell() - read_bytes)
            read_bytes = file.tell()
            if any(cell.strip() for cell in cells):
                yield _reading(line, columns, cells, make)


def _reading(
    line: int, columns: list[str], cells: list[str], make: Callable[[Row], EventRow | LeftOut]
) -> Reading:
    cells = [cell.strip() for cell in cells]
    # Spreadsheets leave empty cells behind the last column; anything else there is a fault.
    if len(cells) < len(columns) or any(cells[len(columns) :]):
        return Refusal(line, "", "cell_count", str(len(cells)), str(len(columns)))
    row = Row(line, dict(zip(columns, cells, strict=False)), cells[: len(columns)])
    try:
        return make(row)
    except CellError as error:
        return Refusal(line, error.field, error.code, error.found, error.expected)
