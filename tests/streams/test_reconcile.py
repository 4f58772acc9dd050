"""Comparing two ways of counting: what differs is named with where, and by how much."""

import itertools
import random

import numpy as np
import pytest

from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.words import Words
from streams.reconcile import (
    NAMED_MAX,
    Check,
    Level,
    compare_sums,
    differs,
    missing_ranges,
    ranges_text,
    row_of,
    standing,
    sums_of,
)

CHECK = Check(
    "events_cells",
    Words("事件与累计", "Events and cells"),
    Words("按事件", "from events"),
    Words("累计", "cells"),
    Words("重建", "rebuild"),
    step=5,
)
Q = Quarter(2021, 4).ordinal - FIRST_ORDINAL


def named(left: dict, right: dict) -> list[tuple]:
    found = compare_sums(CHECK, left, right, where="lending[0]")
    return [(f.bank_id, f.quarter, f.measure, f.left, f.right) for f in found]


def test_equal_sums_differ_in_nothing() -> None:
    assert named({("A", Q, 0): {"x": 1}}, {("A", Q, 0): {"x": 1}}) == []


def test_every_measure_that_differs_is_named_with_its_bank_and_quarter() -> None:
    left = {("A", Q, 0): {"x": 1, "y": 2, "z": 3}, ("B", Q, 0): {"x": 5}}
    right = {("A", Q, 0): {"x": 1, "y": 20, "z": 30}, ("B", Q, 0): {"x": 5}}

    assert named(left, right) == [("A", Q, "y", "2", "20"), ("A", Q, "z", "3", "30")]


@pytest.mark.parametrize(
    ("left", "right"), [({}, {("A", Q, 0): {"x": 7}}), ({("A", Q, 0): {"x": 7}}, {})]
)
def test_a_row_that_only_one_side_has_is_a_difference(left: dict, right: dict) -> None:
    assert len(named(left, right)) == 1


def test_a_row_of_zeros_is_as_good_as_none() -> None:
    assert named({("A", Q, 0): {"x": 0}}, {}) == []


def test_a_tag_is_part_of_where() -> None:
    (found,) = compare_sums(CHECK, {("A", Q, 17): {"x": 1}}, {}, where="lending[0]")

    assert found.where == "lending[0], tag 17"


def test_limbs_are_joined_to_numbers_that_no_column_holds() -> None:
    rows = [{"bank_id": "A", "quarter": Q, "rate_hi": 9 * 10**18, "rate_lo": 999_999_999, "n": 4}]

    assert sums_of(rows) == {("A", Q, 0): {"rate": 9 * 10**24 + 999_999_999, "n": 4}}


def test_the_same_number_in_other_limbs_is_no_difference() -> None:
    carried = sums_of([{"bank_id": "A", "quarter": Q, "r_hi": 3, "r_lo": 5}])
    not_carried = sums_of([{"bank_id": "A", "quarter": Q, "r_hi": 1, "r_lo": 2_000_005}])

    assert named(carried, not_carried) == []


@pytest.mark.parametrize(
    ("offsets", "first", "end", "expected"),
    [
        ([0, 1, 2], 0, 3, []),
        ([], 0, 0, []),
        ([], 0, 3, [(0, 2)]),
        ([1, 2], 0, 4, [(0, 0), (3, 3)]),
        ([5, 9, 9, 2], 2, 12, [(3, 4), (6, 8), (10, 11)]),
        ([0, 1, 50], 0, 2, []),
        ([3], 3, 4, []),
    ],
)
def test_missing_offsets_are_told_as_ranges(
    offsets: list[int], first: int, end: int, expected: list
) -> None:
    assert missing_ranges(np.array(offsets, np.int64), first, end) == expected


@pytest.mark.parametrize("seed", range(30))
def test_ranges_and_offsets_together_are_all_there_should_be(seed: int) -> None:
    rng = random.Random(seed)
    first = rng.randrange(20)
    end = first + rng.randrange(60)
    offsets = [offset for offset in range(first, end) if rng.random() < rng.choice([0.1, 0.8, 1])]
    rng.shuffle(offsets)

    ranges = missing_ranges(np.array(offsets, np.int64), first, end)

    missing = [offset for low, high in ranges for offset in range(low, high + 1)]
    assert sorted([*missing, *offsets]) == list(range(first, end))
    assert all(high + 1 < low for (_, high), (low, _) in itertools.pairwise(ranges))


def test_ranges_read_like_pages_of_a_book() -> None:
    assert ranges_text([(3, 3), (7, 9)]) == "3, 7–9"
    assert ranges_text([(n, n) for n in range(0, 1_000, 2)]).endswith("… (+300)")


def test_a_row_says_it_in_both_languages_and_what_to_do() -> None:
    row = row_of(differs(CHECK, "repaid_minor", 5, 3, where="lending[1]", bank_id="A", quarter=Q))

    assert row == {
        "check": "events_cells",
        "level": "difference",
        "level_zh": "不一致",
        "level_en": "difference",
        "bank_id": "A",
        "quarter": "2021Q4",
        "measure": "repaid_minor",
        "left": "5",
        "right": "3",
        "where": "lending[1]",
        "message_zh": "A 2021Q4 收回（分）：按事件 5，累计 3（lending[1]）",
        "message_en": "A 2021Q4 repaid, fen: from events 5, cells 3 (lending[1])",
        "to_do": "rebuild",
        "to_do_zh": "重建",
    }


def test_a_check_that_finds_nothing_says_so() -> None:
    (found,) = standing(CHECK, [], where="lending[0]")

    assert (found.check, found.level, found.where) == ("events_cells", Level.OK, "lending[0]")


def test_of_very_many_differences_the_rest_is_counted() -> None:
    many = [differs(CHECK, f"m{n}", 1, 0, where="") for n in range(NAMED_MAX + 7)]

    told = standing(CHECK, many, where="")

    assert len(told) == NAMED_MAX + 1
    assert (told[-1].level, told[-1].left) == (Level.DIFFERENCE, "+7")
