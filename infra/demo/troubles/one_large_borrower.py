"""垒大户: what a bank lends to one large borrower, it cuts up among small firms of its group.

Each of them stays under the credit line of 10 million yuan, so that all of it counts as lending
to small firms.
"""

import numpy as np

from infra.demo.banks import LARGER, SMALL
from infra.demo.borrowers import FEN_PER_YUAN
from infra.demo.calendar import Month
from infra.demo.event_rows import What
from infra.demo.new_loans import Lender, disburse, introduce, make, round_minor
from infra.demo.planted import Ground, Planted, Trouble, Truth
from infra.demo.telling import World
from schemas.codes import BORROWER_KINDS, BorrowerKind
from schemas.units import Int64Array

NAME = "one_large_borrower"
LINE_MINOR = 10_000_000 * FEN_PER_YUAN
LENT_MAX_MINOR = 9_800_000 * FEN_PER_YUAN  # To one firm.
FIRMS = (6, 15)
STEP_MINOR = 10_000 * FEN_PER_YUAN
_FIRM = BORROWER_KINDS.index(BorrowerKind.FIRM)


class OneLargeBorrower(Planted):
    """What was lent changes: every few months another part of the large loan is paid out."""

    def __init__(self, world: World, bank: int, first: Month, last: Month, *, large: int,
                 accounts: Int64Array) -> None:  # fmt: skip
        super().__init__(NAME, world, is_real=True)
        self.bank, self._first, self._last = bank, first, last
        self._large, self._accounts = large, accounts
        self._lent_minor, self._receipt_count = 0, 0

    def lend(self, lender: Lender) -> None:
        if not self._first <= lender.month <= self._last:
            return
        book, rng = lender.book, lender.rng
        room = LENT_MAX_MINOR - book.exposure_minor()[self._accounts]
        account = self._accounts[(room > LENT_MAX_MINOR // 10) & (rng.random(room.size) < 0.6)]
        if not account.size:
            return
        room = LENT_MAX_MINOR - book.exposure_minor()[account]
        # One loan in equal parts, all on one day.
        part = round_minor(rng.uniform(0.25, 0.6, 1) * LENT_MAX_MINOR)
        amount = np.minimum(part, room // STEP_MINOR * STEP_MINOR)
        day = np.full(account.size, lender.month.first_day + int(rng.integers(9, 27)), np.int64)
        introduce(lender, account, day)
        raised = account[book.limit_minor[account] < LINE_MINOR]
        book.limit_minor[raised] = LINE_MINOR
        book.tell_account(What.LINE_SET, raised, lender.month.last_day, amount=LINE_MINOR)
        loans = make(lender, account, SMALL, amount, day)
        loans["is_planted"], loans["instalment"] = True, 0
        disburse(lender, loans, day, np.zeros(loans.size, np.int64))
        self._lent_minor += int(loans["cny"].sum())
        self._receipt_count += loans.size

    def truth(self) -> list[Truth]:
        borrowers = [self._large, *self.world.accounts.borrower[self._accounts].tolist()]
        figures: dict[str, int | str] = {
            "large_borrower_id": self.world.borrowers.ids[self._large],
            "receipt_count": self._receipt_count,
            "lent_minor": self._lent_minor,
        }
        return [
            self.record([self.bank], borrowers, from_day=self._first.first_day,
                        to_day=self._last.last_day, figures=figures)
        ]  # fmt: skip


def plant(ground: Ground) -> OneLargeBorrower | None:
    """Choose the bank, its largest borrower and a group of small firms that bank with it."""
    accounts, borrowers = ground.world.accounts, ground.world.borrowers
    bank = ground.take_bank(is_local=True)
    if bank is None or ground.month_count < 9:
        return None
    is_there = (accounts.bank == bank) & accounts.is_open
    is_firm = borrowers.kind[accounts.borrower] == _FIRM
    larger = np.flatnonzero(is_there & (accounts.segment == LARGER))
    small = np.flatnonzero(
        is_there & is_firm & (accounts.segment == SMALL)
        & (accounts.limit_minor < LINE_MINOR) & (accounts.limit_minor > LINE_MINOR // 10)
    )  # fmt: skip
    if not larger.size or small.size < FIRMS[0]:
        return None
    large = int(accounts.borrower[larger[np.argmax(accounts.scale_yuan[larger])]])
    group = ground.rng.choice(
        small, min(int(ground.rng.integers(*FIRMS)), small.size), replace=False
    )
    first = ground.between(0.4, 0.6)
    last = ground.month(ground.month_count)
    return OneLargeBorrower(ground.world, bank, first, last, large=large, accounts=np.sort(group))


TROUBLE = Trouble(NAME, plant)
