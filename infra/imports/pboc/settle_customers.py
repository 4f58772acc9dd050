"""Which customers are told anew: those that are new, or not what they were a month or batch ago.

Also what rules over two tables find: a borrower who is no customer, or another than the table of
customers says; a customer who has gone from the table; a transaction number that comes twice.

Pure: numbers in, numbers out.
"""

from typing import NamedTuple

import numpy as np

from infra.imports.pboc.spill import Records
from schemas.units import BoolArray, Int64Array

# ``source`` of a customer's record: the table of an earlier month, the batch before this one of
# the same month, this batch. Of a borrower's record: the table of customers, else a table number.
EARLIER_MONTH, EARLIER_BATCH, THIS_BATCH = 0, 1, 2
CUSTOMERS = 0
ATTRIBUTES = ("sector", "size", "ownership")
REPEATED_SHARE_MIN = 2  # A value on at least half of the rows is a filler, no number.


class SettledCustomers(NamedTuple):
    """Lines of this batch, but for ``gone``, which are lines of the earlier month's table."""

    profile: Int64Array
    credit: Int64Array
    gone: Int64Array


class Mismatch(NamedTuple):
    """Rows of one table whose borrower is not as the table of customers has it."""

    source: int
    field: str  # "id" where there is no such customer.
    line: Int64Array


def _starts(records: Records) -> tuple[Records, BoolArray]:
    """Return records by key and source, and where a key begins."""
    order = np.lexsort((records["line"], records["source"], records["low"], records["high"]))
    one = records[order]
    is_new = np.ones(one.size, np.bool_)
    is_new[1:] = (one["high"][1:] != one["high"][:-1]) | (one["low"][1:] != one["low"][:-1])
    return one, is_new


def _of_source(one: Records, group: Int64Array, count: int, source: int) -> Int64Array:
    """Return the place of each group's record of a source, -1 where there is none."""
    place = np.full(count, -1, np.int64)
    rows = np.flatnonzero(one["source"] == source)
    place[group[rows]] = rows
    return place


def settle_customers(records: Records, *, has_earlier_batch: bool) -> SettledCustomers:
    """Return what of one bucket is told; one record a customer and source.

    Who is not in the batch before this one is told again, although the month before may say the
    same: a batch before that one may have said something else.
    """
    one, is_new = _starts(records)
    group, count = np.cumsum(is_new) - 1, int(is_new.sum())
    now = _of_source(one, group, count, THIS_BATCH)
    has_now = now >= 0
    told: dict[str, Int64Array] = {}
    before = [_of_source(one, group, count, source) for source in (EARLIER_MONTH, EARLIER_BATCH)]
    for name in ("profile", "credit"):
        is_changed = (before[0] < 0) | (has_earlier_batch & (before[1] < 0))
        for place in before:
            is_other = one[name][np.maximum(place, 0)] != one[name][np.maximum(now, 0)]
            is_changed |= (place >= 0) & is_other
        told[name] = one["line"][now[has_now & is_changed]].astype(np.int64)
    gone = before[0][(before[0] >= 0) & ~has_now]
    return SettledCustomers(told["profile"], told["credit"], one["line"][gone].astype(np.int64))


def first_of_key(records: Records) -> BoolArray:
    """Return which records are the first of their key and source, by line."""
    order = np.lexsort((records["line"], records["source"], records["low"], records["high"]))
    one = records[order]
    is_first = np.ones(one.size, np.bool_)
    is_same = np.ones(max(one.size - 1, 0), np.bool_)
    for name in ("high", "low", "source"):
        is_same &= one[name][1:] == one[name][:-1]
    is_first[1:] = ~is_same
    answer = np.zeros(one.size, np.bool_)
    answer[order] = is_first
    return answer


def mismatches(records: Records) -> list[Mismatch]:
    """Return the rows of one bucket whose borrower is no customer, or a different one."""
    one, is_new = _starts(records)
    group, count = np.cumsum(is_new) - 1, int(is_new.sum())
    customer = _of_source(one, group, count, CUSTOMERS)[group]
    is_row = one["source"] != CUSTOMERS
    found = []
    for source in np.unique(one["source"][is_row]).tolist():
        mine = is_row & (one["source"] == source)
        found.append(_mismatch(one, source, "id", mine & (customer < 0)))
        known = one[np.maximum(customer, 0)]
        for name in ATTRIBUTES:
            is_other = mine & (customer >= 0) & (known[name] != one[name])
            found.append(_mismatch(one, source, name, is_other))
    return [mismatch for mismatch in found if mismatch.line.size]


def _mismatch(one: Records, source: int, field: str, is_other: BoolArray) -> Mismatch:
    return Mismatch(source, field, one["line"][is_other].astype(np.int64))


def absent(records: Records, wanted: int, known: int) -> Int64Array:
    """Return the lines of records of source ``wanted`` whose key has none of source ``known``."""
    one, is_new = _starts(records)
    group, count = np.cumsum(is_new) - 1, int(is_new.sum())
    is_known = np.zeros(count, np.bool_)
    is_known[group[one["source"] == known]] = True
    is_absent = (one["source"] == wanted) & ~is_known[group]
    line: Int64Array = one["line"][is_absent].astype(np.int64)
    return line
