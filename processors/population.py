"""Populations: whose loans a figure is about.

A population is a predicate over the borrower's profile and credit line at that bank, as of a
quarter-end, **and** the kind of loan. They overlap, so they are never summed. Membership of
one borrower is a word of 64 bits: bit 16 × loan kind + population.

Source: docs/method.md#populations
"""

import itertools

import numpy as np

from schemas.codes import (
    BORROWER_KINDS,
    FIRM_SIZES,
    HOLDINGS,
    LOAN_KINDS,
    POPULATIONS,
    BorrowerKind,
    FirmSize,
    Holding,
    LoanKind,
    Population,
)
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.units import Int64Array, UInt64Array

BITS_A_KIND = 16
NO_LINE = -1  # Credit limit of a borrower whose bank has reported none.
NO_PROFILE = 0

_OWNERS = (BorrowerKind.INDIVIDUAL_BUSINESS, BorrowerKind.SMALL_MICRO_OWNER)
_SMALL = (FirmSize.SMALL, FirmSize.MICRO)

# 单户授信总额 of 普惠型小微企业贷款: at most 10 million yuan, in fen.
INCLUSIVE_LIMIT_MINOR = 10**9
# 人民银行口径 by quarter of change: the limit in fen, and whether it is itself inside.
PBOC_LIMITS = (
    (Quarter(1990, 1), 500_000_000, False),
    (Quarter(2019, 1), 1_000_000_000, False),
    (Quarter(2024, 1), 2_000_000_000, True),
)
# Quarters (since 1990Q1) at which a predicate itself changes, whatever borrowers do.
PREDICATE_CHANGES = np.array(
    [quarter.ordinal - FIRST_ORDINAL for quarter, _, _ in PBOC_LIMITS[1:]], np.int64
)

# Only borrowers with a line in this range are ever moved by a change of predicate.
PREDICATE_RANGE_MINOR = (
    min(limit for _, limit, _ in PBOC_LIMITS),
    max(limit for _, limit, _ in PBOC_LIMITS),
)


def bit(kind: LoanKind, population: Population) -> int:
    """Return the membership bit of loans of ``kind`` in ``population``."""
    return 1 << (BITS_A_KIND * LOAN_KINDS.index(kind) + POPULATIONS.index(population))


def profile_code(
    borrower_kind: Int64Array, holding: Int64Array, firm_size: Int64Array
) -> Int64Array:
    """Return one number, 1 or more, for what of a profile decides membership."""
    code = (borrower_kind * len(HOLDINGS) + holding) * len(FIRM_SIZES) + firm_size
    return code + 1


def _is_small_micro(who: BorrowerKind, size: FirmSize, kind: LoanKind) -> bool:
    if who is BorrowerKind.FIRM:
        return size in _SMALL and kind is LoanKind.CORPORATE
    return who in _OWNERS and kind is LoanKind.PERSONAL_BUSINESS


def _of_profile(who: BorrowerKind, holding: Holding, size: FirmSize, kind: LoanKind) -> int:
    """Return the bits that a profile alone decides, for loans of one kind."""
    word = 0
    is_private_firm = (
        who is BorrowerKind.FIRM and holding is Holding.PRIVATE and kind is LoanKind.CORPORATE
    )
    is_owner_loan = who in _OWNERS and kind is LoanKind.PERSONAL_BUSINESS
    if is_private_firm:
        word |= bit(kind, Population.PRIVATE)
    if is_private_firm or is_owner_loan:
        word |= bit(kind, Population.PRIVATE_WITH_OWNERS)
    if _is_small_micro(who, size, kind):
        word |= bit(kind, Population.SMALL_MICRO)
    return word


def _tables() -> tuple[UInt64Array, UInt64Array]:
    """Return by profile code the bits of the profile, and which kinds are small-and-micro."""
    everybody = 0
    for kind in LOAN_KINDS:
        everybody |= bit(kind, Population.ALL)
        if kind is not LoanKind.BILL_FINANCING:
            everybody |= bit(kind, Population.ALL_EX_BILLS)
    unprofiled = sum(bit(kind, Population.UNPROFILED) for kind in LOAN_KINDS)
    unprofiled |= bit(LoanKind.PERSONAL_BUSINESS, Population.UNPROFILED_BUSINESS)
    words, small_micro = [everybody | unprofiled], [0]
    for who, holding, size in itertools.product(BORROWER_KINDS, HOLDINGS, FIRM_SIZES):
        words.append(everybody + sum(_of_profile(who, holding, size, kind) for kind in LOAN_KINDS))
        small_micro.append(
            sum(
                bit(kind, LOAN_POPULATION)
                for kind in LOAN_KINDS
                if _is_small_micro(who, size, kind)
            )
        )
    return np.array(words, np.uint64), np.array(small_micro, np.uint64)


# small_micro is held at the lowest bit of its loan kind, to be shifted to the population.
LOAN_POPULATION = POPULATIONS[0]
_WORDS, _SMALL_MICRO = _tables()


def membership(code: Int64Array, limit_minor: Int64Array, quarter: Int64Array) -> UInt64Array:
    """Return which populations a borrower's loans belong to, by loan kind.

    Args:
        code: (n,), from ``profile_code``, or NO_PROFILE.
        limit_minor: (n,), credit line at the bank, in fen, or NO_LINE.
        quarter: (n,), quarters since 1990Q1.

    Returns:
        (n,), words of bits; see ``bit``.

    Source: docs/method.md#populations

    """
    words = _WORDS[code]
    small_micro = _SMALL_MICRO[code]
    has_line = limit_minor != NO_LINE

    regime = np.searchsorted(PREDICATE_CHANGES, quarter, side="right")
    limits = np.array([limit for _, limit, _ in PBOC_LIMITS], np.int64)[regime]
    is_closed = np.array([closed for _, _, closed in PBOC_LIMITS], np.bool_)[regime]
    in_pboc = has_line & ((limit_minor < limits) | (is_closed & (limit_minor == limits)))

    for population, inside in (
        (Population.INCLUSIVE, has_line & (limit_minor <= INCLUSIVE_LIMIT_MINOR)),
        (Population.PBOC_INCLUSIVE, in_pboc),
        (Population.NO_CREDIT_LINE, ~has_line),
    ):
        shift = np.uint64(POPULATIONS.index(population))
        words = words | ((small_micro << shift) * inside.astype(np.uint64))
    return words


def kind_word(words: UInt64Array, loan_kind: Int64Array) -> Int64Array:
    """Return the populations of loans of one kind: bit p for population p, (n,)."""
    shift = (loan_kind * BITS_A_KIND).astype(np.uint64)
    return ((words >> shift) & np.uint64((1 << BITS_A_KIND) - 1)).astype(np.int64)
