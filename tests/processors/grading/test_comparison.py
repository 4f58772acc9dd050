"""Two runs side by side: who moved, and what moved them."""

from fractions import Fraction

import msgspec
import pytest

from infra.reference_data import load_methodology
from processors.grading.comparison import Cause, Direction, Graded, compare_runs, transitions
from processors.grading.run import grade
from processors.grading.table import Cell
from schemas.codes import Population, Status
from schemas.grading import TOTAL_SCALE, GradingRun
from schemas.methodology import Methodology
from schemas.quarter import Quarter
from tests.processors.test_grading import YI, add, eight
from tests.stored_totals import StoredTotals

Q4 = Quarter(2021, 4)
RULE = load_methodology()
replaced = msgspec.structs.replace


def graded(stored: StoredTotals, rule: Methodology = RULE) -> Graded:
    return Graded(grade(stored.results(), rule, Q4), rule)


def test_a_run_compared_with_itself_moved_nothing() -> None:
    run = graded(eight())

    moves = compare_runs(run, run)

    assert [move.has_moved for move in moves] == [False] * 8
    assert {move.direction for move in moves} == {Direction.SAME}
    assert sum(transitions(moves).values()) == 8


def test_a_bank_whose_balance_moved_is_named_with_the_input_and_its_peers_as_peers() -> None:
    before = graded(eight())
    stored = eight()
    stored.total("B0", "2021Q4", Population.PRIVATE, balance_change_minor=50 * YI)
    moves = {move.bank.bank_id: move for move in compare_runs(before, graded(stored))}

    first = moves["B0"].moves[0]
    assert moves["B0"].causes == (Cause.DATA,)
    assert (first.name, first.causes) == ("private_growth_ytd", (Cause.DATA,))
    # 110 at the year's start and 121 at its end, 50 more.
    assert first.inputs_moved == (("latest_minor", 121 * YI, 171 * YI),)
    # Last of eight, 60 points, then first, 100: 30 percent of 40 is 12.
    assert first.points_moved_millionths == 40_000_000
    assert first.weighted_moved_hundred_millionths == 12 * TOTAL_SCALE
    assert moves["B0"].total_moved_hundred_millionths == 12 * TOTAL_SCALE
    assert moves["B0"].direction is Direction.SAME
    assert moves["B7"].causes == (Cause.PEERS,)
    assert moves["B7"].total_moved_hundred_millionths < 0


@pytest.mark.parametrize("source", ["manual", "conferred"])
def test_a_value_that_a_person_gave_is_a_manual_item(source: str) -> None:
    before = graded(eight())
    given = {("private_growth_ytd", "B0"): Cell(Fraction(99), Status.OK, source)}
    after = Graded(grade(eight().results(), RULE, Q4, given=given), RULE)

    moves = {move.bank.bank_id: move for move in compare_runs(before, after)}

    assert moves["B0"].causes == (Cause.MANUAL,)
    assert moves["B0"].moves[0].causes == (Cause.MANUAL,)


def test_who_moved_most_comes_first() -> None:
    stored = eight()
    stored.total("B0", "2021Q4", Population.PRIVATE, balance_change_minor=50 * YI)

    moves = compare_runs(graded(eight()), graded(stored))

    assert moves[0].bank.bank_id == "B0"
    totals = [abs(move.total_moved_hundred_millionths) for move in moves]
    assert totals == sorted(totals, reverse=True)


def test_another_methodology_moves_banks_by_method_alone() -> None:
    weights = [40, 20, 20, 20]
    indicators = [
        replaced(entry, weight_percent=weight)
        for entry, weight in zip(RULE.indicators, weights, strict=True)
    ]
    other = replaced(RULE, indicators=indicators)
    stored = eight()
    add(stored, "odd", 90, 900_000)

    moves = compare_runs(graded(stored), graded(stored, other))

    assert {cause for move in moves for cause in move.causes} == {Cause.METHOD}
    assert all(move.has_moved == bool(move.causes) for move in moves)


def test_other_cut_offs_move_grades_by_method_although_no_indicator_moved() -> None:
    levels = [replaced(RULE.grading.levels[0], points_min=99), *RULE.grading.levels[1:]]
    other = replaced(RULE, grading=replaced(RULE.grading, levels=levels))

    moves = compare_runs(graded(eight()), graded(eight(), other))

    moved = [move for move in moves if move.has_moved]
    assert [move.direction for move in moved] == [Direction.DOWN] * len(moved)
    assert moved
    assert {move.causes for move in moved} == {(Cause.METHOD,)}
    assert not any(one.causes for move in moved for one in move.moves)


def test_an_indicator_that_is_said_alike_is_not_moved_by_the_method() -> None:
    first = replaced(RULE.indicators[0], points_max=90)
    other = replaced(RULE, indicators=[first, *RULE.indicators[1:]])
    stored = eight()
    stored.total("B0", "2021Q4", Population.SMALL_MICRO, balance_change_minor=50 * YI)

    moves = compare_runs(graded(eight()), graded(stored, other))

    causes = {
        (one.name, cause)
        for move in moves
        if move.bank.bank_id == "B7"
        for one in move.moves
        for cause in one.causes
    }
    assert causes == {
        ("private_growth_ytd", Cause.METHOD),
        ("small_micro_growth_ytd", Cause.PEERS),
    }


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_bank_that_is_in_one_run_only_is_told_as_rated_or_not(is_reversed: bool) -> None:
    stored = eight()
    add(stored, "new", 12, 400_000)
    pair = [graded(eight()), graded(stored)]
    if is_reversed:
        pair.reverse()

    moves = {move.bank.bank_id: move for move in compare_runs(*pair)}

    expected = Direction.UNRATED if is_reversed else Direction.RATED
    assert moves["new"].direction is expected
    grade_now = next(bank for bank in graded(stored).run.banks if bank.bank_id == "new").grade
    key = (grade_now, "") if is_reversed else ("", grade_now)
    assert transitions(moves.values())[key] == 1


def test_a_grade_that_rose_and_one_that_fell_are_told_apart() -> None:
    stored = eight()
    for population in (Population.PRIVATE, Population.SMALL_MICRO):
        stored.total("B0", "2021Q4", population, balance_change_minor=50 * YI)
    moves = compare_runs(graded(eight()), graded(stored))
    back = compare_runs(graded(stored), graded(eight()))

    directions = {move.bank.bank_id: move.direction for move in moves}
    assert directions["B0"] is Direction.UP
    assert {move.bank.bank_id: move.direction for move in back}["B0"] is Direction.DOWN


def test_the_transition_matrix_counts_every_bank_once() -> None:
    stored = eight()
    for population in (Population.PRIVATE, Population.SMALL_MICRO):
        stored.total("B0", "2021Q4", population, balance_change_minor=50 * YI)

    found = transitions(compare_runs(graded(eight()), graded(stored)))

    assert sum(found.values()) == 8
    assert sum(n for (was, _), n in found.items() if was == "encouraged") == _count("encouraged")


def _count(name: str) -> int:
    run: GradingRun = graded(eight()).run
    return sum(bank.grade == name for bank in run.banks)
