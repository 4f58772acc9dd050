"""Who moves between two gradings of the same quarter, and which values moved them.

Source: docs/method.md#quarter-life
"""

from collections.abc import Sequence
from typing import Any

from schemas.grading import BankGrade

Row = dict[str, Any]


def moved_banks(before: Sequence[BankGrade], after: Sequence[BankGrade]) -> list[Row]:
    """Return a row for every bank whose grade, total, rank or any value is another.

    A bank whose own values are the same can move too: points compare it with the others.

    Source: docs/method.md#quarter-life
    """
    was = {bank.bank_id: bank for bank in before}
    now = {bank.bank_id: bank for bank in after}
    rows = [_row(was.get(bank_id), now.get(bank_id)) for bank_id in sorted({*was, *now})]
    moved = [row for row in rows if row["why"] != "same"]
    return sorted(moved, key=lambda row: (row["grade_before"] == row["grade"], row["bank_id"]))


def _row(was: BankGrade | None, now: BankGrade | None) -> Row:
    either = now or was
    assert either is not None
    values = _values(was, now)
    is_same = was is not None and now is not None and _figures(was) == _figures(now)
    why = "values" if values else ("same" if is_same else "others")
    return {
        "bank_id": either.bank_id,
        "bank_name": either.name_zh,
        "bank_name_en": either.name_en,
        "grade_before": was.grade if was else "",
        "grade_before_zh": was.grade_zh if was else "",
        "grade_before_en": was.grade_en if was else "",
        "grade": now.grade if now else "",
        "grade_zh": now.grade_zh if now else "",
        "grade_en": now.grade_en if now else "",
        "points_before": was.total_points if was else "",
        "points": now.total_points if now else "",
        "rank_before": was.rank if was else 0,
        "rank": now.rank if now else 0,
        "why": why,
        "values": values,
    }


def _figures(bank: BankGrade) -> tuple[str, int, int]:
    return bank.grade, bank.total_hundred_millionths, bank.rank


def _values(was: BankGrade | None, now: BankGrade | None) -> list[Row]:
    """Return the values of a bank that are another now."""
    if was is None or now is None:
        return []
    earlier = {graded.name: graded for graded in (*was.facts, *was.indicators)}
    found = []
    for graded in (*now.facts, *now.indicators):
        before = earlier.get(graded.name)
        old = (before.value_exact, before.status) if before else ("", "")
        if old != (graded.value_exact, graded.status):
            found.append(
                {
                    "column": graded.name,
                    "zh": graded.name_zh,
                    "en": graded.name_en,
                    "value_before": before.value if before else "",
                    "value": graded.value,
                    "status": graded.status,
                }
            )
    return found
