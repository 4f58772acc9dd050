"""What a normaliser is: a function from the members of one group to points.

The catalog processors/grading/normalisers holds one file for each kind.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from processors.grading.table import GradedBank
from schemas.methodology import Indicator

HALF = Fraction(1, 2)


class Member(NamedTuple):
    """One bank whose value is known."""

    bank: GradedBank
    value: Fraction
    before: Fraction | None
    choice: str
    values: Mapping[str, Fraction | None]  # All columns of the bank, for formulas.


class Scope(NamedTuple):
    """One indicator over the members of one group. The order of members decides nothing."""

    quarter: str
    indicator: Indicator
    members: Sequence[Member]

    @property
    def is_lower_better(self) -> bool:
        return self.indicator.direction == "lower"

    @property
    def lowest(self) -> Fraction:
        return Fraction(self.indicator.points_min)

    @property
    def highest(self) -> Fraction:
        return Fraction(self.indicator.points_max)

    def on_scale(self, share: Fraction) -> Fraction:
        """Return the points that ``share`` of the way from lowest to highest is."""
        return self.lowest + (self.highest - self.lowest) * share


class NormaliserKind(NamedTuple):
    """One entry of the catalog: the shape of its part in the file, and what it computes.

    ``points`` returns for each member its points, not yet clipped or rounded; None where they
    cannot be computed, which is as if the value were missing. ``needs_peers`` tells whether other
    members' values matter; ``check`` returns what is wrong with a part of the file, "" for nothing.
    """

    shape: type[Any]
    points: Callable[[Any, Scope], list[Fraction | None]]
    needs_peers: bool
    check: Callable[[Any, Indicator], str] = lambda _normaliser, _indicator: ""


def needs_order(_normaliser: object, indicator: Indicator) -> str:
    """Return what is wrong for a kind that must know which of two values is better."""
    if indicator.kind != "number":
        return f"kind was {indicator.kind}, expected number for this normaliser"
    if indicator.direction == "none":
        return "direction none, expected higher or lower for this normaliser"
    return ""


def rank_shares(values: Sequence[Fraction], *, is_lower_better: bool) -> list[Fraction]:
    """Return for each value the share of the others that it beats, ties half.

    (number worse + ½ × number of others that are equal) ÷ (n − 1): 1 for the single best, 0
    for the single worst, ½ for one alone.
    """
    if len(values) == 1:
        return [HALF]
    count: dict[Fraction, int] = {}
    for value in values:
        count[value] = count.get(value, 0) + 1
    share = {}
    worse = 0
    for value in sorted(count, reverse=is_lower_better):
        share[value] = Fraction(2 * worse + count[value] - 1, 2 * (len(values) - 1))
        worse += count[value]
    return [share[value] for value in values]


def places(values: Sequence[Fraction], *, is_lower_better: bool) -> list[int]:
    """Return the rank of each value, 1 for the best; equals share the better one."""
    place: dict[Fraction, int] = {}
    for n, value in enumerate(sorted(values, reverse=not is_lower_better), start=1):
        place.setdefault(value, n)
    return [place[value] for value in values]
