from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from processors.grading.normaliser import places, rank_shares

VALUES = st.lists(st.fractions(-5, 5, max_denominator=7), min_size=1, max_size=25)


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
