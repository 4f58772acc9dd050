"""From totals to grades: cut-offs, or quotas inside a group, with their edges and ties.

Source: docs/method.md#grading-levels
"""

from collections.abc import Sequence
from fractions import Fraction

from processors.exact import decimal_text, half_up
from schemas.grading import TOTAL_SCALE
from schemas.methodology import GradeLevel, Grading

POINTS_DECIMALS = 2


def level_of(total: int, grading: Grading) -> int:
    """Return the place of the best level whose points_min ``total`` reaches; else the last."""
    for place, level in enumerate(grading.levels):
        if _reaches(total, level, grading):
            return place
    return len(grading.levels) - 1


def levels_by_quota(totals: Sequence[int], grading: Grading) -> list[int]:
    """Return the place of each bank's level: so many of the best, so many of the next.

    Up to the k-th level stand Σ shares × n banks, rounded as the file says. Banks of one total
    stand together: at the best place of theirs, or the worst. A level that also has a points_min
    takes only banks that reach it; the others go down.
    """
    size = len(totals)
    ends, share = [], Fraction(0)
    for level in grading.levels:
        share += Fraction(level.share_percent or 0)
        count = share * size / 100
        ends.append(
            half_up(count.numerator, count.denominator)
            if grading.quota_count == "half_up"
            else int(count)
        )
    ordered = sorted(totals, reverse=True)
    best = {total: place for place, total in reversed(list(enumerate(ordered, start=1)))}
    worst = {total: place for place, total in enumerate(ordered, start=1)}
    places = best if grading.ties == "better" else worst
    found = []
    for total in totals:
        last = len(ends) - 1
        place = next((k for k, end in enumerate(ends) if places[total] <= end), last)
        while place < last and not _reaches(total, grading.levels[place], grading):
            place += 1
        found.append(place)
    return found


def total_text(total_hundred_millionths: int, grading: Grading) -> str:
    """Return points with two decimals, with more where two would show a grade not reached."""
    for decimals in range(POINTS_DECIMALS, len(str(TOTAL_SCALE))):
        text = decimal_text(total_hundred_millionths, TOTAL_SCALE, decimals)
        shown = int(text.replace(".", "")) * TOTAL_SCALE // 10**decimals
        if level_of(shown, grading) == level_of(total_hundred_millionths, grading):
            return text
    raise AssertionError(f"eight decimals must be exact: {total_hundred_millionths}")


def _reaches(total: int, level: GradeLevel, grading: Grading) -> bool:
    if level.points_min is None:
        return True
    bound = Fraction(level.points_min) * TOTAL_SCALE
    return total >= bound if grading.is_bound_included else total > bound
