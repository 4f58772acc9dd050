"""Exact integers, from the sums to the last printed decimal. No float comes near a figure.

Every figure that is printed or decided on is a quotient of two integers until it is rounded,
once, half up: a half goes away from zero, so that a fall and a rise of one size print alike.

Source: docs/method.md#rounding
"""

import re
from fractions import Fraction

from processors.sums import LIMB

FEN_PER_YI = 10**10  # 1 亿元
MBP_PER_PERCENT = 100_000
MBP_PER_BP = 1_000
_YI = re.compile(r"(-?)([0-9]+)(?:\.([0-9]{1,10}))?")


def join(hi: int, lo: int) -> int:
    """Return Σ money × rate held in two limbs, as one integer of any size."""
    return int(hi) * LIMB + int(lo)


def half_up(numerator: int, denominator: int) -> int:
    """Return ``numerator`` ÷ ``denominator`` as a whole number, a half away from zero."""
    assert denominator > 0
    quotient, remainder = divmod(abs(numerator), denominator)
    quotient += 2 * remainder >= denominator
    return quotient if numerator >= 0 else -quotient


def decimal_text(numerator: int, denominator: int, decimals: int) -> str:
    """Return ``numerator`` ÷ ``denominator`` with ``decimals`` places; zero never has a sign."""
    scaled = half_up(numerator * 10**decimals, denominator)
    sign = "-" if scaled < 0 else ""
    digits = str(abs(scaled)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else sign + digits


def fraction_text(value: Fraction, decimals: int) -> str:
    """Return ``value`` with ``decimals`` places, rounded half up."""
    return decimal_text(value.numerator, value.denominator, decimals)


def percent_text(value: Fraction, decimals: int) -> str:
    """Return ``value`` in percent, rounded half up: 0.252 is 25.2."""
    return decimal_text(value.numerator * 100, value.denominator, decimals)


def growth(base_minor: int, latest_minor: int) -> Fraction:
    """Return latest ÷ base − 1, unrounded.

    Source: docs/method.md#growth
    """
    assert base_minor > 0
    return Fraction(latest_minor - base_minor, base_minor)


def growth_percent(base_minor: int, latest_minor: int, *, decimals: int = 1) -> str:
    """Return growth in percent, rounded half up from the balances themselves.

    Source: docs/method.md#rounding
    """
    assert base_minor > 0
    return decimal_text((latest_minor - base_minor) * 100, base_minor, decimals)


def growth_reaches(base_minor: int, latest_minor: int, *, target_percent: int) -> bool:
    """Return whether growth is at least the target, to the fen.

    Source: docs/method.md#target
    """
    assert base_minor > 0
    return (latest_minor - base_minor) * 100 >= target_percent * base_minor


def rate_percent_text(minor_mbp: int, minor: int, *, decimals: int = 2) -> str:
    """Return the weighted rate Σ money × rate ÷ Σ money in percent a year.

    Source: docs/method.md#rates
    """
    return decimal_text(minor_mbp, minor * MBP_PER_PERCENT, decimals)


def fen_of_yi(text: str) -> int:
    """Return an amount written in 亿元 as fen, exactly; raise ValueError for anything else."""
    match = _YI.fullmatch(text)
    if match is None:
        raise ValueError(
            f"amount in 亿元 was {text!r}, expected digits with at most ten decimals (one fen), "
            "such as 152672.29; correct the file and read it again"
        )
    sign, whole, decimals = match[1], match[2], match[3] or ""
    fen = int(whole) * FEN_PER_YI + int(decimals.ljust(10, "0"))
    return -fen if sign else fen
