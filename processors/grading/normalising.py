"""Finds the normaliser of a kind, and keeps points on the indicator's scale."""

from fractions import Fraction
from functools import cache

from processors.grading import normalisers
from processors.grading.normaliser import NormaliserKind
from schemas.catalog import entries
from schemas.methodology import Indicator
from schemas.normalisers import Normaliser


@cache
def normaliser_kinds() -> dict[type, NormaliserKind]:
    """Return the catalog by shape. Not at import: a mix asks for other kinds."""
    return {kind.shape: kind for kind in entries(normalisers, "NORMALISER")}


def kind_of(normaliser: Normaliser) -> NormaliserKind:
    """Return what the shape of ``normaliser`` stands for."""
    return normaliser_kinds()[type(normaliser)]


def clipped(points: Fraction, indicator: Indicator) -> Fraction:
    """Return ``points`` within points_min and points_max."""
    return min(max(points, Fraction(indicator.points_min)), Fraction(indicator.points_max))
