"""Whether a methodology makes sense: what its shape alone cannot refuse.

Source: docs/method.md#grading
"""

import keyword
from collections.abc import Iterator
from itertools import pairwise

from processors.grading.groups import ALL_BANKS
from processors.grading.measuring import MEASURES
from processors.grading.normalising import kind_of
from processors.grading.points import BEFORE, FULL, TARGET, VALUE
from processors.grading.totals import BONUS, DEDUCTIONS, POINTS_PREFIX, REGULAR, TOTAL
from processors.methodology_formulas import formula_problems
from processors.problem import Problem
from schemas.codes import PeerGroup
from schemas.methodology import GIVEN, MANUAL, Column, Methodology
from schemas.quarter import Quarter

WEIGHT_DECIMALS_MAX = 4
RESERVED = {
    TOTAL,
    REGULAR,
    BONUS,
    DEDUCTIONS,
    VALUE,
    BEFORE,
    FULL,
    TARGET,
    "yes",
    "no",
    "min",
    "max",
}


class MethodologyError(ValueError):
    """A methodology file that cannot be used, and why."""

    def __init__(self, methodology: Methodology, problem: Problem) -> None:
        super().__init__(
            f"methodology {methodology.name} version {methodology.version}: {problem.where}: found "
            f"{problem.found}, expected {problem.expected}. Nothing was graded; correct it in a "
            "new file"
        )


def check_methodology(methodology: Methodology, quarter: Quarter | None = None) -> None:
    """Raise MethodologyError when ``methodology`` cannot grade, or not ``quarter``."""
    found = problems_of(methodology)
    if found:
        raise MethodologyError(methodology, found[0])
    if quarter is None:
        return
    first = Quarter.parse(methodology.effective_from)
    if quarter < first:
        problem = Problem("quarter before it took effect", quarter, f"{first} on")
        raise MethodologyError(methodology, problem)
    if methodology.effective_to and quarter > Quarter.parse(methodology.effective_to):
        problem = Problem("quarter after its end", quarter, f"up to {methodology.effective_to}")
        raise MethodologyError(methodology, problem)
    if quarter.number not in methodology.quarters:
        expected = f"quarters {', '.join(str(one) for one in methodology.quarters)} of a year"
        raise MethodologyError(
            methodology, Problem("a quarter it does not grade", quarter, expected)
        )


def problems_of(methodology: Methodology) -> list[Problem]:
    """Return everything that is wrong with a methodology."""
    return [
        *_dates(methodology),
        *_columns(methodology),
        *_indicators(methodology),
        *_weights(methodology),
        *formula_problems(methodology),
        *_groups(methodology),
        *_levels(methodology),
    ]


def _dates(methodology: Methodology) -> Iterator[Problem]:
    for name in ("effective_from", "effective_to"):
        text = getattr(methodology, name)
        if text or name == "effective_from":
            try:
                Quarter.parse(text)
            except ValueError:
                yield Problem(name, repr(text), "a quarter such as 2021Q1")


def _columns(methodology: Methodology) -> Iterator[Problem]:
    names = [column.name for column in methodology.columns]
    if len(set(names)) < len(names):
        yield Problem("a column stands twice", names, "each name once")
    for column in methodology.columns:
        where = f"column {column.name}"
        if (
            column.name in RESERVED
            or keyword.iskeyword(column.name)
            or column.name.startswith(POINTS_PREFIX)
        ):
            yield Problem(where, column.name, "a name that formulas do not use themselves")
        if column.kind == "choice" and not column.choices:
            yield Problem(where, "kind choice without choices", "at least one choice")
        yield from _measured(column, where)


def _measured(column: Column, where: str) -> Iterator[Problem]:
    if column.measure in {GIVEN, MANUAL}:
        return
    measure = MEASURES.get(column.measure)
    if measure is None:
        known = ", ".join((*sorted(MEASURES), GIVEN, MANUAL))
        yield Problem(f"{where}, measure", column.measure, f"one of {known}")
        return
    if column.population is None:
        yield Problem(f"{where}, population", "none", "a population")
    if (column.basis is not None) != measure.needs_basis:
        expected = "ytd, yoy or qoq" if measure.needs_basis else "none for this measure"
        yield Problem(f"{where}, basis", column.basis, expected)
    if column.vintage not in measure.vintages:
        yield Problem(f"{where}, vintage", column.vintage, f"one of {', '.join(measure.vintages)}")
    if column.kind != "number":
        yield Problem(f"{where}, kind", column.kind, "number: it is measured")


def _indicators(methodology: Methodology) -> Iterator[Problem]:
    regular = [entry for entry in methodology.indicators if entry.role == "regular"]
    if not regular:
        yield Problem("indicators", "none that is regular", "at least one")
    for entry in methodology.indicators:
        where = f"indicator {entry.name}"
        if entry.points_min >= entry.points_max:
            yield Problem(where, f"points {entry.points_min} … {entry.points_max}", "min below max")
        if entry.missing == "neutral" and entry.neutral_points is None:
            yield Problem(where, "missing = neutral without neutral_points", "the points it earns")
        neutral = entry.neutral_points
        if neutral is not None and not entry.points_min <= neutral <= entry.points_max:
            expected = f"within {entry.points_min} … {entry.points_max}"
            yield Problem(where, f"neutral_points {neutral}", expected)
        if entry.role == "deduction" and entry.points_min < 0:
            yield Problem(where, f"points_min {entry.points_min}", "0 or more: it is taken away")
        if methodology.aggregation == "geometric" and entry.points_min < 0:
            yield Problem(where, f"points_min {entry.points_min}", "0 or more in a geometric total")
        problem = kind_of(entry.normaliser).check(entry.normaliser, entry)
        if problem:
            yield Problem(where, problem, "a normaliser that fits")


def _weights(methodology: Methodology) -> Iterator[Problem]:
    for entry in methodology.indicators:
        if entry.weight_percent is not None and entry.weight_percent <= 0:
            yield Problem(f"indicator {entry.name}", f"weight {entry.weight_percent}", "above 0")
        most = 1 if methodology.aggregation == "geometric" else WEIGHT_DECIMALS_MAX
        if entry.weight_percent is not None and entry.weight_percent != round(
            entry.weight_percent, most
        ):
            # A root of a very high degree takes minutes; more decimals would not fit the draws.
            where = f"indicator {entry.name}"
            yield Problem(where, f"weight {entry.weight_percent}", f"at most {most} decimals")
    yield from _limits(methodology)
    regular = [entry for entry in methodology.indicators if entry.role == "regular"]
    weights = [entry.weight_percent for entry in regular]
    if methodology.aggregation == "sum":
        if any(weight is not None for weight in weights):
            yield Problem("weights", "a weight", "none: points are added up as they are")
        return
    if any(weight is None or weight <= 0 for weight in weights):
        yield Problem("weights", "an indicator without", "a weight for every regular one")
        return
    total = sum(weight for weight in weights if weight is not None)
    if total != 100:
        yield Problem("weights do not add up", total, "100")


def _limits(methodology: Methodology) -> Iterator[Problem]:
    for name in ("bonus_points_max", "deduction_points_max"):
        limit = getattr(methodology, name)
        if limit is not None and limit < 0:
            yield Problem(name, limit, "0 or more")
    if not 0 <= methodology.known_percent_min <= 100:
        yield Problem("known_percent_min", methodology.known_percent_min, "0 to 100")


def _groups(methodology: Methodology) -> Iterator[Problem]:
    names = [group.name for group in methodology.groups.wider]
    taken = {ALL_BANKS, *(code.value for code in PeerGroup)}
    if len(set(names)) < len(names) or taken & set(names):
        expected = f"each once, and none of {', '.join(sorted(taken))}"
        yield Problem("names of wider groups", names, expected)
    told = [code.value for group in methodology.groups.wider for code in group.peer_groups]
    if len(set(told)) < len(told):
        yield Problem("a peer group is in two wider groups", told, "each at most once")


def _levels(methodology: Methodology) -> Iterator[Problem]:
    grading = methodology.grading
    names = [level.name for level in grading.levels]
    if len(set(names)) < len(names) or "not_rated" in names:
        yield Problem("grades", names, "each once, and none called not_rated")
    yield from (
        Problem(f"cap {cap.clause}", cap.grade_at_most, f"one of {', '.join(names)}")
        for cap in methodology.caps
        if cap.grade_at_most and cap.grade_at_most not in names
    )
    if grading.by == "quota":
        shares = [level.share_percent for level in grading.levels]
        total = sum(share for share in shares if share is not None)
        if None in shares or total != 100:
            yield Problem("quotas", [str(share) for share in shares], "shares that add up to 100")
        return
    points = [level.points_min for level in grading.levels[:-1]]
    known = [bound for bound in points if bound is not None]
    if len(known) < len(points) or any(higher <= lower for higher, lower in pairwise(known)):
        yield Problem("cut-offs", [str(bound) for bound in points], "falling numbers, best first")
    lowest = grading.levels[-1].points_min
    if lowest is not None and known and lowest >= known[-1]:
        yield Problem("cut-offs", str(lowest), f"less than {known[-1]} for the lowest grade")
