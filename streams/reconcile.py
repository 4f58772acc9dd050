"""Does everything add up: compares what two ways of counting found, and names every difference.

Pure: numbers and rows come in, findings go out. What is read, and when a difference may be
believed while a worker writes, is said in infra.reconciler.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.units import Int64Array
from schemas.words import Words

NO_QUARTER = -1
LIMB = 10**6
NAMED_MAX = 200  # Differences named one by one of a check; what else there is, is counted.

SumKey = tuple[str, int, int]  # bank_id, quarter since 1990Q1, tag.
Sums = Mapping[SumKey, Mapping[str, int]]


# What supervisors call the sums that are compared; fen throughout.
MEASURE_WORDS = {
    "brought_forward_minor": Words("结转（分）", "brought forward, fen"),
    "disbursed_minor": Words("发放（分）", "disbursed, fen"),
    "acquired_minor": Words("受让（分）", "acquired, fen"),
    "repaid_minor": Words("收回（分）", "repaid, fen"),
    "written_off_minor": Words("核销（分）", "written off, fen"),
    "moved_out_minor": Words("转出（分）", "moved out, fen"),
    "revalued_minor": Words("汇率重估（分）", "revalued, fen"),
    "reclassified_minor": Words("口径划转（分）", "reclassified, fen"),
    "balance_change_minor": Words("余额变动（分）", "balance change, fen"),
    "non_performing_minor": Words("不良贷款（分）", "non-performing, fen"),
    "non_performing_change_minor": Words("不良贷款变动（分）", "non-performing change, fen"),
    "disbursed_rate": Words("发放×利率", "disbursed × rate"),
    "balance_rate": Words("余额×利率", "balance × rate"),
    "balance_rate_change": Words("余额×利率变动", "balance × rate, change"),
    "borrower_change_count": Words("户数变动", "change of borrowers"),
    "draw_count": Words("发放笔数", "draws"),
    "draw_borrower_count": Words("首贷户数", "first-loan borrowers"),
    "cells": Words("账户累计行数", "cells"),
    "tag_cells": Words("分类累计行数", "tag cells"),
    "profiles": Words("建档行数", "profiles"),
    "credit_lines": Words("授信行数", "credit lines"),
    "submissions": Words("报送记录数", "submissions"),
    "messages": Words("原文数", "messages"),
    "stored_count": Words("入库事件数", "stored events"),
    "rejected_count": Words("退回事件数", "refused events"),
    "counted_count": Words("事件总数", "all events"),
    "next_offset": Words("待处理位点", "next offset"),
    "lanes": Words("通道数", "lanes"),
}


class Level(StrEnum):
    """What a finding means."""

    DIFFERENCE = "difference"  # Two ways of counting disagree: something was lost or is double.
    BEHIND = "behind"  # Not handled yet, or in motion: to be judged later.
    NOTICE = "notice"  # For people to know; the system counted what it was sent.
    OK = "ok"


LEVEL_WORDS = {
    Level.DIFFERENCE: Words("不一致", "difference"),
    Level.BEHIND: Words("处理中", "behind"),
    Level.NOTICE: Words("提示", "notice"),
    Level.OK: Words("一致", "ok"),
}


class Check(NamedTuple):
    """What is compared with what, and what to do about a difference.

    ``step`` says how far along the path from the log to the totals it stands: what is wrong
    earlier explains what is wrong later, and is told first.
    """

    code: str
    words: Words  # Of the check itself.
    left: Words
    right: Words
    to_do: Words
    step: int


class Finding(NamedTuple):
    """One thing that a check says. Numbers are text: some are larger than any column holds."""

    check: str
    level: Level
    bank_id: str
    quarter: int  # Since 1990Q1; NO_QUARTER where it is about none.
    measure: str
    left: str
    right: str
    where: str
    said: Words
    to_do: Words


class Motion(StrEnum):
    """How far a check may be believed while a worker writes; see infra.reconciler."""

    EXACT = "exact"  # It reads only what lies below the checkpoint, which never changes.
    BY_KEY = "by_key"  # It may be believed of each bank and quarter that no event in flight names.
    QUIET = "quiet"  # Only when nothing at all is in flight.


def row_of(finding: Finding) -> dict[str, Any]:
    """Return a finding as a row for people and programs."""
    level = LEVEL_WORDS[finding.level]
    return {
        "check": finding.check,
        "level": finding.level.value,
        "level_zh": level.zh,
        "level_en": level.en,
        "bank_id": finding.bank_id,
        "quarter": quarter_text(finding.quarter),
        "measure": finding.measure,
        "left": finding.left,
        "right": finding.right,
        "where": finding.where,
        "message_zh": finding.said.zh,
        "message_en": finding.said.en,
        "to_do": finding.to_do.en,
        "to_do_zh": finding.to_do.zh,
    }


def quarter_text(quarter: int) -> str:
    """Return 2021Q4, empty for none."""
    return "" if quarter == NO_QUARTER else str(Quarter.from_ordinal(quarter + FIRST_ORDINAL))


def differs(
    check: Check,
    measure: str,
    left: object,
    right: object,
    *,
    where: str,
    bank_id: str = "",
    quarter: int = NO_QUARTER,
    level: Level = Level.DIFFERENCE,
) -> Finding:
    """Return the finding that two ways of counting ``measure`` gave ``left`` and ``right``."""
    about = "".join(f"{part} " for part in (bank_id, quarter_text(quarter)) if part)
    named = MEASURE_WORDS.get(measure, Words(measure, measure))
    said = Words(
        f"{about}{named.zh}：{check.left.zh} {left}，{check.right.zh} {right}（{where}）",
        f"{about}{named.en}: {check.left.en} {left}, {check.right.en} {right} ({where})",
    )
    to_do = check.to_do if level is Level.DIFFERENCE else Words("", "")
    return Finding(
        check.code, level, bank_id, quarter, measure, str(left), str(right), where, said, to_do
    )


def compare_sums(check: Check, left: Sums, right: Sums, *, where: str) -> Iterable[Finding]:
    """Yield what differs, by bank, quarter, tag and measure; no row is a row of zeros."""
    nothing: Mapping[str, int] = {}
    for key in sorted(left.keys() | right.keys()):
        ours, theirs = left.get(key, nothing), right.get(key, nothing)
        if ours == theirs:
            continue
        bank_id, quarter, tag = key
        place = f"{where}, tag {tag}" if tag else where
        for measure in sorted(ours.keys() | theirs.keys()):
            one, other = ours.get(measure, 0), theirs.get(measure, 0)
            if one != other:
                yield differs(
                    check, measure, one, other, where=place, bank_id=bank_id, quarter=quarter
                )


def sums_of(rows: Iterable[Mapping[str, Any]]) -> dict[SumKey, dict[str, int]]:
    """Return rows of sums by bank, quarter and tag, the two limbs of each Σ money × rate joined.

    Joined here and not in SQL: no integer of the engine is wide enough.
    """
    sums: dict[SumKey, dict[str, int]] = {}
    for row in rows:
        told = {
            name: int(value)
            for name, value in row.items()
            if name not in {"bank_id", "quarter", "tag"} and not name.endswith(("_hi", "_lo"))
        }
        for name in row:
            if name.endswith("_hi"):
                stem = name.removesuffix("_hi")
                told[stem] = int(row[name]) * LIMB + int(row[f"{stem}_lo"])
        sums[row["bank_id"], int(row["quarter"]), int(row.get("tag", 0))] = told
    return sums


def missing_ranges(offsets: Int64Array, first: int, end: int) -> list[tuple[int, int]]:
    """Return the runs of offsets in [first, end) that are not among ``offsets``, first and last."""
    inside = np.unique(offsets[(offsets >= first) & (offsets < end)])
    edges = np.concatenate([[first - 1], inside, [end]])
    holes = np.flatnonzero(np.diff(edges) > 1)
    return [(int(edges[hole]) + 1, int(edges[hole + 1]) - 1) for hole in holes]


def ranges_text(ranges: Sequence[tuple[int, int]]) -> str:
    """Return 3, 7–9 and so on; of very many the first."""
    named = [
        f"{first}" if first == last else f"{first}–{last}" for first, last in ranges[:NAMED_MAX]
    ]
    rest = len(ranges) - len(named)
    return ", ".join(named) + (f", … (+{rest})" if rest else "")


def standing(check: Check, findings: Sequence[Finding], *, where: str) -> list[Finding]:
    """Return what a check says in the end: the first of its findings, or that all agrees."""
    if findings:
        rest = len(findings) - NAMED_MAX
        if rest <= 0:
            return list(findings)
        more = differs(
            check, "further", f"+{rest}", "", where=where, level=findings[NAMED_MAX].level
        )
        return [*findings[:NAMED_MAX], more]
    said = Words(f"{check.words.zh}：一致", f"{check.words.en}: agrees")
    none = Words("", "")
    return [Finding(check.code, Level.OK, "", NO_QUARTER, "", "", "", where, said, none)]
