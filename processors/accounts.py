"""Who borrows where: borrowers of a bank as small integers, and what is known of them by quarter.

An **account** is one borrower at one bank. What bank B reports of a borrower never moves bank
A's figures, so profiles and credit lines belong to the account.
"""

from typing import NamedTuple

import numpy as np

from processors.sums import Chains, KeyIndex, grown, sorted_distinct
from schemas.columns import Ids
from schemas.units import AnyArray, BoolArray, Int64Array

_BORROWER_BITS = 40
QUARTER_BITS = 9  # Quarters since 1990Q1: 440 to the end of 2099.
QUARTER_MASK = (1 << QUARTER_BITS) - 1


class Words:
    """Distinct texts as small integers, in order of arrival."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._codes: dict[str, int] = {}

    def code_of(self, values: list[str]) -> Int64Array:
        """Return the code of each value, giving new values the next ones."""
        codes = self._codes
        try:
            return np.fromiter(map(codes.__getitem__, values), np.int64, len(values))
        except KeyError:
            for value in values:
                if value not in codes:
                    codes[value] = len(codes)
                    self.texts.append(value)
        return np.fromiter(map(codes.__getitem__, values), np.int64, len(values))

    def known(self, value: str) -> int:
        """Return the code of ``value``, -1 if it was never seen."""
        return self._codes.get(value, -1)


class Accounts:
    """The accounts of a partition: (bank, borrower) as 0, 1, 2 …"""

    def __init__(self) -> None:
        self.banks = Words()
        self.borrowers = Words()
        self._index = KeyIndex()

    @property
    def size(self) -> int:
        return self._index.size

    @property
    def bank(self) -> Int64Array:
        """(accounts,), code of the bank."""
        return self._index.keys >> _BORROWER_BITS

    def bank_of(self, accounts: Int64Array) -> Int64Array:
        return self._index.keys[accounts] >> _BORROWER_BITS

    def borrower_of(self, accounts: Int64Array) -> Int64Array:
        return self._index.keys[accounts] & ((1 << _BORROWER_BITS) - 1)

    def codes(self, bank: Ids, borrower: Ids) -> Int64Array:
        """Return the account of each row; rows must have a borrower."""
        # Values that no row uses any more (rows were refused) must not become accounts.
        keys = self._codes_in_use(self.banks, bank) << _BORROWER_BITS
        keys |= self._codes_in_use(self.borrowers, borrower)
        slots = self._index.find(keys)
        is_new = slots < 0
        if is_new.any():
            self._index.find_or_add(sorted_distinct(keys[is_new]))
            slots[is_new] = self._index.find(keys[is_new])
        return slots

    @staticmethod
    def _codes_in_use(words: Words, ids: Ids) -> Int64Array:
        is_used = np.zeros(len(ids.values), np.bool_)
        is_used[ids.codes] = True
        if is_used.all():
            return words.code_of(ids.values)[ids.codes]
        used = np.flatnonzero(is_used)
        code = np.zeros(len(ids.values), np.int64)
        values = ids.values
        code[used] = words.code_of([values[place] for place in used.tolist()])
        return code[ids.codes]

    def bank_ids(self, accounts: Int64Array) -> Ids:
        return Ids(self.bank_of(accounts).astype(np.int32), self.banks.texts)

    def borrower_ids(self, accounts: Int64Array) -> Ids:
        """Return the borrower ids of ``accounts``, with only the texts they need."""
        used, codes = np.unique(self.borrower_of(accounts), return_inverse=True)
        texts = self.borrowers.texts
        return Ids(codes.astype(np.int32), [texts[code] for code in used.tolist()])


class Order(NamedTuple):
    """Which of two entries for one quarter counts: the greater (day, revision, hash)."""

    day: AnyArray
    revision: AnyArray
    event_hash: Int64Array

    def at(self, rows: Int64Array | BoolArray) -> "Order":
        return Order(self.day[rows], self.revision[rows], self.event_hash[rows])


def comes_later(left: Order, right: Order) -> BoolArray:
    """Return where ``left`` counts before ``right``."""
    same_day = left.day == right.day
    same_revision = left.revision == right.revision
    later_hash = same_revision & (left.event_hash > right.event_hash)
    is_later = (left.day > right.day) | (same_day & ((left.revision > right.revision) | later_hash))
    return np.asarray(is_later)


class DatedRegister:
    """What is known of accounts by quarter of change; the newest at or before a quarter counts.

    Entries replace each other within a quarter by ``Order``, so it does not matter in which
    order, or how often, they arrive.
    """

    def __init__(self, absent: int) -> None:
        self._absent = absent
        self.index = KeyIndex()
        self.chains = Chains()
        self._entries = np.empty((1024, 5), np.int64)  # value, day, revision, hash, version

    @property
    def size(self) -> int:
        return self.index.size

    @property
    def value(self) -> Int64Array:
        return self._entries[: self.size, 0]

    @property
    def version(self) -> Int64Array:
        return self._entries[: self.size, 4]

    def order(self, slots: Int64Array) -> Order:
        entries = self._entries[slots]
        return Order(entries[:, 1], entries[:, 2], entries[:, 3])

    def account(self, slots: Int64Array) -> Int64Array:
        return self.index.keys[slots] >> QUARTER_BITS

    def quarter(self, slots: Int64Array) -> Int64Array:
        return self.index.keys[slots] & QUARTER_MASK

    def merge(
        self,
        account: Int64Array,
        quarter: Int64Array,
        value: Int64Array,
        order: Order,
        version: Int64Array,
    ) -> tuple[Int64Array, Int64Array]:
        """Take entries in; return the slots that changed and the row that won in each.

        Several rows may be for one account and quarter: the greatest by ``order`` is taken.
        """
        keys = account << QUARTER_BITS | quarter
        rank = np.lexsort((order.event_hash, order.revision, order.day, keys))
        is_last = np.concatenate([keys[rank][1:] != keys[rank][:-1], [True]]) if keys.size else keys
        rows = rank[is_last.astype(np.bool_)]
        slots, added = self.index.find_or_add(keys[rows])
        self._entries = grown(self._entries, self.size)
        self._entries[added] = (self._absent, np.iinfo(np.int64).min, 0, 0, -1)
        self.chains.link(added, self.account(added))
        wins = comes_later(order.at(rows), self.order(slots))
        slots, rows = slots[wins], rows[wins]
        self._entries[slots, 0] = value[rows]
        self._entries[slots, 1:4] = np.stack([column[rows] for column in order], axis=1)
        self._entries[slots, 4] = np.maximum(self._entries[slots, 4], version[rows])
        return slots, rows

    def as_of(self, account: Int64Array, quarter: Int64Array) -> Int64Array:
        """Return the value that holds for each account at each quarter-end."""
        best = np.full(account.size, -1, np.int64)
        best_quarter = np.full(account.size, -1, np.int64)
        position, slot = self.chains.gather(account)
        slot_quarter = self.quarter(slot)
        fits = slot_quarter <= quarter[position]
        position, slot, slot_quarter = position[fits], slot[fits], slot_quarter[fits]
        np.maximum.at(best_quarter, position, slot_quarter)
        is_best = slot_quarter == best_quarter[position]
        best[position[is_best]] = slot[is_best]
        # value[best] for -1 reads any row, or none at all in an empty register.
        if not self.size:
            return np.full(account.size, self._absent, np.int64)
        return np.where(best >= 0, self.value[best], self._absent)
