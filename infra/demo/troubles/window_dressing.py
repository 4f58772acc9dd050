"""冲时点: a bank lends in the last days of a quarter what comes back in the first of the next."""

import numpy as np

from infra.demo.banks import SMALL
from infra.demo.calendar import Month
from infra.demo.event_rows import What
from infra.demo.new_loans import Lender, disburse, make, round_minor
from infra.demo.planted import Ground, Planted, Trouble, Truth
from infra.demo.telling import World
from schemas.units import Int64Array

NAME = "window_dressing"
DRAWN_DAYS, REPAID_DAYS = 3, 6  # The last and the first days of a quarter.


class WindowDressing(Planted):
    """What was lent changes, at every quarter-end from one on."""

    def __init__(self, world: World, bank: int, first: Month, share: float) -> None:
        super().__init__(NAME, world, is_real=True)
        self.bank, self._first, self._share = bank, first, share
        self._numbers: Int64Array = np.zeros(0, np.int64)  # Of the loans that are outstanding.
        # By the last day of the quarter: how much was lent, and to whom.
        self._lent: dict[int, tuple[int, list[int]]] = {}

    def begin(self, lender: Lender) -> None:
        loans = lender.book.loans
        place = np.flatnonzero(np.isin(loans["loan"], self._numbers))
        day = lender.month.first_day + lender.rng.integers(0, REPAID_DAYS, place.size)
        lender.book.reduce(What.REPAID, place, loans["balance"][place], day)
        self._numbers = self._numbers[:0]

    def lend(self, lender: Lender) -> None:
        month, pool = lender.month, lender.pool(self.bank, SMALL)
        if month.number % 3 or month < self._first or not pool.size:
            return
        rng, scale = lender.rng, self.world.accounts.scale_yuan
        account = rng.permutation(pool)
        amount = round_minor(scale[account] * rng.uniform(40, 110, account.size))
        wanted = int(lender.book.outstanding_minor()[self.bank, SMALL] * self._share)
        count = int(np.searchsorted(np.cumsum(amount), wanted)) + 1
        account, amount = account[:count], amount[:count]
        day = month.last_day - rng.integers(0, DRAWN_DAYS, account.size)
        loans = make(lender, account, SMALL, amount, day)
        loans["is_planted"], loans["instalment"] = True, 0
        disburse(lender, loans, day, np.zeros(loans.size, np.int64))
        self._numbers = loans["loan"].copy()
        borrowers = self.world.accounts.borrower[account].tolist()
        self._lent[month.last_day] = (int(loans["cny"].sum()), borrowers)

    def truth(self) -> list[Truth]:
        return [
            self.record([self.bank], borrowers, from_day=day - DRAWN_DAYS + 1,
                        to_day=day + REPAID_DAYS, figures={"lent_minor": lent_minor})
            for day, (lent_minor, borrowers) in self._lent.items()
        ]  # fmt: skip


def plant(ground: Ground) -> WindowDressing | None:
    """Let any bank dress its quarter-ends from some time in the middle of the history on."""
    bank = ground.take_bank()
    if bank is None or ground.month_count < 6:
        return None
    share = float(ground.rng.uniform(0.04, 0.12))
    return WindowDressing(ground.world, bank, ground.between(0.3, 0.7), share)


TROUBLE = Trouble(NAME, plant)
