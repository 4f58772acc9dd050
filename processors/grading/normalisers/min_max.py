"""From the group's worst value to its best."""

from fractions import Fraction

from processors.grading.normaliser import HALF, NormaliserKind, Scope, needs_order
from schemas.normalisers import MinMax


def min_max(_normaliser: MinMax, scope: Scope) -> list[Fraction | None]:
    """Return points_min + (points_max − points_min) × (value − worst) ÷ (best − worst).

    Where all members have one value, or there is one member only, the middle.
    """
    values = [member.value for member in scope.members]
    least, most = min(values), max(values)
    if least == most:
        return [scope.on_scale(HALF) for _ in values]
    worst, best = (most, least) if scope.is_lower_better else (least, most)
    return [scope.on_scale((value - worst) / (best - worst)) for value in values]


NORMALISER = NormaliserKind(MinMax, min_max, needs_peers=True, check=needs_order)
