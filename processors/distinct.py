"""Borrowers of several banks, each counted once: what the sum of the banks' counts is not.

Computed from cells on demand; running totals cannot hold it, because a borrower who leaves one
bank may still be at another.

Source: docs/method.md#counts
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from processors.accounts import Accounts
from processors.cube import KINDS, counted_populations
from processors.ledger import BALANCE_SIGN
from processors.partition import PartitionState
from processors.population import membership
from processors.restore import restore_registers
from schemas.codes import POPULATIONS, Population
from schemas.event import Measure
from schemas.tables import CELL_SUMS

_BALANCE_SUMS = CELL_SUMS[: Measure.REVALUED + 1]
CELL_COLUMNS = ("bank_id", "borrower_id", "loan_kind", "quarter", *_BALANCE_SUMS)


class CountedBorrowers(NamedTuple):
    """Who counts at one quarter-end: for each account the populations, as bits."""

    accounts: Accounts
    counted: np.ndarray[Any, np.dtype[np.int64]]

    def counts(
        self, groups: Sequence[Collection[str]], population: Population
    ) -> list[tuple[int, int]]:
        """Return for each group of banks the sum of its banks' counts, and its distinct count."""
        place = POPULATIONS.index(population)
        inside = np.flatnonzero((self.counted >> place) & 1)
        bank = self.accounts.bank_of(inside)
        borrower = self.accounts.borrower_of(inside)
        code_of = {text: code for code, text in enumerate(self.accounts.banks.texts)}
        found = []
        for group in groups:
            is_chosen = np.zeros(len(code_of) + 1, np.bool_)
            is_chosen[[code_of[name] for name in group if name in code_of]] = True
            chosen = borrower[is_chosen[bank]]
            # A flag for each borrower: many groups are counted without sorting anything.
            is_counted = np.zeros(len(self.accounts.borrowers.texts), np.bool_)
            is_counted[chosen] = True
            found.append((chosen.size, int(np.count_nonzero(is_counted))))
        return found

    def borrowers(self, bank_ids: Collection[str], population: Population) -> set[str]:
        """Return the borrowers that count at any of these banks."""
        chosen = set(bank_ids)
        is_chosen = np.array([bank in chosen for bank in self.accounts.banks.texts], np.bool_)
        place = POPULATIONS.index(population)
        inside = ((self.counted >> place) & 1).astype(np.bool_)
        inside &= is_chosen[self.accounts.bank]
        codes = np.unique(self.accounts.borrower_of(np.flatnonzero(inside)))
        texts = self.accounts.borrowers.texts
        return {texts[code] for code in codes.tolist()}


def counted_borrowers(
    cells: Mapping[str, Any], profiles: Mapping[str, Any], lines: Mapping[str, Any], quarter: int
) -> CountedBorrowers:
    """Return who counts at the end of ``quarter`` (since 1990Q1), from stored rows.

    Args:
        cells: rows of the cells table, CELL_COLUMNS of them.
        profiles: rows of the profiles table.
        lines: rows of the credit lines table.
        quarter: quarters since 1990Q1.

    """
    state = PartitionState()
    account = state.accounts.codes(cells["bank_id"], cells["borrower_id"])
    restore_registers(state, profiles, lines)
    known = np.asarray(cells["quarter"] <= quarter)
    balance = np.zeros((state.accounts.size, KINDS), np.int64)
    net = np.stack([cells[name][known] for name in _BALANCE_SUMS], axis=1)
    at = account[known], np.asarray(cells["loan_kind"])[known]
    np.add.at(balance, at, net @ BALANCE_SIGN[: len(_BALANCE_SUMS)])
    everyone = np.arange(state.accounts.size)
    then = np.full(everyone.size, quarter, np.int64)
    words = membership(
        state.profiles.as_of(everyone, then), state.lines.as_of(everyone, then), then
    )
    return CountedBorrowers(state.accounts, counted_populations(words, balance))
