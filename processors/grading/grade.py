"""Grade a table: who is rated, in which group, with which points, total, caps and grade.

A bank that lacks a figure is treated as the file says, by name: not rated, rated on the others, or
with neutral points. Not rated is not the lowest grade. Banks and columns come in any order.

Source: docs/method.md#grading
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from processors.grading.groups import Comparison, compare_in
from processors.grading.levels import level_of, levels_by_quota
from processors.grading.points import Columns, Earned, indicator_points, rounded_points
from processors.grading.table import Table
from processors.grading.totals import Sum, cap_holds, sum_up
from schemas.grading import AppliedCap
from schemas.methodology import Indicator, Methodology

BELOW_FLOOR = "size_floor"


class Outcome(NamedTuple):
    """What became of one bank."""

    comparison: Comparison | None  # None: not rated,
    lacking: tuple[str, ...]  # for want of these columns; size_floor: below the floor.
    earned: Mapping[str, Earned]
    sum: Sum | None
    level: int  # Place in grading.levels; -1: not rated.
    caps: tuple[AppliedCap, ...]
    rank: int


def outcomes(table: Table, methodology: Methodology) -> list[Outcome]:
    """Return what becomes of each bank of ``table``, in its order."""
    columns = [table.values(n) for n in range(len(table.banks))]
    lacking = {n: _lacking(table, methodology, n) for n in range(len(table.banks))}
    while True:
        rated = [n for n, names in lacking.items() if not names]
        comparisons = compare_in(table.banks, rated, methodology.groups)
        earned = _earned(table, methodology, comparisons, dict(enumerate(columns)))
        # Points may need more than the value: a target that is not known, for example.
        again = {n: _unearned(methodology, earned[n]) for n in rated}
        if not any(again.values()):
            break
        lacking |= {n: names for n, names in again.items() if names}
    sums = {n: sum_up(methodology, earned[n], columns[n]) for n in rated}
    levels = _levels(methodology, comparisons, sums)
    ranks = _ranks(comparisons, sums)
    found = []
    for n in range(len(table.banks)):
        if n not in sums:
            found.append(Outcome(None, lacking[n], {}, None, -1, (), 0))
            continue
        level, caps = _capped_level(methodology, levels[n], sums[n])
        found.append(
            Outcome(comparisons[n], (), earned[n], sums[n], level, (*sums[n].caps, *caps), ranks[n])
        )
    return found


def _lacking(table: Table, methodology: Methodology, bank: int) -> tuple[str, ...]:
    """Return the columns for want of which a bank is not rated, by the cells alone."""
    floor = methodology.size_floor
    if floor is not None:
        cell = table.cells[floor.column][bank]
        if not cell.is_known:
            return (floor.column,)
        if cell.value < Fraction(floor.at_least):
            return (BELOW_FLOOR,)
    known = {
        entry.name for entry in methodology.indicators if table.cells[entry.name][bank].is_known
    }
    return _needed(methodology, known)


def _unearned(methodology: Methodology, earned: Mapping[str, Earned]) -> tuple[str, ...]:
    return _needed(methodology, set(earned))


def _needed(methodology: Methodology, known: set[str]) -> tuple[str, ...]:
    regular = [entry for entry in methodology.indicators if entry.role == "regular"]
    missing = [entry for entry in regular if entry.name not in known]
    withheld = [entry.name for entry in missing if entry.missing == "withhold"]
    if withheld:
        return tuple(withheld)
    screened = [entry for entry in missing if entry.missing == "screen"]
    if not screened:
        return ()
    weights = {
        entry.name: Fraction(1 if entry.weight_percent is None else entry.weight_percent)
        for entry in regular
    }
    left = sum(weights.values()) - sum(weights[entry.name] for entry in screened)
    is_enough = left * 100 >= Fraction(methodology.known_percent_min) * sum(weights.values())
    # Without any value there is nothing to scale up.
    return () if is_enough and left else tuple(entry.name for entry in screened)


def _earned(
    table: Table,
    methodology: Methodology,
    comparisons: Mapping[int, Comparison],
    columns: Columns,
) -> dict[int, dict[str, Earned]]:
    decimals = methodology.rounding.indicator_decimals
    found: dict[int, dict[str, Earned]] = {n: {} for n in comparisons}
    for entry in methodology.indicators:
        points = indicator_points(table, entry, comparisons, columns, decimals=decimals)
        for n in comparisons:
            if n in points:
                found[n][entry.name] = points[n]
            elif (neutral := _neutral(entry, decimals)) is not None:
                found[n][entry.name] = neutral
    return found


def _neutral(indicator: Indicator, decimals: int | None) -> Earned | None:
    """Return what a missing value earns: neutral points; nothing of bonus and deduction."""
    if indicator.role != "regular":
        return Earned(0, is_neutral=True)
    if indicator.missing != "neutral" or indicator.neutral_points is None:
        return None
    points = rounded_points(Fraction(indicator.neutral_points), decimals)
    return Earned(points, is_neutral=True)


def _levels(
    methodology: Methodology, comparisons: Mapping[int, Comparison], sums: Mapping[int, Sum]
) -> dict[int, int]:
    grading = methodology.grading
    if grading.by == "cut_offs":
        return {n: level_of(found.total, grading) for n, found in sums.items()}
    levels: dict[int, int] = {}
    for members in _sets(comparisons, is_one=grading.quota_within == "all"):
        totals = [sums[n].total for n in members]
        levels |= dict(zip(members, levels_by_quota(totals, grading), strict=True))
    return levels


def _ranks(comparisons: Mapping[int, Comparison], sums: Mapping[int, Sum]) -> dict[int, int]:
    ranks: dict[int, int] = {}
    for members in _sets(comparisons, is_one=False):
        ordered = sorted((sums[n].total for n in members), reverse=True)
        first = {total: place for place, total in reversed(list(enumerate(ordered, start=1)))}
        ranks |= {n: first[sums[n].total] for n in members}
    return ranks


def _sets(comparisons: Mapping[int, Comparison], *, is_one: bool) -> list[list[int]]:
    """Return the banks of each group: those graded in it, not those only compared with."""
    if is_one:
        return [list(comparisons)]
    groups = sorted({comparison.group for comparison in comparisons.values()})
    return [
        [n for n, comparison in comparisons.items() if comparison.group == group]
        for group in groups
    ]


def _capped_level(
    methodology: Methodology, level: int, found: Sum
) -> tuple[int, tuple[AppliedCap, ...]]:
    names = [entry.name for entry in methodology.grading.levels]
    caps = []
    for cap in methodology.caps:
        if not cap.grade_at_most or not cap_holds(cap, found.values):
            continue
        highest = names.index(cap.grade_at_most)
        if highest > level:
            before, after = names[level], names[highest]
            caps.append(
                AppliedCap(clause=cap.clause, zh=cap.zh, en=cap.en, before=before, after=after)
            )
            level = highest
    return level, tuple(caps)
