"""Two banks declare different sizes for one firm."""

import numpy as np

from infra.demo.event_rows import Rows, What
from infra.demo.loan_book import LoanBook
from infra.demo.planted import Ground, Planted, Trouble, Truth
from infra.demo.telling import World
from schemas.codes import FIRM_SIZES, FirmSize
from schemas.units import Int64Array

NAME = "size_conflict"
FIRMS = (3, 9)
# What is claimed of a firm: one size beside what it is, mostly smaller.
CLAIMED = {
    FirmSize.LARGE: FirmSize.MEDIUM,
    FirmSize.MEDIUM: FirmSize.SMALL,
    FirmSize.SMALL: FirmSize.MEDIUM,
    FirmSize.MICRO: FirmSize.SMALL,
}


class SizeConflict(Planted):
    """Only what a bank says changes: of some firms it declares a size of its own."""

    def __init__(self, world: World, claimed: Int64Array, size: Int64Array) -> None:
        super().__init__(NAME, world, is_real=False)
        self._claimed, self._size = claimed, size
        # By account: the day of its last profile and the size in it.
        self._told: dict[int, tuple[int, int]] = {}
        borrowers = world.accounts.borrower[claimed]
        self._watched = np.flatnonzero(np.isin(world.accounts.borrower, borrowers))

    def open(self, book: LoanBook) -> None:
        book.size_claim[self._claimed] = self._size

    def watch(self, rows: Rows) -> None:
        told = rows[(rows["what"] == What.PROFILED) & np.isin(rows["account"], self._watched)]
        for account, day, size in told[["account", "day", "size"]].tolist():
            first = self._told.get(account, (day, size))[0]
            self._told[account] = (first, size)

    def truth(self) -> list[Truth]:
        found, accounts = [], self.world.accounts
        for claimed in self._claimed.tolist():
            borrower = accounts.borrower[claimed]
            others = [
                account
                for account in np.flatnonzero(accounts.borrower == borrower).tolist()
                if account in self._told and account != claimed
            ]
            if claimed not in self._told or not others:
                continue
            since, claim = self._told[claimed]
            for other in others:
                first, size = self._told[other]
                if size != claim:
                    banks = [int(accounts.bank[account]) for account in (claimed, other)]
                    words: dict[str, int | str] = {
                        "claimed_size": FIRM_SIZES[claim].value,
                        "other_size": FIRM_SIZES[size].value,
                    }
                    found.append(
                        self.record(banks, [borrower], from_day=max(since, first), figures=words)
                    )
        return found


def plant(ground: Ground) -> SizeConflict | None:
    """Choose firms that have two banks which know them from the beginning."""
    accounts, borrowers = ground.world.accounts, ground.world.borrowers
    place = np.array([FIRM_SIZES.index(CLAIMED.get(size, size)) for size in FIRM_SIZES])
    size = borrowers.size[accounts.borrower]
    is_fit = accounts.is_open & (place[size] != size)
    borrower, count = np.unique(accounts.borrower[is_fit], return_counts=True)
    shared = borrower[count >= 2]
    if not shared.size:
        return None
    wanted = min(int(ground.rng.integers(*FIRMS)), shared.size)
    firms = ground.rng.choice(shared, wanted, replace=False)
    # The first account of each firm that is open.
    open_accounts = np.flatnonzero(is_fit)
    _, first = np.unique(accounts.borrower[open_accounts], return_index=True)
    claimed = open_accounts[first][np.isin(borrower, firms)]
    return SizeConflict(ground.world, claimed, place[size[claimed]])


TROUBLE = Trouble(NAME, plant)
