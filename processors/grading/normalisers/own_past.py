"""Against the bank's own past (纵向基准): how far the value moved from that of a year before."""

from fractions import Fraction

from processors.grading.normaliser import NormaliserKind, Scope, needs_order
from schemas.methodology import Indicator
from schemas.normalisers import OwnPast


def own_past(normaliser: OwnPast, scope: Scope) -> list[Fraction | None]:
    """Return base_points ± span_points × (value − before) ÷ |before|.

    Unknown without a value of a year before, and where it was 0: nothing can be a share of it.
    """
    base, span = Fraction(normaliser.base_points), Fraction(normaliser.span_points)
    sign = -1 if scope.is_lower_better else 1
    return [
        base + sign * span * (member.value - member.before) / abs(member.before)
        if member.before
        else None
        for member in scope.members
    ]


def check(normaliser: OwnPast, indicator: Indicator) -> str:
    """Return what is wrong, "" for nothing."""
    if normaliser.span_points <= 0:
        return f"span_points {normaliser.span_points}, expected more than 0"
    return needs_order(normaliser, indicator)


NORMALISER = NormaliserKind(OwnPast, own_past, needs_peers=False, check=check)
