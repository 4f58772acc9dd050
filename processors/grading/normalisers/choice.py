"""By the word chosen: a rating that somebody else gave, such as Outstanding."""

from fractions import Fraction

from processors.grading.normaliser import NormaliserKind, Scope
from schemas.methodology import Indicator
from schemas.normalisers import ChoicePoints


def choice(normaliser: ChoicePoints, scope: Scope) -> list[Fraction | None]:
    """Return the points of each member's word; unknown for a word that the file does not have."""
    points = {word: Fraction(given) for word, given in normaliser.points.items()}
    return [points.get(member.choice) for member in scope.members]


def check(normaliser: ChoicePoints, indicator: Indicator) -> str:
    """Return what is wrong, "" for nothing."""
    if indicator.kind != "choice":
        return f"kind was {indicator.kind}, expected choice for the normaliser choice"
    if indicator.direction != "none":
        return f"direction {indicator.direction}, expected none: words have no order of their own"
    words = {one.name for one in indicator.choices}
    if words != set(normaliser.points):
        return (
            f"points for {sorted(normaliser.points)}, expected points for each of {sorted(words)}"
        )
    outside = [
        str(given)
        for given in normaliser.points.values()
        if not indicator.points_min <= given <= indicator.points_max
    ]
    if outside:
        return (
            f"points {', '.join(outside)}, expected "
            f"{indicator.points_min} to {indicator.points_max}"
        )
    return ""


NORMALISER = NormaliserKind(ChoicePoints, choice, needs_peers=False, check=check)
