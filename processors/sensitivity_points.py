"""Points of every bank under every normaliser that is tried, computed once, exactly, by the kernel.

Source: docs/method.md#uncertainty
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from processors.grading.grade import BELOW_FLOOR, Outcome, outcomes
from processors.grading.groups import ALL_BANKS, Comparison
from processors.grading.normalising import normaliser_kinds
from processors.grading.points import Earned, indicator_points
from processors.grading.replaced import with_normalisers
from processors.grading.table import Table
from schemas import normalisers as shapes
from schemas.methodology import Indicator, Methodology
from schemas.normalisers import Mix, MixPart, Normaliser
from schemas.units import BoolArray, Int64Array


class Scored(NamedTuple):
    """What draws are made from."""

    points_millionths: Int64Array  # (variants, banks, indicators).
    is_earned: BoolArray  # (banks, indicators): the run has points, a neutral value's too.
    is_known: BoolArray  # (banks, indicators): the value is known.
    is_rated: BoolArray  # (banks,): in the run.
    is_drawable: BoolArray  # (banks,): rated, or would be with the values that it lacks.
    group: list[str]  # Of each bank; empty where it cannot be drawn.
    members: dict[str, tuple[int, ...]]  # Who is compared with, by group.
    variants: list[str]  # "" for the file's own normalisers.
    outcomes: list[Outcome]  # Of the file as it is.


def score(table: Table, methodology: Methodology, alternatives: Sequence[str]) -> Scored:
    """Return the points of all banks under the file's normalisers and under each alternative.

    An alternative that this version does not have is left out, see ``variants``.

    Source: docs/method.md#uncertainty
    """
    own = outcomes(table, methodology)
    group = _groups(table, methodology, own)
    members = {
        found.comparison.group: found.comparison.members for found in own if found.comparison
    }
    shapes_known: list[Any] = list(normaliser_kinds())
    known = {shape.__struct_config__.tag for shape in shapes_known}
    variants = ["", *(name for name in dict.fromkeys(alternatives) if name in known)]
    names = [entry.name for entry in methodology.indicators]
    points = np.zeros((len(variants), len(table.banks), len(names)), np.int64)
    is_earned = np.zeros(points.shape[1:], np.bool_)
    for v, variant in enumerate(variants):
        tried = methodology if not variant else _under(methodology, variant)
        found = own if not variant else outcomes(table, tried)
        extra = _of_unrated(table, tried, own, group, members)
        for n in range(len(table.banks)):
            for i, name in enumerate(names):
                earned = found[n].earned.get(name) or extra.get((n, name))
                if earned is not None:
                    points[v, n, i] = earned.points_millionths
                    is_earned[n, i] |= v == 0
                elif v:
                    points[v, n, i] = points[0, n, i]
    is_known = np.array([[cell.is_known for cell in table.cells[name]] for name in names]).T
    return Scored(
        points,
        is_earned,
        is_known.reshape(len(table.banks), len(names)),
        np.array([found.comparison is not None for found in own], np.bool_),
        np.array([bool(name) for name in group], np.bool_),
        group,
        members,
        variants,
        own,
    )


def _groups(table: Table, methodology: Methodology, found: Sequence[Outcome]) -> list[str]:
    """Return each bank's group; of one that only lacks values, that of its peer group."""
    of_peers = {
        who.peer_group: one.comparison.group
        for who, one in zip(table.banks, found, strict=True)
        if one.comparison is not None
    }
    groups = []
    for who, one in zip(table.banks, found, strict=True):
        floor = methodology.size_floor
        is_out = BELOW_FLOOR in one.lacking or (floor is not None and floor.column in one.lacking)
        if one.comparison is not None:
            groups.append(one.comparison.group)
        elif is_out or not of_peers:
            groups.append("")
        else:
            groups.append(of_peers.get(who.peer_group, _fallback(found)))
    return groups


def _fallback(found: Sequence[Outcome]) -> str:
    names = {one.comparison.group for one in found if one.comparison is not None}
    return ALL_BANKS if ALL_BANKS in names else min(names)


def _of_unrated(
    table: Table,
    methodology: Methodology,
    found: Sequence[Outcome],
    group: Sequence[str],
    members: dict[str, tuple[int, ...]],
) -> dict[tuple[int, str], Earned]:
    """Return what banks that are not rated earn with the values they have, beside their group."""
    comparisons = {
        n: Comparison(f"{group[n]} {n}", (*members[group[n]], n))
        for n, one in enumerate(found)
        if one.comparison is None and group[n]
    }
    columns = {n: table.values(n) for n in range(len(table.banks))} if comparisons else {}
    decimals = methodology.rounding.indicator_decimals
    earned = {}
    for n, comparison in comparisons.items():
        # The others are members too, in a group of nobody: only this bank's points are asked for.
        everybody = dict.fromkeys(comparison.members, Comparison("", ())) | {n: comparison}
        for entry in methodology.indicators:
            points = indicator_points(table, entry, everybody, columns, decimals=decimals)
            if n in points:
                earned[n, entry.name] = points[n]
    return earned


def _under(methodology: Methodology, variant: str) -> Methodology:
    return with_normalisers(methodology, lambda entry: _instead(entry, entry.normaliser, variant))


def _instead(indicator: Indicator, own: Normaliser, variant: str) -> Normaliser:
    """Return ``variant`` in place of a normaliser; the parts of a mix each for themselves."""
    if indicator.kind != "number" or indicator.direction == "none":
        return own
    if isinstance(own, Mix):
        return Mix(
            parts=[
                MixPart(
                    of=part.of,
                    share_percent=part.share_percent,
                    normaliser=_instead(indicator, part.normaliser, variant),
                )
                for part in own.parts
            ]
        )
    low, high = Fraction(indicator.points_min), Fraction(indicator.points_max)
    middle, quarter = (low + high) / 2, (high - low) / 4
    made: dict[str, Normaliser] = {
        "peer_percentile": shapes.PeerPercentile(),
        "min_max": shapes.MinMax(),
        "ratio_to_best": shapes.RatioToBest(),
        "z_score": shapes.ZScore(middle_points=_decimal(middle), points_per_sd=_decimal(quarter)),
    }
    return made[variant]


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
