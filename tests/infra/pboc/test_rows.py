"""Every line of a filing is a row or a bad line, once, however the file is cut into pieces."""

import io
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infra.imports.pboc import rows as rows_module
from infra.imports.pboc.rows import BadLine, Piece, chosen_rows, pieces_of, rows_of_piece
from infra.imports.pboc.table_spec import Field, TableSpec
from schemas.units import BoolArray

FIELDS = tuple(Field(name, name, name, "C..60", "", "O") for name in ("first", "second", "third"))
SPEC = TableSpec(
    "DWDKFS", "current", "", "", "flow", "corporate", (), FIELDS, (), makes_events=True
)
LONGEST = 40
WANTED = np.arange(100) % 3 != 1  # Rows that are read once more, by line.

# Mostly lines of three fields, so that rows and bad lines come side by side.
CELLS = st.text(st.sampled_from("ab 甲\"'\\|\r\t\x00\x1f\x7f\x85\u2028\ufeff😀"), max_size=4)
LINES = st.lists(CELLS, min_size=1, max_size=4).map("|".join)
LONG_LINES = st.integers(1, 4 * LONGEST).map(lambda size: "x" * size + "|y|z")
CONTENTS = st.builds(
    lambda lines, between, end: between.join(lines) + end,
    st.lists(st.one_of(LINES, LINES, LONG_LINES, st.just("")), max_size=8),
    st.sampled_from(["\n", "\n", "\r\n", "\n\r", "\n\n"]),
    st.sampled_from(["", "\n", "\r", "\r\n", "\n\n"]),
)


class Told(NamedTuple):
    """What a file is read as: rows by line, and the lines that are none."""

    rows: dict[int, list[str]]
    raws: dict[int, bytes]
    bad: list[tuple[int, str]]


def read(content: bytes, piece_bytes: int) -> Told:
    texts: dict[int, list[str]] = {}
    raws: dict[int, bytes] = {}
    bad: list[BadLine] = []
    line = 1
    for piece in pieces_of(io.BytesIO(content), piece_bytes=piece_bytes):
        assert piece.first_line == line
        line += piece.line_count
        rows, bad_lines = rows_of_piece(
            SPEC, piece, institution_id="", period_first_day=0, period_last_day=0
        )
        bad += bad_lines
        numbers = rows.line.tolist()
        assert len(set(numbers)) == len(numbers)
        columns = [rows.texts(field.name).to_pylist() for field in FIELDS]
        texts.update(zip(numbers, map(list, zip(*columns, strict=True)), strict=True))
        raws.update(chosen(piece, WANTED[: line - 1]))
    return Told(texts, raws, sorted((one.line, one.rule) for one in bad))


def chosen(piece: Piece, wanted: BoolArray) -> dict[int, bytes]:
    """The rows on ``wanted`` lines, by line; their last field is read as it stands."""
    rows, raws = chosen_rows(
        SPEC, piece, wanted=wanted, columns=("third",), institution_id="", period_first_day=0,
        period_last_day=0,
    )  # fmt: skip
    assert [raw.split(b"|")[2].decode() for raw in raws] == rows.texts("third").to_pylist()
    return dict(zip(rows.line.tolist(), raws, strict=True))


def plainly(content: bytes) -> Told:
    """The same, line by line."""
    lines = content.split(b"\n")
    if not lines[-1]:
        del lines[-1]
    told = Told({}, {}, [])
    for number, whole in enumerate(lines, start=1):
        row = whole.removesuffix(b"\r")
        if len(row) > LONGEST or row.count(b"|") != 2:
            told.bad.append((number, "5"))
        elif min(row, default=32) < 32:
            told.bad.append((number, "8"))
        else:
            told.rows[number] = row.decode().split("|")
            if WANTED[number - 1]:
                told.raws[number] = row
    return told


@settings(deadline=None)
@given(CONTENTS, st.integers(1, 3 * LONGEST))
@example("||\n\ufeffa|b|c\n", 3)  # What stands first in a piece stands in the middle of a file.
@example("a\n\ufeffa|b|c\n", 99)
def test_every_line_is_a_row_or_a_bad_line_whatever_the_pieces(
    content: str, piece_bytes: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "LINE_BYTES_MAX", LONGEST)

        assert read(content.encode(), piece_bytes) == plainly(content.encode())
