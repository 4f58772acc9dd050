"""Many gradings at once: totals, grades and ranks of drawn weights, points and cut-offs.

Integers throughout, as in the kernel: with nothing varied every draw is the run itself.

Source: docs/method.md#uncertainty
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from processors.exact import half_up
from processors.grading.formula import read_formula
from processors.grading.points import Earned
from processors.grading.table import Table
from processors.grading.totals import (
    BONUS,
    DEDUCTIONS,
    POINTS_PREFIX,
    REGULAR,
    TOTAL,
    effective_weights,
    sum_up,
)
from schemas.grading import POINTS_SCALE, TOTAL_SCALE
from schemas.methodology import Cap, Methodology
from schemas.units import BoolArray, Int64Array

Evaluate = Callable[[Mapping[str, Fraction | None]], int]
_UNKNOWN = -(2**62)
_HUGE = 2**62
DECIMALS_OF_WEIGHTS_MAX = 9


class Draws(NamedTuple):
    """What was drawn. The first axis of all is the draws."""

    points_millionths: Int64Array  # (draws, banks, indicators)
    is_counted: BoolArray  # (draws, banks, indicators): else screened.
    weight: Int64Array  # (draws, indicators), whole numbers; their scale see Weights.
    cut_off_shift: Int64Array  # (draws,): hundred-millionths of a point, or of a percent of banks.


class Weights(NamedTuple):
    """Weights as whole numbers: so many in a percent."""

    whole: list[int]
    in_percent: int


def whole_weights(methodology: Methodology) -> Weights:
    """Return the weights of all indicators exactly, as whole numbers of one scale."""
    names = {entry.name: None for entry in methodology.indicators}
    weights = effective_weights(methodology, names)
    in_percent = 1
    while any((weight * in_percent).denominator != 1 for weight in weights.values()):
        in_percent *= 10
        assert in_percent <= 10**DECIMALS_OF_WEIGHTS_MAX
    return Weights([int(weights[name] * in_percent) for name in names], in_percent)


def halved_up(numerator: Int64Array, denominator: Int64Array | int) -> Int64Array:
    """Return the quotients as whole numbers, a half away from zero."""
    size = np.abs(numerator)
    quotient = (2 * size + denominator) // (2 * np.asarray(denominator))
    found: Int64Array = np.where(numerator < 0, -quotient, quotient)
    return found


class Drawn(NamedTuple):
    """Draws, and what caps may name of them. ``named`` is changed by caps on the total."""

    table: Table
    methodology: Methodology
    draws: Draws
    named: dict[str, Int64Array]  # (draws, banks) each, hundred-millionths.


def totals(table: Table, methodology: Methodology, draws: Draws, weights: Weights) -> Drawn:
    """Return the parts of the totals and the totals before caps.

    Source: docs/method.md#grading-totals
    """
    weighted = _weighted(methodology, draws, weights.in_percent)
    roles = np.array([entry.role for entry in methodology.indicators])
    regular = weighted[:, :, roles == "regular"].sum(axis=2)
    if methodology.aggregation == "geometric":
        regular = _geometric(table, methodology, draws)
    bonus = weighted[:, :, roles == "bonus"].sum(axis=2)
    deduction = weighted[:, :, roles == "deduction"].sum(axis=2)
    if methodology.bonus_points_max is not None:
        bonus = np.minimum(bonus, int(Fraction(methodology.bonus_points_max) * TOTAL_SCALE))
    if methodology.deduction_points_max is not None:
        most = int(Fraction(methodology.deduction_points_max) * TOTAL_SCALE)
        deduction = np.minimum(deduction, most)
    total = regular + bonus - deduction
    if methodology.rounding.total_decimals is not None:
        step = TOTAL_SCALE // 10**methodology.rounding.total_decimals
        total = halved_up(total, step) * step
    named = {REGULAR: regular, BONUS: bonus, DEDUCTIONS: deduction, TOTAL: total}
    return Drawn(table, methodology, draws, named)


def apply_caps(at: Drawn) -> Int64Array:
    """Hold the totals down as the caps say, one after the other, and return them."""
    for cap in at.methodology.caps:
        if cap.total_at_most:
            at.named[TOTAL] = np.minimum(at.named[TOTAL], _limits(at, cap))
    return at.named[TOTAL]


def _weighted(methodology: Methodology, draws: Draws, in_percent: int) -> Int64Array:
    """Return weight × points ÷ 100 in hundred-millionths, the weights of what counts scaled up."""
    is_regular = np.array([entry.role == "regular" for entry in methodology.indicators])
    weight = np.broadcast_to(draws.weight[:, None, :], draws.points_millionths.shape)
    counted = np.where(draws.is_counted, draws.points_millionths, 0)
    found = halved_up(weight * counted, in_percent)
    if methodology.aggregation == "sum":
        return found
    known = np.where(draws.is_counted & is_regular, weight, 0).sum(axis=2)
    everything = draws.weight[:, is_regular].sum(axis=1)[:, None]
    for n, bank in zip(*np.nonzero((known != everything) & (known > 0)), strict=True):
        # Seldom, so exactly: three factors do not fit into 64 bits.
        for i in np.flatnonzero(is_regular & draws.is_counted[n, bank]):
            product = int(weight[n, bank, i]) * int(counted[n, bank, i]) * int(everything[n, 0])
            found[n, bank, i] = half_up(product, int(known[n, bank]) * in_percent)
    return found


def _geometric(table: Table, methodology: Methodology, draws: Draws) -> Int64Array:
    """Return geometric totals by the kernel; the weights are those of the file."""
    names = [entry.name for entry in methodology.indicators]
    found = np.zeros(draws.points_millionths.shape[:2], np.int64)
    for bank in range(len(table.banks)):
        columns = table.values(bank)
        rows = np.where(draws.is_counted[:, bank], draws.points_millionths[:, bank], -1)
        distinct, place = np.unique(rows, axis=0, return_inverse=True)
        sums = []
        for row, is_counted in zip(distinct.tolist(), (distinct >= 0).tolist(), strict=True):
            earned = {
                name: Earned(points)
                for name, points, counts in zip(names, row, is_counted, strict=True)
                if counts
            }
            sums.append(sum_up(methodology, earned, columns).regular if earned else 0)
        found[:, bank] = np.array(sums, np.int64)[place.reshape(-1)]
    return found


def _limits(at: Drawn, cap: Cap) -> Int64Array:
    """Return what ``cap`` holds totals down to, (draws, banks); a huge number where it does not."""
    condition = read_formula(cap.when) if cap.when else None
    limit = read_formula(cap.total_at_most)

    def at_most(values: Mapping[str, Fraction | None]) -> int:
        if condition is not None and condition.holds(values) is not True:
            return _HUGE
        found = limit.number(values)
        if found is None:
            return _HUGE
        return half_up(found.numerator * TOTAL_SCALE, found.denominator)

    return _evaluated(at, limit.names | (condition.names if condition else set()), at_most)


def holds(at: Drawn, cap: Cap) -> BoolArray:
    """Return where ``cap`` applies, (draws, banks)."""
    if not cap.when:
        return np.ones(at.named[TOTAL].shape, np.bool_)
    condition = read_formula(cap.when)
    found = _evaluated(at, condition.names, lambda values: int(condition.holds(values) is True))
    return np.equal(found, 1)


def _evaluated(at: Drawn, names: set[str], evaluate: Evaluate) -> Int64Array:
    """Return ``evaluate`` of every draw and bank; once where what it names is the same."""
    varying = {
        f"{POINTS_PREFIX}{entry.name}": np.where(
            at.draws.is_counted[:, :, i], at.draws.points_millionths[:, :, i], _UNKNOWN
        )
        for i, entry in enumerate(at.methodology.indicators)
        if f"{POINTS_PREFIX}{entry.name}" in names
    }
    scales = dict.fromkeys(varying, POINTS_SCALE)
    varying |= {name: numbers for name, numbers in at.named.items() if name in names}
    draw_count, bank_count = at.named[TOTAL].shape[0], at.named[TOTAL].shape[1]
    found = np.zeros((draw_count, bank_count), np.int64)
    for bank in range(bank_count):
        fixed = at.table.values(bank)
        # A column of zeros: np.unique needs one where nothing varies.
        rows = np.stack(
            [np.zeros(draw_count, np.int64), *(one[:, bank] for one in varying.values())], axis=1
        )
        distinct, place = np.unique(rows, axis=0, return_inverse=True)
        results = []
        for row in distinct[:, 1:].tolist():
            values: dict[str, Fraction | None] = dict(fixed)
            for name, number in zip(varying, row, strict=True):
                scale = scales.get(name, TOTAL_SCALE)
                values[name] = None if number == _UNKNOWN else Fraction(number, scale)
            results.append(evaluate(values))
        found[:, bank] = np.array(results, np.int64)[place.reshape(-1)]
    return found
