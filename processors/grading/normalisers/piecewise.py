"""Points at given values: straight lines between them, or steps. Floors and bands too."""

from fractions import Fraction
from itertools import pairwise

from processors.grading.normaliser import NormaliserKind, Scope
from schemas.methodology import Indicator
from schemas.normalisers import Piecewise


def piecewise(normaliser: Piecewise, scope: Scope) -> list[Fraction | None]:
    """Return the points of the line through the knots; before the first and after the last, theirs.

    With steps, the points of the last knot whose value is reached; before the first, its points.
    """
    knots = [(Fraction(value), Fraction(points)) for value, points in normaliser.knots]
    is_steps = normaliser.between == "steps"
    return [_at(knots, member.value, is_steps=is_steps) for member in scope.members]


def _at(knots: list[tuple[Fraction, Fraction]], value: Fraction, *, is_steps: bool) -> Fraction:
    if value <= knots[0][0]:
        return knots[0][1]
    for (left, low), (right, high) in pairwise(knots):
        if value < right:
            return low if is_steps else low + (high - low) * (value - left) / (right - left)
    return knots[-1][1]


def check(normaliser: Piecewise, indicator: Indicator) -> str:
    """Return what is wrong with the knots, "" for nothing."""
    if indicator.kind != "number":
        return f"kind was {indicator.kind}, expected number for the normaliser piecewise"
    values = [value for value, _ in normaliser.knots]
    if any(left >= right for left, right in pairwise(values)):
        return f"knots at {[str(value) for value in values]}, expected rising values"
    points = [given for _, given in normaliser.knots]
    outside = [
        str(given) for given in points if not indicator.points_min <= given <= indicator.points_max
    ]
    if outside:
        return (
            f"knots give {', '.join(outside)} points, expected "
            f"{indicator.points_min} to {indicator.points_max}"
        )
    falls = any(left > right for left, right in pairwise(points))
    rises = any(left < right for left, right in pairwise(points))
    if (indicator.direction == "higher" and falls) or (indicator.direction == "lower" and rises):
        return (
            f"points of the knots go against direction = {indicator.direction}, expected "
            "direction = none for a floor or a band"
        )
    return ""


NORMALISER = NormaliserKind(Piecewise, piecewise, needs_peers=False, check=check)
