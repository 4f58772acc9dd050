"""Points of one indicator for every bank: rules first, then the normaliser, clipped, rounded once.

Source: docs/method.md#grading
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from processors.exact import half_up
from processors.grading.formula import read_formula
from processors.grading.groups import Comparison
from processors.grading.normaliser import Member, Scope, places
from processors.grading.normalisers.target_ratio import target_of
from processors.grading.normalising import clipped, kind_of
from processors.grading.table import Table
from schemas.grading import POINTS_SCALE
from schemas.methodology import Indicator
from schemas.normalisers import TargetRatio

# Names that rules may use beside columns; ``target`` where the normaliser has one.
FULL, VALUE, BEFORE, TARGET = "full", "value", "before", "target"


class Earned(NamedTuple):
    """What a bank earned with one indicator."""

    points_millionths: int
    place: int = 0
    size: int = 0
    rule: int = 0  # From 1; 0: the normaliser.
    is_neutral: bool = False


Columns = Mapping[int, Mapping[str, Fraction | None]]  # By bank, what formulas may name.


def indicator_points(
    table: Table,
    indicator: Indicator,
    comparisons: Mapping[int, Comparison],
    columns: Columns,
    *,
    decimals: int | None = None,
) -> dict[int, Earned]:
    """Return what each compared bank earned; banks without a figure are left out.

    Points are computed among the members of the bank's group whose value is known. They are
    rounded half up to ``decimals``, or to whole millionths, once.
    """
    cells = table.cells[indicator.name]
    earned: dict[int, Earned] = {}
    for group in sorted({comparison.group for comparison in comparisons.values()}):
        of_group = next(found for found in comparisons.values() if found.group == group)
        known = [n for n in of_group.members if cells[n].is_known]
        if not known:
            continue
        members = [
            Member(table.banks[n], cells[n].value, cells[n].before, cells[n].choice, columns[n])
            for n in known
        ]
        scope = Scope(table.quarter, indicator, members)
        normalised = kind_of(indicator.normaliser).points(indicator.normaliser, scope)
        rank = places([member.value for member in members], is_lower_better=scope.is_lower_better)
        for n, member, found, place in zip(known, members, normalised, rank, strict=True):
            if comparisons[n].group != group:
                continue
            points, rule = _by_rules(scope, member, found)
            if points is None:
                continue
            on_scale = rounded_points(clipped(points, indicator), decimals)
            is_ranked = indicator.direction != "none"
            earned[n] = Earned(on_scale, place if is_ranked else 0, len(members), rule)
    return earned


def rounded_points(points: Fraction, decimals: int | None) -> int:
    """Return points in millionths, rounded half up to ``decimals`` or to whole millionths."""
    scale: int = 10 ** (6 if decimals is None else decimals)
    return half_up(points.numerator * scale, points.denominator) * (POINTS_SCALE // scale)


def _by_rules(
    scope: Scope, member: Member, normalised: Fraction | None
) -> tuple[Fraction | None, int]:
    """Return points and the number of the rule that gave them; None where nobody can tell."""
    indicator = scope.indicator
    if not indicator.rules:
        return normalised, 0
    values = {
        **member.values,
        VALUE: member.value,
        BEFORE: member.before,
        FULL: Fraction(indicator.points_max),
    }
    if isinstance(indicator.normaliser, TargetRatio):
        values[TARGET] = target_of(indicator.normaliser, scope.quarter, member)
    for number, rule in enumerate(indicator.rules, start=1):
        holds = read_formula(rule.when).holds(values)
        if holds is None:
            return None, number
        if holds:
            return read_formula(rule.points).number(values), number
    return normalised, 0
