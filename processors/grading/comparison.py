"""Two runs side by side: who moved, by how much, and whether method, data or others moved it.

The runs may be of one quarter at two times, of two quarters, or by two methodologies.

Source: docs/method.md#grading-comparison
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from schemas.codes import Grade
from schemas.grading import BankGrade, GradingRun, IndicatorGrade
from schemas.methodology import GIVEN, MANUAL, Methodology

SUPPOSED_SOURCE = "supposed"  # Of a cell of a what-if.
SOURCES_BY_PERSONS = frozenset({"manual", "conferred"})


class Cause(StrEnum):
    """Why an indicator's value or points are others than before."""

    DATA = "data"  # The bank's own value is another.
    MANUAL = "manual"  # The same, and a person entered it or decided on it.
    SUPPOSED = "supposed"  # The same, and it is only supposed.
    METHOD = "method"  # The methodology says it otherwise.
    PEERS = "peers"  # None of these: those it is compared with moved.


class Direction(StrEnum):
    """How a bank's grade moved."""

    UP = "up"
    DOWN = "down"
    SAME = "same"
    RATED = "rated"  # It was not rated, or not there, and is now.
    UNRATED = "unrated"
    CHANGED = "changed"  # Another name, where two methodologies do not grade alike.


class Move(NamedTuple):
    """One indicator of one bank, before and after; None where one run does not have it."""

    name: str
    before: IndicatorGrade | None
    after: IndicatorGrade | None
    causes: tuple[Cause, ...]  # None: nothing moved.
    points_moved_millionths: int
    weighted_moved_hundred_millionths: int  # Of the total.
    inputs_moved: tuple[tuple[str, int | None, int | None], ...]  # Name, before and after.


class BankMove(NamedTuple):
    """One bank, before and after; None where one run does not have it."""

    before: BankGrade | None
    after: BankGrade | None
    direction: Direction
    total_moved_hundred_millionths: int
    causes: tuple[Cause, ...]
    moves: tuple[Move, ...]  # What moved the total most comes first.

    @property
    def bank(self) -> BankGrade:
        """The bank as it is known last."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def has_moved(self) -> bool:
        """Whether anything a reader sees is another."""
        is_same = self.direction is Direction.SAME and _rank(self.before) == _rank(self.after)
        return bool(self.causes) or not is_same or self.total_moved_hundred_millionths != 0


class Graded(NamedTuple):
    """A run and what it was graded by."""

    run: GradingRun
    methodology: Methodology


def compare_runs(before: Graded, after: Graded) -> list[BankMove]:
    """Return how every bank of either run moved: those whose total moved most come first."""
    was = {bank.bank_id: bank for bank in before.run.banks}
    now = {bank.bank_id: bank for bank in after.run.banks}
    moves = [
        _bank_move(before, after, was.get(bank_id), now.get(bank_id))
        for bank_id in sorted({*was, *now})
    ]
    return sorted(
        moves,
        key=lambda move: (-abs(move.total_moved_hundred_millionths), move.bank.bank_id),
    )


def transitions(moves: Iterable[BankMove]) -> dict[tuple[str, str], int]:
    """Return how many banks went from which grade to which; a bank that is not there: empty."""
    return dict(
        Counter(
            (move.before.grade if move.before else "", move.after.grade if move.after else "")
            for move in moves
        )
    )


def _bank_move(
    before: Graded, after: Graded, was: BankGrade | None, now: BankGrade | None
) -> BankMove:
    methods = (before.methodology, after.methodology)
    manual = _entered_by_hand(methods[0]) | _entered_by_hand(methods[1])
    other = _said_otherwise(*methods)
    olds, news = _columns(was), _columns(now)
    moves = [
        _move(name, olds.get(name), news.get(name), manual, is_other_method=name in other)
        for name in {**olds, **news}
    ]
    ordered = sorted(moves, key=_weight)
    found = {cause for move in ordered for cause in move.causes}
    direction = _direction(*methods, was, now)
    if _is_otherwise_graded(*methods) and direction is not Direction.SAME:
        found.add(Cause.METHOD)
    if not found and _rank(was) != _rank(now):
        found.add(Cause.PEERS)
    return BankMove(
        was,
        now,
        direction,
        _total(now) - _total(was),
        tuple(cause for cause in Cause if cause in found),
        tuple(ordered),
    )


def _said_otherwise(before: Methodology, after: Methodology) -> set[str]:
    """Return the columns of which two methodologies do not say the same."""
    names = {column.name for one in (before, after) for column in one.columns}
    if any(getattr(before, part) != getattr(after, part) for part in _OF_ALL_INDICATORS):
        return names
    said = [{column.name: column for column in one.columns} for one in (before, after)]
    return {name for name in names if said[0].get(name) != said[1].get(name)}


_OF_ALL_INDICATORS = ("groups", "aggregation", "rounding", "known_percent_min", "size_floor")
_OF_GRADES = ("grading", "caps", "bonus_points_max", "deduction_points_max")


def _is_otherwise_graded(before: Methodology, after: Methodology) -> bool:
    return any(getattr(before, part) != getattr(after, part) for part in _OF_GRADES)


def _weight(move: Move) -> tuple[int, int, int, str]:
    return (
        -abs(move.weighted_moved_hundred_millionths),
        -abs(move.points_moved_millionths),
        not move.causes,
        move.name,
    )


def _columns(bank: BankGrade | None) -> dict[str, IndicatorGrade]:
    return {} if bank is None else {one.name: one for one in (*bank.indicators, *bank.facts)}


def _entered_by_hand(methodology: Methodology) -> set[str]:
    return {column.name for column in methodology.columns if column.measure in {MANUAL, GIVEN}}


def _move(
    name: str,
    was: IndicatorGrade | None,
    now: IndicatorGrade | None,
    manual: set[str],
    *,
    is_other_method: bool,
) -> Move:
    points = _points(now) - _points(was)
    weighted = _weighted(now) - _weighted(was)
    causes: list[Cause] = []
    if was is None or now is None:
        # The bank is in one run only, or the indicator in one methodology only.
        causes.append(Cause.METHOD if is_other_method else Cause.DATA)
    else:
        if _value(was) != _value(now):
            causes.append(_cause_of_value(was, now, is_by_hand=name in manual))
        if is_other_method and (points or weighted):
            causes.append(Cause.METHOD)
        elif (points or weighted) and not causes:
            causes.append(Cause.PEERS)
    return Move(name, was, now, tuple(causes), points, weighted, _inputs_moved(was, now))


def _cause_of_value(was: IndicatorGrade, now: IndicatorGrade, *, is_by_hand: bool) -> Cause:
    sources = {was.source, now.source}
    if SUPPOSED_SOURCE in sources:
        return Cause.SUPPOSED
    return Cause.MANUAL if is_by_hand or sources & SOURCES_BY_PERSONS else Cause.DATA


def _value(graded: IndicatorGrade) -> tuple[str, str, str, str, dict[str, int]]:
    return (
        graded.value_exact,
        graded.before_exact,
        graded.status,
        graded.source,
        graded.inputs,
    )


def _inputs_moved(
    was: IndicatorGrade | None, now: IndicatorGrade | None
) -> tuple[tuple[str, int | None, int | None], ...]:
    olds, news = (one.inputs if one else {} for one in (was, now))
    return tuple(
        (name, olds.get(name), news.get(name))
        for name in {**olds, **news}
        if olds.get(name) != news.get(name)
    )


def _points(graded: IndicatorGrade | None) -> int:
    return graded.points_millionths if graded else 0


def _weighted(graded: IndicatorGrade | None) -> int:
    if graded is None:
        return 0
    sign = -1 if graded.role == "deduction" else 1
    return sign * graded.weighted_hundred_millionths


def _rank(bank: BankGrade | None) -> int:
    return bank.rank if bank else 0


def _total(bank: BankGrade | None) -> int:
    return bank.total_hundred_millionths if bank else 0


def _direction(
    before: Methodology, after: Methodology, was: BankGrade | None, now: BankGrade | None
) -> Direction:
    is_rated = [one is not None and one.grade != Grade.NOT_RATED for one in (was, now)]
    if is_rated[0] != is_rated[1]:
        return Direction.RATED if is_rated[1] else Direction.UNRATED
    if not is_rated[0] or was is None or now is None or was.grade == now.grade:
        return Direction.SAME
    olds, news = _level_names(before), _level_names(after)
    if olds != news:
        return Direction.CHANGED
    return Direction.UP if news.index(now.grade) < olds.index(was.grade) else Direction.DOWN


def _level_names(methodology: Methodology) -> Sequence[str]:
    return [level.name for level in methodology.grading.levels]
