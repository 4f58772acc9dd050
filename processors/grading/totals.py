"""From points to totals: weights, the bonus pool, deductions, caps on the total.

All totals are integers in hundred-millionths of a point.

Source: docs/method.md#grading-totals
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from processors.exact import decimal_text, half_up
from processors.grading.formula import read_formula
from processors.grading.points import Earned, rounded_points
from schemas.grading import POINTS_SCALE, TOTAL_SCALE, AppliedCap
from schemas.methodology import Cap, Methodology

HUNDRED = Fraction(100)
PER_MILLIONTH = TOTAL_SCALE // POINTS_SCALE
TOTAL, REGULAR, BONUS, DEDUCTIONS = "total", "regular", "bonus", "deductions"
POINTS_PREFIX = "points_"  # points_lending: what the indicator lending earned.


class Sum(NamedTuple):
    """The parts of a total."""

    regular: int
    bonus: int
    deduction: int  # Not negative.
    uncapped: int
    total: int
    weighted: Mapping[str, int]  # By indicator, what it adds; 0 each in a geometric total.
    values: Mapping[str, Fraction | None]  # What caps may name.
    caps: tuple[AppliedCap, ...]


def sum_up(
    methodology: Methodology,
    earned: Mapping[str, Earned],
    columns: Mapping[str, Fraction | None],
) -> Sum:
    """Return the total of a bank from what it earned, by indicator.

    Regular indicators that are not in ``earned`` were screened: the others' weights are scaled
    up to the same sum.
    """
    weighted = _weighted(methodology, earned)
    by_role = {
        role: sum(
            weighted[entry.name]
            for entry in methodology.indicators
            if entry.role == role and entry.name in weighted
        )
        for role in ("regular", "bonus", "deduction")
    }
    regular = by_role["regular"]
    if methodology.aggregation == "geometric":
        regular = _geometric(methodology, earned)
        weighted = {
            entry.name: 0 if entry.role == "regular" else weighted[entry.name]
            for entry in methodology.indicators
            if entry.name in weighted
        }
    bonus = _at_most(by_role["bonus"], methodology.bonus_points_max)
    deduction = _at_most(by_role["deduction"], methodology.deduction_points_max)
    uncapped = _rounded(regular + bonus - deduction, methodology.rounding.total_decimals)
    values = {
        **columns,
        **{f"{POINTS_PREFIX}{name}": Fraction(found.points_millionths, POINTS_SCALE)
           for name, found in earned.items()},
        REGULAR: Fraction(regular, TOTAL_SCALE),
        BONUS: Fraction(bonus, TOTAL_SCALE),
        DEDUCTIONS: Fraction(deduction, TOTAL_SCALE),
    }  # fmt: skip
    for entry in methodology.indicators:
        values.setdefault(f"{POINTS_PREFIX}{entry.name}", None)
    total, caps = _capped(methodology, uncapped, values)
    values[TOTAL] = Fraction(total, TOTAL_SCALE)
    return Sum(regular, bonus, deduction, uncapped, total, weighted, values, caps)


def cap_holds(cap: Cap, values: Mapping[str, Fraction | None]) -> bool:
    """Return whether ``cap`` applies; one that cannot be judged does not."""
    return not cap.when or read_formula(cap.when).holds(values) is True


def total_decimal(total_hundred_millionths: int) -> str:
    """Return a total with two decimals."""
    return decimal_text(total_hundred_millionths, TOTAL_SCALE, 2)


def effective_weights(methodology: Methodology, names: Mapping[str, object]) -> dict[str, Fraction]:
    """Return the weights of the indicators in ``names``, in percent; None counts as 100.

    Regular ones that are left out give theirs to the others in proportion.
    """
    regular = [entry for entry in methodology.indicators if entry.role == "regular"]
    weights = {
        entry.name: HUNDRED if entry.weight_percent is None else Fraction(entry.weight_percent)
        for entry in methodology.indicators
    }
    everything = sum((weights[entry.name] for entry in regular), Fraction(0))
    known = sum((weights[entry.name] for entry in regular if entry.name in names), Fraction(0))
    factor = everything / known if known else Fraction(1)
    if methodology.aggregation == "sum":
        factor = Fraction(1)
    return {
        entry.name: weights[entry.name] * (factor if entry.role == "regular" else 1)
        for entry in methodology.indicators
        if entry.name in names
    }


def _weighted(methodology: Methodology, earned: Mapping[str, Earned]) -> dict[str, int]:
    weights = effective_weights(methodology, earned)
    found = {}
    for name, weight in weights.items():
        product = weight * earned[name].points_millionths * PER_MILLIONTH / HUNDRED
        found[name] = half_up(product.numerator, product.denominator)
    return found


def _geometric(methodology: Methodology, earned: Mapping[str, Earned]) -> int:
    """Return Π points ^ (weight ÷ Σ weights), half up, by integers: no float, no logarithm."""
    names = {entry.name for entry in methodology.indicators if entry.role == "regular"}
    weights = {
        name: weight
        for name, weight in effective_weights(methodology, earned).items()
        if name in names
    }
    if not weights:
        return 0
    scale = math.lcm(*(weight.denominator for weight in weights.values()))
    powers = {name: int(weight * scale) for name, weight in weights.items()}
    divisor = math.gcd(*powers.values())
    powers = {name: power // divisor for name, power in powers.items()}
    degree = sum(powers.values())
    product = 1
    for name, power in powers.items():
        product *= max(earned[name].points_millionths * PER_MILLIONTH, 0) ** power
    # Half up: the floor of the root of 2ⁿ × product is twice the root, cut.
    doubled = _root(product << degree, degree)
    return (doubled + 1) // 2


def _root(number: int, degree: int) -> int:
    """Return the largest whole number whose power of ``degree`` is not above ``number``."""
    if number < 2:
        return number
    guess = 1 << -(-number.bit_length() // degree)
    while True:
        power = guess ** (degree - 1)
        better = ((degree - 1) * guess + number // power) // degree
        if better >= guess:
            return guess
        guess = better


def _at_most(total: int, points_max: object) -> int:
    if points_max is None:
        return total
    return min(total, int(Fraction(str(points_max)) * TOTAL_SCALE))


def _rounded(total: int, decimals: int | None) -> int:
    if decimals is None:
        return total
    return rounded_points(Fraction(total, TOTAL_SCALE), decimals) * PER_MILLIONTH


def _capped(
    methodology: Methodology, uncapped: int, values: dict[str, Fraction | None]
) -> tuple[int, tuple[AppliedCap, ...]]:
    total, caps = uncapped, []
    for cap in methodology.caps:
        values[TOTAL] = Fraction(total, TOTAL_SCALE)
        if not cap.total_at_most or not cap_holds(cap, values):
            continue
        limit = read_formula(cap.total_at_most).number(values)
        if limit is None:
            continue
        highest = half_up(limit.numerator * TOTAL_SCALE, limit.denominator)
        if highest < total:
            caps.append(
                AppliedCap(
                    clause=cap.clause,
                    zh=cap.zh,
                    en=cap.en,
                    before=total_decimal(total),
                    after=total_decimal(highest),
                )
            )
            total = highest
    return total, tuple(caps)
