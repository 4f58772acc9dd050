"""The value is points already: a score that somebody gave, an amount to be deducted."""

from fractions import Fraction

from processors.grading.normaliser import NormaliserKind, Scope
from schemas.methodology import Indicator
from schemas.normalisers import AsGiven


def as_given(_normaliser: AsGiven, scope: Scope) -> list[Fraction | None]:
    """Return each value itself."""
    return [member.value for member in scope.members]


def check(_normaliser: AsGiven, indicator: Indicator) -> str:
    """Return what is wrong, "" for nothing."""
    if indicator.kind != "number":
        return f"kind was {indicator.kind}, expected number for the normaliser as_given"
    return ""


NORMALISER = NormaliserKind(AsGiven, as_given, needs_peers=False, check=check)
