"""The story of the demo, month by month: everything that happens, and the books it leaves.

It is the truth, which banks may send late or wrongly; infra.demo.sending says what is sent.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from infra.demo.banks import LARGER, PERSONAL, SMALL
from infra.demo.bills import discount_bills
from infra.demo.calendar import Month
from infra.demo.event_rows import Rows
from infra.demo.loan_book import BILLS, LoanBook, Loans
from infra.demo.market import Market
from infra.demo.mergers import take_over
from infra.demo.new_loans import Lender, draw_again, grow, open_book, renew
from infra.demo.old_loans import leave, mature, migrate, pay_instalments, prepay, reprice, revalue
from infra.demo.planted import Planted, Truth, rng_of
from infra.demo.profiles import change_profiles, learn_kinds, raise_lines
from infra.demo.purposes import main_purposes
from infra.demo.telling import World
from processors.lpr import LprTable
from schemas.codes import BORROWER_KINDS, BorrowerKind
from schemas.units import Int64Array

# How much of a year's growth falls into each quarter, and of a quarter's into each month.
QUARTER_SHARES = (0.34, 0.27, 0.21, 0.18)
MONTH_SHARES = (0.25, 0.30, 0.45)
NEVER = 10**6
BILL_RATIO = 0.05  # Of what firms owe.
# Of those who owe nothing when the books open: so many have borrowed elsewhere before.
BORROWED_ELSEWHERE_RATIO = 0.35
_OWNER = BORROWER_KINDS.index(BorrowerKind.SMALL_MICRO_OWNER)
_FIRM = BORROWER_KINDS.index(BorrowerKind.FIRM)


class MonthEnd(NamedTuple):
    """A month that is over. What the banks know of their borrowers stands in the story's book."""

    month: Month
    rows: Rows  # All that happened, by day, numbered; amounts as the book carries them.
    loans: Loans  # All that is outstanding at its end: the stock. Copy it to keep it.
    ended: Loans  # Loans that were there at its beginning or came in it, and are gone.


class Story:
    """Tells what happens. Each month depends on those before and on the seed, on nothing else."""

    def __init__(
        self, world: World, lpr: LprTable, opening: Month, troubles: Sequence[Planted] = ()
    ) -> None:
        self.book = LoanBook(world)
        self.troubles = troubles
        self._world = world
        self._market = Market(lpr)
        self._opening = self._next = opening
        self._is_open = False
        self._pools = _pools(world)
        self._purpose = main_purposes(world.borrowers.industries)
        self._base_minor = np.zeros(0, np.int64)
        self._bill_base_minor = np.zeros(0, np.int64)
        rng = np.random.default_rng([world.seed, 5])
        is_elsewhere = rng.random(len(world.borrowers.ids)) < BORROWED_ELSEWHERE_RATIO
        self.book.has_borrowed |= is_elsewhere
        for trouble in troubles:
            trouble.open(self.book)

    def next_month(self) -> MonthEnd:
        """Return the next month and what happens in it; the first only opens the books."""
        month, self._next = self._next, self._next.next()
        arrival = self._world.accounts.arrival_month_count
        self.book.has_arrived |= arrival <= month.since(self._opening)
        lender = self._lender(month)
        if self._is_open:
            self._step(lender)
        else:
            self._open(lender)
        rows = self.book.take_rows()
        for trouble in self.troubles:
            trouble.watch(rows)
        return MonthEnd(month, rows, self.book.loans, self.book.take_ended())

    def truth(self) -> list[Truth]:
        """Return what the troubles have done so far."""
        return [truth for trouble in self.troubles for truth in trouble.truth()]

    def closed_day(self, bank: int) -> int:
        """Return the last day of a bank, or a day that never comes."""
        merger = self._world.banks.merger
        if merger is None or bank != merger.closing:
            return NEVER
        return self._opening.plus(merger.month_count).last_day

    def _lender(self, month: Month) -> Lender:
        rng = np.random.default_rng([self._world.seed, 4, month.year * 12 + month.number])
        _, spread = self._world.banks.of_year(self._world.seed, month.year)
        for trouble in self.troubles:
            trouble.price(month, spread)
        return Lender(self.book, self._market, rng, month, spread, self._purpose, self._pools)

    def _act(self, lender: Lender, act: Callable[[Planted, Lender], None]) -> None:
        """Let each trouble act with random numbers of its own."""
        for trouble in self.troubles:
            rng = rng_of(self._world.seed, trouble.name, lender.month)
            act(trouble, lender._replace(rng=rng))

    def _open(self, lender: Lender) -> None:
        """Register the banks and bring their loans forward, on the month's last day."""
        day = lender.month.last_day
        self.book.tell_bank(np.arange(len(self._world.banks.banks)), day)
        open_book(lender, day)
        raise_lines(lender)
        self.book.close()
        self._begin_year()
        self._is_open = True

    def _begin_year(self) -> None:
        """Let growth be measured from what is outstanding now."""
        self._base_minor = self.book.outstanding_minor()
        of_firms = self._base_minor[:, [SMALL, LARGER]].sum(axis=1)
        self._bill_base_minor = (of_firms * BILL_RATIO).astype(np.int64)

    def _step(self, lender: Lender) -> None:
        book, rng, month = self.book, lender.rng, lender.month
        aim_minor = self._aim_minor(month)
        self._act(lender, lambda trouble, own: trouble.begin(own))
        reprice(book, self._market, month)
        renewed, repaid = mature(book, rng, month)
        pay_instalments(book, rng, month)
        prepay(book, rng, month)
        migrate(book, rng, month)
        leave(book, rng, month)
        change_profiles(lender)
        learn_kinds(lender)
        renew(lender, renewed)
        draw_again(lender, repaid)
        grow(lender, aim_minor)
        mood = np.exp(rng.normal(0, 0.1, self._bill_base_minor.size))
        discount_bills(lender, (self._bill_base_minor * mood).astype(np.int64))
        self._act(lender, lambda trouble, own: trouble.lend(own))
        book.close()
        self._merge(lender)
        raise_lines(lender)
        revalue(book, self._market, month)

    def _aim_minor(self, month: Month) -> Int64Array:
        """Return what each bank wants to have outstanding at the end of the month, by segment."""
        if month.number == 1:
            self._begin_year()
        growth, _ = self._world.banks.of_year(self._world.seed, month.year)
        for trouble in self.troubles:
            trouble.aim(month, growth)
        season = QUARTER_SHARES[(month.number - 1) // 3] * MONTH_SHARES[(month.number - 1) % 3]
        firms_and_persons = slice(0, PERSONAL + 1)
        wanted = self._base_minor[:, firms_and_persons] * growth * season
        aim_minor = self.book.outstanding_minor()
        aim_minor[:, firms_and_persons] += wanted.astype(np.int64)
        return aim_minor

    def _merge(self, lender: Lender) -> None:
        merger = self._world.banks.merger
        if merger is None or lender.month != self._opening.plus(merger.month_count):
            return
        take_over(lender, merger)
        for base_minor in (self._base_minor, self._bill_base_minor):
            base_minor[merger.absorbing] += base_minor[merger.closing]
            base_minor[merger.closing] = 0


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
        (bank, segment): np.flatnonzero(is_taken & (accounts.bank == bank) & ~accounts.is_later)
        for bank in range(len(world.banks.banks))
        for segment, is_taken in takes.items()
    }
