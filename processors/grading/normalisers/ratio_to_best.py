"""Against the best of the group: a bank with half its value has half the points."""

from fractions import Fraction

from processors.grading.normaliser import NormaliserKind, Scope, needs_order
from schemas.normalisers import RatioToBest


def ratio_to_best(_normaliser: RatioToBest, scope: Scope) -> list[Fraction | None]:
    """Return value ÷ best × points_max; lower is better: best ÷ value × points_max.

    Two traps. A best value of 0 or less is no measure: −2 ÷ −1 would make the worse bank the
    better one, so nobody has more than the least points. And a bank below 0 has the least points,
    not negative ones. Where lower is better, a value of 0 or less cannot be beaten: all points.
    """
    values = [member.value for member in scope.members]
    if scope.is_lower_better:
        positive = [value for value in values if value > 0]
        if len(positive) < len(values):
            return [scope.lowest if value > 0 else scope.highest for value in values]
        least = min(positive)
        return [least / value * scope.highest for value in values]
    best = max(values)
    if best <= 0:
        return [scope.lowest for _ in values]
    return [value / best * scope.highest if value > 0 else scope.lowest for value in values]


NORMALISER = NormaliserKind(RatioToBest, ratio_to_best, needs_peers=True, check=needs_order)
