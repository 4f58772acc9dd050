"""How many standard deviations of the group a bank lies from its mean."""

from fractions import Fraction
from math import isqrt

from processors.grading.normaliser import NormaliserKind, Scope, needs_order
from schemas.methodology import Indicator
from schemas.normalisers import ZScore

ROOT_SCALE = 10**12  # The root is cut to twelve decimals; points are rounded to six.


def z_score(normaliser: ZScore, scope: Scope) -> list[Fraction | None]:
    """Return middle_points ± points_per_sd × (value − mean) ÷ standard deviation of the group.

    The deviation is that of the whole group (÷ n, not n − 1). A group of equals, or of one, is in
    the middle. No float: |z| = √(z²), cut to twelve decimals by integers, so that a better value
    never has fewer points.
    """
    values = [member.value for member in scope.members]
    size = len(values)
    mean = sum(values, Fraction(0)) / size
    variance = sum(((value - mean) ** 2 for value in values), Fraction(0)) / size
    middle, per_sd = Fraction(normaliser.middle_points), Fraction(normaliser.points_per_sd)
    if variance == 0:
        return [middle for _ in values]
    sign = -1 if scope.is_lower_better else 1
    return [middle + sign * per_sd * _z(value - mean, variance) for value in values]


def _z(distance: Fraction, variance: Fraction) -> Fraction:
    square = distance**2 / variance * ROOT_SCALE**2
    root = Fraction(isqrt(int(square)), ROOT_SCALE)
    return root if distance >= 0 else -root


def check(normaliser: ZScore, indicator: Indicator) -> str:
    """Return what is wrong, "" for nothing."""
    if normaliser.points_per_sd <= 0:
        return f"points_per_sd {normaliser.points_per_sd}, expected more than 0"
    return needs_order(normaliser, indicator)


NORMALISER = NormaliserKind(ZScore, z_score, needs_peers=True, check=check)
