"""From values to points: by rank among peers, exactly, in integer millionths of a point.

Ranks compare fractions, never their decimals: two growths that print alike may differ.

Source: docs/method.md#grading
"""

from collections.abc import Sequence
from fractions import Fraction

from processors.exact import half_up
from schemas.grading import POINTS_SCALE
from schemas.methodology import PeerRank

HALF = Fraction(1, 2)


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


def peer_points(rule: PeerRank, level: Fraction, change: Fraction | None) -> int:
    """Return points in millionths from the rank shares of the level and of the change.

    floor + span × (level's part × level + the rest × change); the level alone where there is
    no figure of a year before. Rounded half up, once.
    """
    share = level
    if change is not None:
        share = (level * rule.level_percent + change * (100 - rule.level_percent)) / 100
    points = (rule.floor_points + rule.span_points * share) * POINTS_SCALE
    return half_up(points.numerator, points.denominator)
