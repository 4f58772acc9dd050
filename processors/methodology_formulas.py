"""Whether the formulas of a methodology can be read, name what there is, and never punish points.

Source: docs/method.md#grading-formulas
"""

from collections.abc import Iterator

from processors.grading.formula import FormulaError, read_formula
from processors.grading.monotone import Move, move_of
from processors.grading.points import BEFORE, FULL, TARGET, VALUE
from processors.grading.totals import BONUS, DEDUCTIONS, POINTS_PREFIX, REGULAR, TOTAL
from processors.problem import Problem
from schemas.methodology import Cap, Indicator, Methodology
from schemas.normalisers import Matrix, Mix, Normaliser, TargetRatio


def formula_problems(methodology: Methodology) -> Iterator[Problem]:
    """Yield what is wrong with the formulas of ``methodology``."""
    # Words are no numbers: a formula that names one would never know its value.
    columns = {column.name for column in methodology.columns if column.kind != "choice"}
    points = {f"{POINTS_PREFIX}{entry.name}" for entry in methodology.indicators}
    in_rules = columns | {VALUE, BEFORE, FULL}
    in_caps = columns | points | {TOTAL, REGULAR, BONUS, DEDUCTIONS}
    asked: list[tuple[str, str, set[str]]] = []
    for entry in methodology.indicators:
        has_target = isinstance(entry.normaliser, TargetRatio)
        names = in_rules | {TARGET} if has_target else in_rules
        asked += [(f"indicator {entry.name}", text, names) for text in _rule_texts(entry)]
        asked += [(f"indicator {entry.name}", text, columns) for text in _target_texts(entry)]
        for kind in _kinds(entry.normaliser):
            if isinstance(kind, Matrix) and kind.column not in columns:
                yield Problem(f"indicator {entry.name}", kind.column, "a column")
    for cap in methodology.caps:
        texts = [text for text in (cap.when, cap.total_at_most) if text]
        asked += [(f"cap {cap.clause}", text, in_caps) for text in texts]
        if not cap.total_at_most and not cap.grade_at_most:
            yield Problem(f"cap {cap.clause}", "no effect", "total_at_most or grade_at_most")
    floor = methodology.size_floor
    if floor is not None and floor.column not in columns:
        yield Problem("size_floor", floor.column, "a column")
    for where, text, names in asked:
        try:
            unknown = read_formula(text).names - names
        except FormulaError as error:
            yield Problem(where, str(error), "a formula, see docs/method.md#grading-formulas")
            continue
        if unknown:
            yield Problem(where, f"{sorted(unknown)} in {text!r}", f"names among {sorted(names)}")
    yield from (problem for cap in methodology.caps for problem in _punishing(methodology, cap))


def _punishing(methodology: Methodology, cap: Cap) -> Iterator[Problem]:
    """Yield what could make more points lower a grade."""
    falling = {entry.name for entry in methodology.indicators if entry.role == "deduction"}
    rising = {entry.name for entry in methodology.indicators} - falling
    names = (
        {TOTAL, REGULAR, BONUS} | {f"{POINTS_PREFIX}{name}" for name in rising},
        {DEDUCTIONS} | {f"{POINTS_PREFIX}{name}" for name in falling},
    )
    where = f"cap {cap.clause}"
    try:
        when = move_of(read_formula(cap.when or "1"), *names, is_condition=True)
        limit = move_of(read_formula(cap.total_at_most or "1"), *names, is_condition=False)
    except FormulaError:
        return  # Told already.
    if when not in {Move.STAYS, Move.FALLS}:
        expected = "a condition that more points can only end, such as points_x < 6 or total <= 80"
        yield Problem(where, f"when = {cap.when!r}", expected)
    if limit not in {Move.STAYS, Move.RISES}:
        expected = "a limit that never falls with more points, such as 3 * points_x"
        yield Problem(where, f"total_at_most = {cap.total_at_most!r}", expected)


def _rule_texts(entry: Indicator) -> list[str]:
    return [text for rule in entry.rules for text in (rule.when, rule.points)]


def _target_texts(entry: Indicator) -> list[str]:
    return [
        text
        for kind in _kinds(entry.normaliser)
        if isinstance(kind, TargetRatio)
        for text in (kind.target, *(dated.target for dated in kind.targets))
    ]


def _kinds(normaliser: Normaliser) -> Iterator[Normaliser]:
    """Yield a normaliser, and of a mix its parts too."""
    yield normaliser
    if isinstance(normaliser, Mix):
        for part in normaliser.parts:
            yield from _kinds(part.normaliser)
