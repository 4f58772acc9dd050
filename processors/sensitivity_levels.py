"""Grades and ranks of many drawn totals at once.

Source: docs/method.md#uncertainty
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from schemas.grading import TOTAL_SCALE
from schemas.methodology import Grading
from schemas.units import BoolArray, Int64Array

_PERCENT = 100


def levels_of(
    totals: Int64Array, grading: Grading, shift: Int64Array, sets: Sequence[Sequence[int]]
) -> Int64Array:
    """Return the place of each bank's level, (draws, banks); -1 for those in no set.

    Args:
        totals: (draws, banks), hundred-millionths.
        grading: cut-offs or quotas.
        shift: (draws,), hundred-millionths: added to all cut-offs, or to the shares in percent.
        sets: who is graded together, by place.

    """
    found = np.full(totals.shape, -1, np.int64)
    for members in sets:
        at = np.asarray(members, np.int64)
        of_set = totals[:, at]
        found[:, at] = (
            _by_cut_offs(of_set, grading, shift)
            if grading.by == "cut_offs"
            else _by_quota(of_set, grading, shift)
        )
    return found


def ranks_of(totals: Int64Array, sets: Sequence[Sequence[int]], rated: BoolArray) -> Int64Array:
    """Return each bank's rank in its set, (draws, banks); 0 in no set.

    1 + number of banks with more, of those that the run rates: whoever is drawn beside them does
    not push them down.
    """
    found = np.zeros(totals.shape, np.int64)
    for members in sets:
        at = np.asarray(members, np.int64)
        others = at[rated[at]]
        for draw, row in enumerate(totals):
            ordered = np.sort(row[others])
            found[draw, at] = 1 + ordered.size - np.searchsorted(ordered, row[at], side="right")
    return found


def _above(row: Int64Array) -> Int64Array:
    ordered = np.sort(row)
    return row.size - np.searchsorted(ordered, row, side="right")


def _by_cut_offs(totals: Int64Array, grading: Grading, shift: Int64Array) -> Int64Array:
    place = np.full(totals.shape, len(grading.levels) - 1, np.int64)
    # From the worst to the best: the best that is reached stays.
    for number in range(len(grading.levels) - 1, -1, -1):
        place = np.where(_reaches(totals, grading, number, shift), number, place)
    return place


def _by_quota(totals: Int64Array, grading: Grading, shift: Int64Array) -> Int64Array:
    size, last = totals.shape[1], len(grading.levels) - 1
    shares, share = [], Fraction(0)
    for level in grading.levels:
        share += Fraction(level.share_percent or 0)
        shares.append(int(share * TOTAL_SCALE))
    found = np.zeros(totals.shape, np.int64)
    for draw, row in enumerate(totals):
        above = _above(row)
        places = 1 + above
        if grading.ties == "worse":
            places = row.size - np.searchsorted(np.sort(row), row, side="left")
        count = np.array(shares, np.int64)
        count[:last] = np.clip(count[:last] + shift[draw], 0, _PERCENT * TOTAL_SCALE)
        whole = _PERCENT * TOTAL_SCALE
        ends = (
            (2 * count * size + whole) // (2 * whole)
            if grading.quota_count == "half_up"
            else count * size // whole
        )
        found[draw] = np.minimum((places[:, None] > ends[None, :]).argmin(axis=1), last)
        found[draw, (places[:, None] > ends[None, :]).all(axis=1)] = last
    zero = np.zeros_like(shift)
    for number in range(last):  # A level with a bound takes only banks that reach it.
        is_short = (found == number) & ~_reaches(totals, grading, number, zero)
        found = np.where(is_short, number + 1, found)
    return found


def _reaches(totals: Int64Array, grading: Grading, number: int, shift: Int64Array) -> BoolArray:
    points_min = grading.levels[number].points_min
    if points_min is None:
        return np.ones(totals.shape, np.bool_)
    bound = Fraction(points_min) * TOTAL_SCALE
    # A bound between two hundred-millionths is reached from the next one on.
    is_whole = bound.denominator == 1
    least = int(bound) if is_whole else int(bound // 1) + 1
    is_included = grading.is_bound_included or not is_whole
    edge = least + shift[:, None]
    return totals >= edge if is_included else totals > edge
