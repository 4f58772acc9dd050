"""Whether a methodology makes sense: what its shape alone cannot refuse.

Source: docs/method.md#grading
"""

from itertools import pairwise
from typing import Any

from processors import indicators
from processors.indicator import Indicator
from schemas.catalog import entries
from schemas.codes import Grade
from schemas.methodology import Methodology
from schemas.quarter import Quarter

INDICATORS: dict[str, Indicator] = {
    indicator.name: indicator for indicator in entries(indicators, "INDICATOR")
}
GRADES = (Grade.EXCELLENT, Grade.GOOD, Grade.FAIR, Grade.ENCOURAGED)
HIGHEST_POINTS = 100


class MethodologyError(ValueError):
    """A methodology file that cannot be used, and why."""

    def __init__(self, methodology: Methodology, problem: str, found: Any, expected: str) -> None:
        super().__init__(
            f"methodology {methodology.name} version {methodology.version}: {problem}: found "
            f"{found}, expected {expected}. Nothing was graded; correct it in a new file"
        )


def check_methodology(methodology: Methodology, quarter: Quarter) -> None:
    """Raise MethodologyError when ``methodology`` cannot grade ``quarter``."""
    names = [entry.name for entry in methodology.indicators]
    unknown = sorted(set(names) - set(INDICATORS))
    if unknown:
        raise MethodologyError(
            methodology, "unknown indicators", unknown, f"names among {sorted(INDICATORS)}"
        )
    if len(set(names)) < len(names):
        raise MethodologyError(methodology, "an indicator stands twice", names, "each once")
    weights = sum(entry.weight_percent for entry in methodology.indicators)
    if weights != 100:
        raise MethodologyError(methodology, "weights do not add up", weights, "100")
    rank = methodology.peer_rank
    if rank.floor_points + rank.span_points > HIGHEST_POINTS:
        total = rank.floor_points + rank.span_points
        raise MethodologyError(methodology, "points reach too high", total, "at most 100")
    _check_cut_offs(methodology)
    told = [code for group in methodology.wider_groups for code in group.peer_groups]
    if len(set(told)) < len(told):
        raise MethodologyError(
            methodology, "a peer group is in two wider groups", told, "each at most once"
        )
    first = Quarter.parse(methodology.effective_from)
    if quarter < first:
        raise MethodologyError(methodology, "quarter before it took effect", quarter, f"{first} on")


def _check_cut_offs(methodology: Methodology) -> None:
    """Raise MethodologyError unless all four grades stand there, best first, down to 0."""
    grades = tuple(entry.grade for entry in methodology.cut_offs)
    if grades != GRADES:
        raise MethodologyError(methodology, "grades", list(grades), f"{list(GRADES)} in order")
    points = [entry.points_min for entry in methodology.cut_offs]
    if any(higher <= lower for higher, lower in pairwise(points)) or points[-1] != 0:
        raise MethodologyError(methodology, "cut-offs", points, "falling numbers, the last one 0")
