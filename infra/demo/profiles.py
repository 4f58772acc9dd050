"""What banks come to know of their borrowers, and how they change the credit lines."""

import numpy as np

from infra.demo.event_rows import What
from infra.demo.new_loans import Lender, profile
from schemas.codes import BORROWER_KINDS, FIRM_SIZES, HOLDINGS, BorrowerKind, FirmSize, Holding

LINE_STEP_MINOR = 10**7  # Credit lines come in steps of 100,000 yuan.
LEARNT_RATIO = 0.05  # Of the persons of unknown kind, a month.
_FIRM = BORROWER_KINDS.index(BorrowerKind.FIRM)
_PRIVATE, _STATE = HOLDINGS.index(Holding.PRIVATE), HOLDINGS.index(Holding.STATE)


def change_profiles(lender: Lender) -> None:
    """Let a few firms grow, shrink or change hands; every bank that knows them tells it."""
    book, rng, world = lender.book, lender.rng, lender.book.world
    firms = np.flatnonzero(world.borrowers.kind == _FIRM)
    chosen = firms[rng.random(firms.size) < 0.0025]
    luck = rng.random(chosen.size)
    micro, small, medium = (
        FIRM_SIZES.index(size) for size in (FirmSize.MICRO, FirmSize.SMALL, FirmSize.MEDIUM)
    )
    size, holding = book.size[chosen], book.holding[chosen]
    changes_hands = luck < 0.2
    grown = np.select([size == micro, size == small], [small, medium], size)
    shrunk = np.select([size == small, size == medium], [micro, small], size)
    book.size[chosen] = np.where(changes_hands, size, np.where(luck < 0.65, grown, shrunk))
    swapped = np.where(holding == _PRIVATE, _STATE, _PRIVATE)
    book.holding[chosen] = np.where(changes_hands, swapped, holding)
    account = np.flatnonzero(np.isin(world.accounts.borrower, chosen) & book.is_known)
    profile(book, account, lender.month.first_day + rng.integers(5, 28, account.size))


def learn_kinds(lender: Lender) -> None:
    """Let banks find out what kind of person some of their borrowers are."""
    book, rng = lender.book, lender.rng
    unknown = np.flatnonzero(book.is_known & ~book.is_kind_known)
    account = unknown[rng.random(unknown.size) < LEARNT_RATIO]
    book.is_kind_known[account] = True
    profile(book, account, lender.month.first_day + rng.integers(5, 28, account.size))


def raise_lines(lender: Lender) -> None:
    """Raise credit lines that are overdrawn, and review a few others up or down."""
    book, rng = lender.book, lender.rng
    exposure_minor, limit_minor = book.exposure_minor(), book.limit_minor
    has_line = book.is_known & (limit_minor >= 0)
    is_over = has_line & (exposure_minor > limit_minor)
    is_reviewed = has_line & ~is_over & (rng.random(limit_minor.size) < 0.004)
    wanted = np.where(
        is_over, exposure_minor * 1.2, limit_minor * rng.uniform(0.7, 1.5, limit_minor.size)
    )
    wanted = np.maximum(wanted, exposure_minor)
    steps = np.ceil(wanted / LINE_STEP_MINOR).astype(np.int64)
    account = np.flatnonzero(is_over | is_reviewed)
    limit_minor[account] = np.maximum(steps[account], 1) * LINE_STEP_MINOR
    amount = limit_minor[account]
    book.tell_account(What.LINE_SET, account, lender.month.last_day, amount=amount)
