"""What every bank has sent, lane by lane: seqs received and missing, complete up to when, silence.

A silent bank is said to be silent. Nothing here, and no figure anywhere, takes it for a bank
whose loans did not change.

Source: docs/method.md#presence
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from infra.clickhouse.connection import Connection
from processors.aggregates import open_banks
from processors.presence import RUNNING_WORKING_DAYS_MAX, day_of, working_days_between
from schemas.quarter import Quarter
from schemas.results import NEVER_DAY, Results
from schemas.units import BoolArray
from schemas.words import Words
from streams.evaluate import Snapshot

Row = dict[str, Any]

SILENT, QUARANTINED, UNHEARD, GAPS, COMPLETE = (
    "silent",
    "quarantined",
    "unheard",
    "gaps",
    "complete",
)
STATE_WORDS = {
    SILENT: Words("未报送（静默）", "silent"),
    QUARANTINED: Words("隔离中", "quarantined"),
    UNHEARD: Words("该通道从未报送", "never heard of"),
    GAPS: Words("有缺号", "gaps"),
    COMPLETE: Words("无缺号", "no gaps"),
}
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_RECEIVED_SQL = """
    select bank_id, lane, max(received_at_ms) as received_at_ms from submissions
    where generation = {generation:UInt16} and lanes > 0
    group by bank_id, lane
"""


def last_received(connection: Connection, generation: int) -> dict[tuple[str, int], int]:
    """Return when each lane was last heard of, in ms since 1970, by bank and lane."""
    return {
        (row["bank_id"], int(row["lane"])): int(row["received_at_ms"])
        for block in connection.query(_RECEIVED_SQL, {"generation": generation})
        for row in block.to_pylist()
    }


def gap_rows(
    snapshot: Snapshot, results: Results, received: Mapping[tuple[str, int], int]
) -> list[Row]:
    """Return one row a bank and lane, and one for every registered bank that never sent anything.

    Args:
        snapshot: what the marker rows say of every lane.
        results: evaluated from ``snapshot``.
        received: from ``last_received``.

    """
    by_bank: dict[str, dict[int, Mapping[str, Any]]] = {}
    for entry in snapshot.lanes:
        by_bank.setdefault(str(entry["bank"]), {})[int(entry["lane"])] = entry
    is_silent = silent_banks(results)
    rows = []
    for place, (bank, report) in enumerate(zip(results.banks, results.reports, strict=True)):
        sent = by_bank.get(bank.bank_id, {})
        who = {
            "bank_id": bank.bank_id,
            "bank_name": bank.name_zh,
            "bank_name_en": bank.name_en or bank.name_zh,
            "is_registered": bank.is_registered,
            "bank_complete_to": report.complete_to,
            "is_silent": bool(is_silent[place]),
        }
        # A bank that never sent anything has one row, or nobody would notice.
        lanes = sorted({*range(max(report.lane_count, 1)), *sent})
        rows += [
            who
            | {"lane": lane, "lane_count": report.lane_count}
            | _lane(sent.get(lane), is_silent=bool(is_silent[place]))
            | _received(received.get((bank.bank_id, lane)))
            for lane in lanes
        ]
    return rows


def silent_banks(results: Results) -> BoolArray:
    """Return which registered, open banks have completed nothing of the newest quarter, (banks,).

    The newest quarter is that of the newest complete_to of any bank. Who is as close to it as
    docs/method.md#presence allows, or has a position for that quarter, is not silent.
    """
    silent = np.zeros(len(results.banks), np.bool_)
    if results.newest_day == NEVER_DAY:
        return silent
    newest = dt.date(1970, 1, 1) + dt.timedelta(days=results.newest_day)
    quarter = Quarter.of_date(newest)
    complete_to = np.array([report.complete_to_day for report in results.reports], np.int64)
    is_far = complete_to == NEVER_DAY
    behind_days = working_days_between(complete_to[~is_far], results.newest_day)
    is_far[~is_far] = behind_days > RUNNING_WORKING_DAYS_MAX
    place = results.quarter_place(quarter)
    has_position = (
        results.positions.is_reported[:, :, place].any(axis=1) if place >= 0 else silent.copy()
    )
    is_registered = np.array([bank.is_registered for bank in results.banks], np.bool_)
    silent = (complete_to < day_of(quarter.first_day)) & is_far & ~has_position
    return np.asarray(silent & is_registered & open_banks(results, quarter), np.bool_)


def silence_counts(rows: Sequence[Row]) -> tuple[int, int]:
    """Return how many banks are silent, and how many submissions are missing."""
    silent = {row["bank_id"] for row in rows if row["is_silent"]}
    return len(silent), sum(row["missing_count"] for row in rows)


def _lane(entry: Mapping[str, Any] | None, *, is_silent: bool) -> Row:
    runs = [(int(first), int(last)) for first, last, *_ in entry["seen"]] if entry else []
    ends = [0, *(last for _, last in runs)]
    missing = [
        (end + 1, first - 1) for end, (first, _) in zip(ends, runs, strict=False) if first > end + 1
    ]
    is_quarantined = bool(entry and entry.get("quarantined"))
    state = COMPLETE
    if is_silent:
        state = SILENT
    elif is_quarantined:
        state = QUARANTINED
    elif not runs:
        state = UNHEARD
    elif missing:
        state = GAPS
    return {
        "state": state,
        "state_zh": STATE_WORDS[state].zh,
        "state_en": STATE_WORDS[state].en,
        "seen": _ranges(runs),
        "missing": _ranges(missing),
        "missing_count": sum(last - first + 1 for first, last in missing),
        "complete_to": str(entry["complete_to"]) if entry else "",
        "is_quarantined": is_quarantined,
    }


def _received(received_at_ms: int | None) -> Row:
    if received_at_ms is None:
        return {"last_received_at": "", "last_received_at_ms": 0}
    moment = dt.datetime.fromtimestamp(received_at_ms / 1_000, _SHANGHAI)
    return {
        "last_received_at": moment.isoformat(sep=" ", timespec="seconds")[:19],
        "last_received_at_ms": received_at_ms,
    }


def _ranges(runs: Sequence[tuple[int, int]]) -> list[str]:
    return [f"{first}" if first == last else f"{first}-{last}" for first, last in runs]
