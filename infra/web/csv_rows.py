"""Rows as CSV for a spreadsheet: UTF-8 with a mark at the start, so that Chinese opens right."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def _cell(content: Any) -> str:
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, int):
        return str(content)
    if isinstance(content, Mapping):
        return _mapping(content)
    if isinstance(content, Sequence) and not isinstance(content, str):
        return "; ".join(_cell(part) for part in content)
    text = str(content)
    # A bank's name that starts like a formula would be run by the spreadsheet that opens it.
    if text.startswith(_FORMULA_STARTS) and not text[1:].replace(".", "", 1).isdigit():
        return f"'{text}"
    return text


def _mapping(content: Mapping[str, Any]) -> str:
    """Return a name in both languages as people write it, anything else as JSON."""
    if content.keys() == {"zh", "en"}:
        return _cell(" / ".join(dict.fromkeys((content["zh"], content["en"]))))
    return msgspec.json.encode(content).decode()


def csv_of(rows: Sequence[Mapping[str, Any]], *, data_version: int, is_synthetic: bool) -> bytes:
    """Return ``rows`` as CSV; each row says which data it is of and whether it is invented."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    mark = "模拟数据 synthetic data" if is_synthetic else ""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*columns, "data_version", "note"])
    for row in rows:
        writer.writerow([*(_cell(row.get(name, "")) for name in columns), data_version, mark])
    return "\ufeff".encode() + text.getvalue().encode()
