"""Yes or no: all points, or the least."""

from fractions import Fraction

from processors.grading.normaliser import NormaliserKind, Scope
from schemas.methodology import Indicator
from schemas.normalisers import YesNo


def yes_no(_normaliser: YesNo, scope: Scope) -> list[Fraction | None]:
    """Return points_max for yes, points_min for no."""
    return [scope.highest if member.value else scope.lowest for member in scope.members]


def check(_normaliser: YesNo, indicator: Indicator) -> str:
    """Return what is wrong, "" for nothing."""
    if indicator.kind != "yes_no":
        return f"kind was {indicator.kind}, expected yes_no for the normaliser yes_no"
    return ""


NORMALISER = NormaliserKind(YesNo, yes_no, needs_peers=False, check=check)
