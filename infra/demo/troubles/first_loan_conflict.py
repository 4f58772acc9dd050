"""Two banks claim that they made one borrower's first loan."""

import numpy as np

from infra.demo.banks import PERSONAL
from infra.demo.event_rows import FIRST_LOAN, Rows, What
from infra.demo.loan_book import LoanBook
from infra.demo.planted import Ground, Planted, Trouble, Truth
from infra.demo.telling import World, loan_id
from schemas.units import Int64Array

NAME = "first_loan_conflict"
BORROWERS = (20, 50)  # Not all of them will borrow from two banks.


class FirstLoanConflict(Planted):
    """Only what banks say changes: each marks its first loan to the borrower as the first.

    The figures of its truth are the loans, by bank.
    """

    def __init__(self, world: World, accounts: Int64Array) -> None:
        super().__init__(NAME, world, is_real=False)
        self._accounts = accounts
        # By borrower: each bank's claim, with its day and the number of the loan.
        self._claims: dict[int, dict[int, tuple[int, int]]] = {}

    def open(self, book: LoanBook) -> None:
        book.claims_first[self._accounts] = True

    def watch(self, rows: Rows) -> None:
        is_claim = (rows["what"] == What.DISBURSED) & ((rows["marks"] & FIRST_LOAN) > 0)
        claims = rows[is_claim & np.isin(rows["account"], self._accounts)]
        for account, bank, day, loan in claims[["account", "bank", "day", "loan"]].tolist():
            borrower = int(self.world.accounts.borrower[account])
            self._claims.setdefault(borrower, {}).setdefault(bank, (day, loan))

    def truth(self) -> list[Truth]:
        found = []
        for borrower, claims in self._claims.items():
            if len(claims) < 2:
                continue
            days = [day for day, _ in claims.values()]
            figures: dict[str, int | str] = {
                self.world.banks.banks[bank].bank_id: loan_id(loan)
                for bank, (_, loan) in claims.items()
            }
            found.append(
                self.record(
                    list(claims), [borrower], from_day=min(days), to_day=max(days), figures=figures
                )
            )
        return found


def plant(ground: Ground) -> FirstLoanConflict | None:
    """Choose firms and owners with two banks that owe nothing to any when the books open."""
    accounts = ground.world.accounts
    # They are to borrow within the history.
    is_early = accounts.arrival_month_count <= ground.month_count // 2
    is_fit = (accounts.segment != PERSONAL) & ~accounts.is_later & is_early
    borrower, count = np.unique(accounts.borrower[is_fit], return_counts=True)
    owing = np.unique(accounts.borrower[accounts.is_open])
    fit = np.setdiff1d(borrower[count >= 2], owing)
    if not fit.size:
        return None
    wanted = min(int(ground.rng.integers(*BORROWERS)), fit.size)
    chosen = ground.rng.choice(fit, wanted, replace=False)
    return FirstLoanConflict(
        ground.world, np.flatnonzero(np.isin(accounts.borrower, chosen) & is_fit)
    )


TROUBLE = Trouble(NAME, plant)
