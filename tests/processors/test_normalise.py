from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.normalise import peer_points, places, rank_shares
from schemas.methodology import PeerRank

VALUES = st.lists(st.fractions(-5, 5, max_denominator=7), min_size=1, max_size=25)
RULE = PeerRank(floor_points=60, span_points=40, level_percent=50)


@given(VALUES, st.booleans())
def test_the_share_is_what_counting_by_hand_gives(values: list[Fraction], lower: bool) -> None:
    shares = rank_shares(values, is_lower_better=lower)

    for at, value in enumerate(values):
        others = values[:at] + values[at + 1 :]
        worse = sum(other > value if lower else other < value for other in others)
        equal = sum(other == value for other in others)
        expected = Fraction(2 * worse + equal, 2 * len(others)) if others else Fraction(1, 2)
        assert shares[at] == expected


@given(VALUES, st.booleans())
def test_the_shares_of_a_group_are_one_half_on_average(values: list[Fraction], lower: bool) -> None:
    shares = rank_shares(values, is_lower_better=lower)

    assert sum(shares) == Fraction(len(values), 2)
    assert all(0 <= share <= 1 for share in shares)


@given(VALUES)
def test_turning_the_direction_turns_the_share(values: list[Fraction]) -> None:
    up = rank_shares(values, is_lower_better=False)
    down = rank_shares(values, is_lower_better=True)

    assert [a + b for a, b in zip(up, down, strict=True)] == [1] * len(values)


def test_growth_that_prints_alike_is_still_ranked() -> None:
    a, b = Fraction(10**20 + 1, 10**21), Fraction(1, 10)

    assert rank_shares([a, b], is_lower_better=False) == [1, 0]


def test_equals_share_the_better_place() -> None:
    values = [Fraction(n) for n in (3, 1, 3, 2)]

    assert places(values, is_lower_better=False) == [1, 4, 1, 3]
    assert places(values, is_lower_better=True) == [3, 1, 3, 2]


@pytest.mark.parametrize(
    ("level", "change", "millionths"),
    [
        (Fraction(1), Fraction(1), 100_000_000),
        (Fraction(0), Fraction(0), 60_000_000),
        (Fraction(1), Fraction(0), 80_000_000),
        (Fraction(1), None, 100_000_000),
        (Fraction(1, 3), None, 73_333_333),
        (Fraction(1, 7), Fraction(2, 7), 68_571_429),
        (Fraction(1, 2**8), None, 60_156_250),
    ],
)
def test_points_are_whole_millionths(
    level: Fraction, change: Fraction | None, millionths: int
) -> None:
    assert peer_points(RULE, level, change) == millionths


def test_a_half_millionth_goes_up() -> None:
    assert peer_points(RULE, Fraction(1, 80_000_000), None) == 60_000_001
