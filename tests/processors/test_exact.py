from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processors.exact import (
    decimal_text,
    fen_of_yi,
    growth_percent,
    growth_reaches,
    half_up,
    join,
    percent_text,
    rate_percent_text,
)
from processors.sums import LIMB

BIG = 10**25  # Σ money × rate of the largest bank.


@given(st.integers(-BIG, BIG), st.integers(1, BIG), st.integers(0, 6))
@example(-1, 3000, 1)  # Would print as -0.0.
@example(1, 20, 1)  # A half.
@example(-1, 20, 1)
def test_text_is_the_quotient_rounded_half_away_from_zero(
    numerator: int, denominator: int, decimals: int
) -> None:
    text = decimal_text(numerator, denominator, decimals)

    exact = Fraction(numerator, denominator)
    error = abs(Fraction(text) - exact)
    assert error <= Fraction(1, 2 * 10**decimals)
    if error == Fraction(1, 2 * 10**decimals):
        assert abs(Fraction(text)) > abs(exact)


@given(st.integers(-(10**18), 10**18), st.integers(0, 4))
def test_text_has_its_decimals_and_zero_has_no_sign(numerator: int, decimals: int) -> None:
    text = decimal_text(numerator, 10**9, decimals)

    assert len(text.partition(".")[2]) == decimals
    assert not (text.startswith("-") and Fraction(text) == 0)


@given(st.integers(-(10**14), 10**14))
def test_decimal_rounding_agrees_with_the_standard_library(thousandths: int) -> None:
    expected = (Decimal(thousandths) / 1000).quantize(Decimal("0.1"), ROUND_HALF_UP)

    assert Decimal(decimal_text(thousandths, 1000, 1)) == expected


def test_a_rise_and_a_fall_of_one_size_print_alike() -> None:
    assert growth_percent(10_000, 10_005) == "0.1"
    assert growth_percent(10_000, 9_995) == "-0.1"
    assert (half_up(5, 2), half_up(-5, 2)) == (3, -3)


def test_a_fall_too_small_to_show_is_no_minus_zero() -> None:
    assert growth_percent(10_000_000, 9_999_999) == "0.0"
    assert percent_text(Fraction(-1, 10**9), 2) == "0.00"


def test_target_is_decided_to_the_fen() -> None:
    base = 4_832_763_000_000_001

    assert not growth_reaches(base, base * 13 // 10, target_percent=30)
    assert growth_reaches(base, base * 13 // 10 + 1, target_percent=30)
    # Both print 30.0: the printed figure must never decide.
    assert growth_percent(base, base * 13 // 10) == "30.0"


@given(st.integers(-BIG, BIG))
def test_limbs_join_to_the_number_they_hold(value: int) -> None:
    assert join(*divmod(value, LIMB)) == value


def test_a_rate_beyond_int64_is_exact() -> None:
    amount = 10**16

    assert rate_percent_text(amount * 434_500, amount) == "4.35"
    assert rate_percent_text(amount * 434_500, amount, decimals=3) == "4.345"
    assert rate_percent_text(amount * 434_499, amount) == "4.34"


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("152672.29", 1_526_722_900_000_000),
        ("37517.91237", 375_179_123_700_000),
        ("45470", 454_700_000_000_000),
        ("0.0000000001", 1),
        ("-1.5", -15_000_000_000),
    ],
)
def test_amounts_in_yi_are_whole_fen(text: str, fen: int) -> None:
    assert fen_of_yi(text) == fen


@pytest.mark.parametrize("text", ["", "#REF!", "1,000", "1e5", "0.00000000001", "１"])
def test_amounts_that_are_no_whole_fen_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected digits"):
        fen_of_yi(text)
