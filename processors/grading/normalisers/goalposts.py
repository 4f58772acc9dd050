"""Between two posts that are given: the worst value has the least points, the best one all."""

from fractions import Fraction

from processors.grading.normaliser import NormaliserKind, Scope
from schemas.methodology import Indicator
from schemas.normalisers import Goalposts


def goalposts(normaliser: Goalposts, scope: Scope) -> list[Fraction | None]:
    """Return points_min + (points_max − points_min) × (value − worst) ÷ (best − worst)."""
    worst, best = Fraction(normaliser.worst), Fraction(normaliser.best)
    return [scope.on_scale((member.value - worst) / (best - worst)) for member in scope.members]


def check(normaliser: Goalposts, indicator: Indicator) -> str:
    """Return what is wrong with the posts, "" for nothing."""
    if indicator.kind != "number":
        return f"kind was {indicator.kind}, expected number for the normaliser goalposts"
    if normaliser.worst == normaliser.best:
        return f"worst and best are both {normaliser.best}, expected two values"
    found = "higher" if normaliser.best > normaliser.worst else "lower"
    if indicator.direction not in {found, "none"}:
        return (
            f"best {normaliser.best} and worst {normaliser.worst} make {found} values the better "
            f"ones, expected direction = {found}"
        )
    return ""


NORMALISER = NormaliserKind(Goalposts, goalposts, needs_peers=False, check=check)
