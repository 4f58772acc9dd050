"""Comparisons of runs as text for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.headings import headings, shown
from infra.intake.receipt import shanghai_text
from infra.tables_for_people import text_table, yi_text

Row = Mapping[str, Any]


def comparison_text(rows: Sequence[Row], transitions: Sequence[Row], lang: str) -> str:
    """Return the banks that moved, and how many went from which grade to which."""
    moved = [row for row in rows if row["has_moved"]]
    still = len(rows) - len(moved)
    line = f"其余 {still} 家无变动\n" if lang == "zh" else f"{still} others did not move\n"
    return _table("runs_compare", moved, lang) + line + _table("transitions", transitions, lang)


def bank_comparison_text(row: Row, lang: str) -> str:
    """Return everything about one bank: its indicators, and the events that came meanwhile."""
    indicators = [
        one | {"moved_inputs": [_input(part, lang) for part in one["inputs"]]}
        for one in row["indicators"]
    ]
    text = _table("runs_compare", [row], lang) + _table("run_indicators", indicators, lang)
    events = row["late_events"]
    if events:
        count = row["late_event_count"]
        head = f"其间收到事件 {count} 条，列示 {len(events)} 条"
        head_en = f"Events received meanwhile: {count}, of which here: {len(events)}"
        text += f"{head if lang == 'zh' else head_en}\n"
        told = [one | {"received_at": shanghai_text(one["received_at_ms"])} for one in events]
        text += _table("late_events", told, lang)
    return text


def _input(part: Row, lang: str) -> str:
    values = [
        (yi_text(part[when]) if part["name"].endswith("_minor") else f"{part[when]:,}")
        if part[when] != ""
        else "—"
        for when in ("before", "after")
    ]
    return f"{part[f'name_{lang}']} {values[0]} → {values[1]}"


def _table(kind: str, rows: Sequence[Row], lang: str) -> str:
    return text_table(headings(kind, rows, lang), shown(kind, rows, lang)) if rows else ""
