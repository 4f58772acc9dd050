"""Rows as text: a table for a terminal, CSV for a spreadsheet, JSON for a program.

A Chinese character is two columns wide in a terminal; without that, tables with bank names
do not line up. Nothing here rounds or computes: figures arrive as text.
"""

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

WIDE = {"W", "F"}
FEN_PER_YI = 10**10


class Heading(NamedTuple):
    """A column of a table for people: which key it shows and what it is called."""

    key: str
    title: str
    is_number: bool = False  # Right-aligned.


def display_width(text: str) -> int:
    """Return how many terminal columns ``text`` takes."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in WIDE else 1
        for sign in text
    )


def yi_text(amount_minor: int) -> str:
    """Return fen as 亿元 with two decimals, rounded half up from the exact amount."""
    hundredths = (abs(amount_minor) + FEN_PER_YI // 200) // (FEN_PER_YI // 100)
    sign = "-" if amount_minor < 0 and hundredths else ""
    return f"{sign}{hundredths // 100:,}.{hundredths % 100:02}"


def cell_text(key: str, value: object) -> str:
    """Return what a person reads for ``value``: money in 亿元, lists joined, yes for True."""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, int) and key.endswith("_minor"):
        return yi_text(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return str(value)


def text_table(headings: Sequence[Heading], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return ``rows`` under ``headings``, columns aligned, ending in a line break."""
    lines = [[heading.title for heading in headings]]
    lines += [[cell_text(h.key, row.get(h.key, "")) for h in headings] for row in rows]
    widths = [max(map(display_width, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "".join(f"{_aligned(headings, widths, line)}\n" for line in lines)


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return ``rows`` as CSV with all their columns; amounts stay exact fen."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([_plain(row.get(key, "")) for key in keys] for row in rows)
    return out.getvalue()


def json_text(value: object) -> str:
    """Return ``value`` as JSON that a person can read too."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def _plain(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return msgspec.json.encode(value).decode()
    return str(value)


def _aligned(headings: Sequence[Heading], widths: Sequence[int], line: Sequence[str]) -> str:
    cells = []
    for heading, width, text in zip(headings, widths, line, strict=True):
        gap = " " * (width - display_width(text))
        cells.append(gap + text if heading.is_number else text + gap)
    return "  ".join(cells).rstrip()
