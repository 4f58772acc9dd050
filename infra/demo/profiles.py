"""What banks come to know of their borrowers, and how they change the credit lines."""

import numpy as np

from infra.demo.event_rows import What
from infra.demo.new_loans import Lender, profile
from schemas.codes import BORROWER_KINDS, FIRM_SIZES, HOLDINGS, BorrowerKind, FirmSize, Holding

LINE_STEP_MINOR = 10**7  # Credit lines come in steps of 100,000 yuan.
INCLUSIVE_LINE_MINOR = 10**9  # 10 million yuan: above it, lending is not inclusive.
REVIEWED_RATIO = 0.008  # Of the credit lines, a month.
LEARNT_RATIO = 0.05  # Of the persons of unknown kind, a month.
_FIRM = BORROWER_KINDS.index(BorrowerKind.FIRM)
_MICRO, _SMALL, _MEDIUM = (
    FIRM_SIZES.index(size) for size in (FirmSize.MICRO, FirmSize.SMALL, FirmSize.MEDIUM)
)
# What a firm owes to all banks when it has most likely outgrown its size, by size.
OUTGROWN_MINOR = np.full(len(FIRM_SIZES), np.inf)
OUTGROWN_MINOR[[_MICRO, _SMALL]] = 5e8, 3e9  # 5 and 30 million yuan.
_PRIVATE, _STATE = HOLDINGS.index(Holding.PRIVATE), HOLDINGS.index(Holding.STATE)


def change_profiles(lender: Lender) -> None:
    """Let some firms grow, shrink or change hands; every bank that knows them tells it."""
    book, rng, world = lender.book, lender.rng, lender.book.world
    firms = np.flatnonzero(world.borrowers.kind == _FIRM)
    owed = np.bincount(world.accounts.borrower, book.exposure_minor(), book.size.size)
    has_outgrown = owed[firms] > OUTGROWN_MINOR[book.size[firms]]
    luck = rng.random(firms.size)
    is_chosen = luck < np.where(has_outgrown, 0.03, 0.002)
    chosen, has_outgrown = firms[is_chosen], has_outgrown[is_chosen]
    luck = rng.random(chosen.size)
    size, holding = book.size[chosen], book.holding[chosen]
    changes_hands = ~has_outgrown & (luck < 0.25)
    grown = np.select([size == _MICRO, size == _SMALL], [_SMALL, _MEDIUM], size)
    shrunk = np.select([size == _SMALL, size == _MEDIUM], [_MICRO, _SMALL], size)
    is_growing = has_outgrown | (luck < 0.65)
    book.size[chosen] = np.where(changes_hands, size, np.where(is_growing, grown, shrunk))
    swapped = np.where(holding == _PRIVATE, _STATE, _PRIVATE)
    book.holding[chosen] = np.where(changes_hands, swapped, holding)
    account = np.flatnonzero(np.isin(world.accounts.borrower, chosen) & book.is_told())
    profile(book, account, lender.month.first_day + rng.integers(5, 28, account.size))


def learn_kinds(lender: Lender) -> None:
    """Let banks find out what kind of person some of their borrowers are."""
    book, rng = lender.book, lender.rng
    unknown = np.flatnonzero(book.is_told() & ~book.is_kind_known)
    account = unknown[rng.random(unknown.size) < LEARNT_RATIO]
    book.is_kind_known[account] = True
    profile(book, account, lender.month.first_day + rng.integers(5, 28, account.size))


def raise_lines(lender: Lender) -> None:
    """Raise credit lines that are overdrawn, and review a few others up or down."""
    book, rng = lender.book, lender.rng
    exposure_minor, limit_minor = book.exposure_minor(), book.limit_minor
    has_line = book.is_told() & (limit_minor >= 0)
    is_over = has_line & (exposure_minor > limit_minor)
    is_reviewed = has_line & ~is_over & (rng.random(limit_minor.size) < REVIEWED_RATIO)
    reviewed = limit_minor * rng.uniform(0.8, 1.6, limit_minor.size)
    # A bank keeps a line within what counts as inclusive for as long as that is enough.
    raised = exposure_minor * 1.2
    is_within = exposure_minor <= INCLUSIVE_LINE_MINOR
    raised = np.where(is_within, np.minimum(raised, INCLUSIVE_LINE_MINOR), raised)
    wanted = np.where(is_over, raised, reviewed)
    wanted = np.maximum(wanted, exposure_minor)
    steps = np.ceil(wanted / LINE_STEP_MINOR).astype(np.int64)
    account = np.flatnonzero(is_over | is_reviewed)
    limit_minor[account] = np.maximum(steps[account], 1) * LINE_STEP_MINOR
    amount = limit_minor[account]
    book.tell_account(What.LINE_SET, account, lender.month.last_day, amount=amount)
