"""The story of the demo, month by month: everything that happens, as rows in order of day."""

import numpy as np

from infra.demo.banks import LARGER, PERSONAL, SMALL
from infra.demo.calendar import Month
from infra.demo.event_rows import Rows, What
from infra.demo.loan_book import BILLS, LoanBook
from infra.demo.market import Market
from infra.demo.new_loans import Lender, discount_bills, draw_again, grow, open_book, renew
from infra.demo.old_loans import leave, mature, migrate, pay_instalments, prepay, reprice, revalue
from infra.demo.telling import World
from processors.lpr import LprTable
from schemas.codes import BORROWER_KINDS, FIRM_SIZES, HOLDINGS, BorrowerKind, FirmSize, Holding
from schemas.units import Int64Array

# How much of a year's growth falls into each quarter, and of a quarter's into each month.
QUARTER_SHARES = (0.34, 0.27, 0.21, 0.18)
MONTH_SHARES = (0.25, 0.30, 0.45)
BILL_RATIO = 0.05  # Of what firms owe.
LINE_STEP_MINOR = 10**7  # Credit lines come in steps of 100,000 yuan.
# What is sent wrongly and taken back, or sent late, of all that is sent.
MISTAKE_RATIO, LATE_RATIO = 0.003, 0.006
_OWNER = BORROWER_KINDS.index(BorrowerKind.SMALL_MICRO_OWNER)
_FIRM = BORROWER_KINDS.index(BorrowerKind.FIRM)
_PRIVATE, _STATE = HOLDINGS.index(Holding.PRIVATE), HOLDINGS.index(Holding.STATE)


class Story:
    """Tells what happens. Each month depends on those before and on the seed, on nothing else."""

    def __init__(self, world: World, lpr: LprTable, first: Month) -> None:
        self.book = LoanBook(world)
        self._world = world
        self._market = Market(lpr)
        self._next = first
        self._is_open = False
        self._pools = _pools(world)
        self._base_minor = np.zeros(0, np.int64)
        self._bill_base_minor = np.zeros(0, np.int64)
        rng = np.random.default_rng([world.seed, 5])
        # Half of those who owe nothing here have borrowed elsewhere before.
        self.book.has_borrowed |= rng.random(len(world.borrowers.ids)) < 0.5

    def next_month(self) -> tuple[Month, Rows]:
        """Return the next month and what happens in it; the first only opens the books."""
        month, self._next = self._next, self._next.next()
        lender = self._lender(month)
        if self._is_open:
            self._step(lender)
        else:
            self._open(lender)
        rows = self.book.take_rows()
        return month, _as_sent(self.book, lender.rng, rows)

    def _lender(self, month: Month) -> Lender:
        rng = np.random.default_rng([self._world.seed, 4, month.year * 12 + month.number])
        _, spread = self._world.banks.of_year(self._world.seed, month.year)
        return Lender(self.book, self._market, rng, month, spread)

    def _open(self, lender: Lender) -> None:
        """Register the banks and bring their loans forward, on the month's last day."""
        day = lender.month.last_day
        self.book.tell_bank(What.REGISTERED, np.arange(len(self._world.banks.banks)), day)
        open_book(lender, self._pools, day)
        _raise_lines(lender)
        self.book.close()
        self._base_minor = self.book.outstanding_minor()
        corporate = self._base_minor[:, [SMALL, LARGER]].sum(axis=1)
        self._bill_base_minor = (corporate * BILL_RATIO).astype(np.int64)
        self._is_open = True

    def _step(self, lender: Lender) -> None:
        book, rng, month = self.book, lender.rng, lender.month
        start_minor = book.outstanding_minor()
        if month.number == 1:
            self._base_minor = start_minor
        growth, _ = self._world.banks.of_year(self._world.seed, month.year)
        season = QUARTER_SHARES[(month.number - 1) // 3] * MONTH_SHARES[(month.number - 1) % 3]
        aim_minor = start_minor.copy()
        aim_minor[:, : PERSONAL + 1] += (
            self._base_minor[:, : PERSONAL + 1] * growth * season
        ).astype(np.int64)

        reprice(book, self._market, month)
        renewed, repaid = mature(book, rng, month)
        pay_instalments(book, rng, month)
        prepay(book, rng, month)
        migrate(book, rng, month)
        leave(book, rng, month)
        _change_profiles(lender)
        renew(lender, renewed)
        draw_again(lender, repaid)
        grow(lender, self._pools, aim_minor)
        mood = np.exp(rng.normal(0, 0.1, self._bill_base_minor.size))
        discount_bills(lender, self._pools, (self._bill_base_minor * mood).astype(np.int64))
        _raise_lines(lender)
        book.close()
        revalue(book, self._market, month)


def _pools(world: World) -> dict[tuple[int, int], Int64Array]:
    """Return the accounts that each bank lends to, by bank and segment."""
    accounts = world.accounts
    kind = world.borrowers.kind[accounts.borrower]
    rng = np.random.default_rng([world.seed, 6])
    takes_mortgage = (kind == _OWNER) & (rng.random(accounts.size) < 0.4)
    takes = {
        SMALL: accounts.segment == SMALL,
        LARGER: accounts.segment == LARGER,
        PERSONAL: (accounts.segment == PERSONAL) | takes_mortgage,
        BILLS: kind == _FIRM,
    }
    return {
        (bank, segment): np.flatnonzero(is_taken & (accounts.bank == bank))
        for bank in range(len(world.banks.banks))
        for segment, is_taken in takes.items()
    }


def _change_profiles(lender: Lender) -> None:
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
    borrower = world.accounts.borrower[account]
    day = lender.month.first_day + rng.integers(5, 28, account.size)
    about = {"holding": book.holding[borrower], "size": book.size[borrower]}
    book.tell_account(What.PROFILED, account, day, **about)


def _raise_lines(lender: Lender) -> None:
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


def _as_sent(book: LoanBook, rng: np.random.Generator, rows: Rows) -> Rows:
    """Return rows as they are sent: some late, some wrongly first, then reversed and resent."""
    is_simple = np.isin(rows["what"], (What.DISBURSED, What.REPAID)) & ~rows["is_usd"]
    wrong = np.flatnonzero(is_simple & (rng.random(rows.size) < MISTAKE_RATIO))
    again = rows[wrong]
    rows["amount"][wrong] = rows["amount"][wrong] * 11 // 10
    reversal = rows[wrong]
    reversal["reverses"] = reversal["number"]
    noticed = reversal["arrival"] + rng.integers(3, 41, wrong.size)
    reversal["arrival"] = again["arrival"] = noticed
    book.number(reversal)
    book.number(again)
    is_late = (rng.random(rows.size) < LATE_RATIO) & (rows["what"] != What.REGISTERED)
    is_late[wrong] = False
    rows["arrival"] += is_late * rng.integers(15, 101, rows.size)
    return np.concatenate([rows, reversal, again])
