"""Records brought together by their key: the stock before, this stock, and the flows between."""

from typing import NamedTuple

import numpy as np

from infra.imports.pboc.records import BEFORE, FLOW, NOW
from infra.imports.pboc.spill import Records
from schemas.units import AnyArray, BoolArray, Int64Array

NOWHERE = -1


class Month(NamedTuple):
    """What is known about a bank's month before its receipts are looked at."""

    is_opening: bool  # No stock before: the balances are opened.
    has_stock: bool  # The stock of this month was sent.
    has_flows: bool
    is_next: bool  # The stock before is that of the month just before.
    opening_day: int  # Last day of the month before.
    first_day: int
    last_day: int


class Groups:
    """Records in order of their keys, and which belong together."""

    def __init__(self, records: Records) -> None:
        self.order = np.lexsort(
            (records["line"], records["source"], records["low"], records["high"])
        )
        self.records = records[self.order]
        high, low = self.records["high"], self.records["low"]
        is_new = np.ones(self.order.size, np.bool_)
        is_new[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        self.of = np.cumsum(is_new) - 1
        self.count = int(is_new.sum())

    def one(self, is_chosen: BoolArray) -> Int64Array:
        """Return the first chosen record of every group, NOWHERE where there is none."""
        place = np.full(self.count, NOWHERE, np.int64)
        rows = np.flatnonzero(is_chosen)[::-1]
        place[self.of[rows]] = rows
        return place

    def has(self, is_chosen: BoolArray) -> BoolArray:
        found = np.zeros(self.count, np.bool_)
        found[self.of[is_chosen]] = True
        return found

    def sums(self, rows: AnyArray, amount: AnyArray) -> Int64Array:
        total = np.zeros(self.count, np.int64)
        np.add.at(total, self.of[rows], amount)
        return total


def repeated_lines(records: Records) -> Records:
    """Return the records whose whole key stands on an earlier line of the same file."""
    order = np.lexsort(
        (records["line"], records["unique"], records["source"], records["low"], records["high"])
    )
    one = records[order]
    is_same = np.ones(max(one.size - 1, 0), np.bool_)
    for name in ("high", "low", "source", "unique"):
        is_same &= one[name][1:] == one[name][:-1]
    return one[1:][is_same]


class SoundRecords:
    """The records that were not refused, by receipt."""

    def __init__(self, groups: Groups, is_sound: BoolArray, month: Month) -> None:
        self.groups, self.month = groups, month
        self.records = groups.records
        source = self.records["source"]
        direction = self.records["direction"]
        self.before = groups.one(is_sound & (source == BEFORE))
        self.now = groups.one(is_sound & (source == NOW))
        is_flow = is_sound & (source == FLOW)
        self.increases = np.flatnonzero(is_flow & (direction > 0))
        self.decreases = np.flatnonzero(is_flow & (direction < 0))
        self.first_increase = groups.one(is_flow & (direction > 0))
        self.first_flow = groups.one(is_flow)

    def value(self, name: str, place: Int64Array, otherwise: AnyArray | int = 0) -> Int64Array:
        """Return a field of the records at ``place``, ``otherwise`` where there is none."""
        found = self.records[name][np.maximum(place, 0)].astype(np.int64)
        return np.where(place == NOWHERE, otherwise, found)

    def net(self, name: str) -> Int64Array:
        """Return increases less decreases by receipt."""
        amounts = self.records[name]
        return self.groups.sums(self.increases, amounts[self.increases]) - self.groups.sums(
            self.decreases, amounts[self.decreases]
        )
