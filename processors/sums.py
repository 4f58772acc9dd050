"""Rows of exact running sums, found by an integer key, and lists of rows by owner.

This is the memory of the live state. Millions of keys are looked up a batch at a time, so the
table is open addressing over numpy arrays: about 125 bytes a cell where a dict of objects
needs a thousand. Nothing is ever removed.
"""

from typing import NamedTuple

import numpy as np

from schemas.units import AnyArray, BoolArray, Int64Array

_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 ÷ golden ratio: consecutive keys land far apart.
_LOAD_MAX_PERCENT = 65
# Rows are set aside far ahead: memory that was never written to takes no room, and copying
# tables of a gigabyte to grow them takes seconds.
_FIRST_ROWS = 1 << 21
_GROWTH_PERCENT = 400


def grown(array: AnyArray, size: int) -> AnyArray:
    """Return ``array`` with room for ``size`` rows; the new rows hold anything."""
    if size <= array.shape[0]:
        return array
    room = np.empty(
        (max(size, array.shape[0] * _GROWTH_PERCENT // 100), *array.shape[1:]), array.dtype
    )
    room[: array.shape[0]] = array
    return room


class KeyIndex:
    """Give every distinct int64 key a slot: 0, 1, 2 … in order of arrival."""

    def __init__(self) -> None:
        self.size = 0
        self._keys = np.empty(_FIRST_ROWS, np.int64)
        self._table = np.full(4096, -1, np.int32)
        self._shift = np.uint64(64 - 12)

    @property
    def keys(self) -> Int64Array:
        """(slots,), the key of each slot."""
        return self._keys[: self.size]

    def find(self, keys: Int64Array) -> Int64Array:
        """Return the slot of each key, -1 where there is none."""
        slots = np.full(keys.size, -1, np.int64)
        mask = self._table.size - 1
        place = self._home(keys)
        rest = np.arange(keys.size)
        while rest.size:
            found = self._table[place[rest]]
            is_taken = found >= 0
            is_hit = is_taken & (self._keys[found] == keys[rest])
            slots[rest[is_hit]] = found[is_hit]
            rest = rest[is_taken & ~is_hit]
            place[rest] = (place[rest] + 1) & mask
        return slots

    def find_or_add(self, keys: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Return the slot of each of the distinct ``keys``, and the slots that are new."""
        slots = self.find(keys)
        missing = np.flatnonzero(slots < 0)
        added = np.arange(self.size, self.size + missing.size)
        if missing.size:
            slots[missing] = added
            self._keys = grown(self._keys, self.size + missing.size)
            self._keys[added] = keys[missing]
            self.size += missing.size
            if self.size * 100 > self._table.size * _LOAD_MAX_PERCENT:
                self._rebuild()
            else:
                self._place(keys[missing], added)
        return slots, added

    def _home(self, keys: Int64Array) -> Int64Array:
        return ((keys.astype(np.uint64) * _SPREAD) >> self._shift).astype(np.int64)

    def _rebuild(self) -> None:
        size = self._table.size
        while self.size * 100 > size * _LOAD_MAX_PERCENT:
            size *= 2
        self._table = np.full(size, -1, np.int32)
        self._shift = np.uint64(64 - (size.bit_length() - 1))
        self._place(self.keys, np.arange(self.size))

    def _place(self, keys: Int64Array, slots: Int64Array) -> None:
        mask = self._table.size - 1
        place = self._home(keys)
        rest = np.arange(keys.size)
        while rest.size:
            at = place[rest]
            is_free = self._table[at] < 0
            self._table[at[is_free]] = slots[rest[is_free]]
            # Two keys may have taken one free place; whoever reads itself back has it.
            rest = rest[self._table[at] != slots[rest]]
            place[rest] = (place[rest] + 1) & mask


class Chains:
    """For every owner the list of its slots, linked through arrays."""

    def __init__(self) -> None:
        self._head = np.full(1024, -1, np.int32)
        self._next = np.empty(_FIRST_ROWS, np.int32)

    def link(self, slots: Int64Array, owners: Int64Array) -> None:
        """Add new ``slots`` to the lists of their ``owners``."""
        if not slots.size:
            return
        self._next = grown(self._next, int(slots.max()) + 1)
        self._make_room(int(owners.max()) + 1)
        order = np.argsort(owners, kind="stable")
        slots, owners = slots[order], owners[order]
        is_first = np.ones(slots.size, np.bool_)
        is_first[1:] = owners[1:] != owners[:-1]
        before = np.empty(slots.size, np.int64)
        before[1:] = slots[:-1]
        before[is_first] = self._head[owners[is_first]]
        self._next[slots] = before
        is_last = np.roll(is_first, -1)
        self._head[owners[is_last]] = slots[is_last]

    def gather(self, owners: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Return (position in ``owners``, slot) of every slot of every owner."""
        if not owners.size:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._make_room(int(owners.max()) + 1)
        position = np.arange(owners.size)
        slot = self._head[owners].astype(np.int64)
        positions, slots = [], []
        while True:
            is_there = slot >= 0
            position, slot = position[is_there], slot[is_there]
            if not slot.size:
                break
            positions.append(position)
            slots.append(slot)
            slot = self._next[slot].astype(np.int64)
        if not slots:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return np.concatenate(positions), np.concatenate(slots)

    def has_any(self, owners: Int64Array) -> BoolArray:
        """Return for each owner whether its list holds anything."""
        if owners.size:
            self._make_room(int(owners.max()) + 1)
        return self._head[owners] >= 0

    def _make_room(self, size: int) -> None:
        old = self._head.size
        if size > old:
            self._head = grown(self._head, size)
            self._head[old:] = -1


class SumTable:
    """Rows of ``width`` exact int64 sums by key, each with the log offset it stands at.

    ``limbs`` lists the (hi, lo) columns that together hold one Σ money × rate: after every add
    lo is carried into hi, so that it stays within [0, 10⁶) and the pair is unique.
    """

    def __init__(self, width: int, limbs: tuple[tuple[int, int], ...]) -> None:
        self.index = KeyIndex()
        self.limbs = limbs
        self._sums = np.empty((_FIRST_ROWS, width), np.int64)
        self._versions = np.empty(_FIRST_ROWS, np.int64)

    @property
    def size(self) -> int:
        return self.index.size

    @property
    def sums(self) -> Int64Array:
        """(rows, width)."""
        return self._sums[: self.size]

    @property
    def versions(self) -> Int64Array:
        """(rows,), the offset of the last message in each row; -1 where none is."""
        return self._versions[: self.size]

    def rows(self, keys: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Return the row of each distinct key, and the rows that were made for it."""
        slots, added = self.index.find_or_add(keys)
        if added.size:
            self._sums = grown(self._sums, self.size)
            self._versions = grown(self._versions, self.size)
            self._sums[added] = 0
            self._versions[added] = -1
        return slots, added

    def add(self, slots: Int64Array, change: Int64Array) -> None:
        """Add ``change`` (rows, width) to distinct rows."""
        self._sums[slots] = carried(self._sums[slots] + change, self.limbs)

    def put(self, slots: Int64Array, columns: list[Int64Array], versions: Int64Array) -> None:
        """Set distinct rows to what was stored, given by column."""
        for place, column in enumerate(columns):
            self._sums[slots, place] = column
        self._versions[slots] = versions

    def carry(self, slots: Int64Array) -> None:
        """Carry the low limbs of distinct rows into the high ones."""
        for hi, lo in self.limbs:
            low = self._sums[slots, lo]
            carry = low // LIMB
            self._sums[slots, hi] += carry
            self._sums[slots, lo] = low - carry * LIMB

    def reach(self, slots: Int64Array, versions: Int64Array) -> None:
        """Set the versions of rows; of a row that comes several times the last one counts."""
        self._versions[slots] = versions


LIMB = 1_000_000


def rate_limbs(amount_minor: Int64Array, rate_mbp: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Return amount × rate as two limbs: value = hi × 10⁶ + lo.

    Not amount × rate: 10¹⁶ fen at 100 % is 10²³ and wraps in int64. The amount is split by
    floor division, amount = h × 10⁶ + l, and each part is multiplied; l × rate is carried into
    hi at once, so that lo stays within [0, 10⁶) and no batch is too large to add up.

    Source: docs/method.md#rates
    """
    high, low = np.divmod(amount_minor, LIMB)
    carry, low = np.divmod(low * rate_mbp, LIMB)
    return high * rate_mbp + carry, low


def carried(sums: Int64Array, limbs: tuple[tuple[int, int], ...]) -> Int64Array:
    """Carry the low limbs of ``sums`` (n, width) into the high ones, in place, and return it."""
    for hi, lo in limbs:
        carry = sums[:, lo] // LIMB
        sums[:, hi] += carry
        sums[:, lo] -= carry * LIMB
    return sums


class Groups(NamedTuple):
    """Rows sorted by key: ``order[starts[g]:starts[g + 1]]`` are the rows of ``keys[g]``."""

    keys: Int64Array
    order: Int64Array
    starts: Int64Array

    def sum(self, rows: Int64Array) -> Int64Array:
        """Return the exact sum of ``rows`` (n, width) for each key."""
        # Not np.bincount(weights=…): it sums in float64 and drops fen above 2**53.
        return np.add.reduceat(rows[self.order], self.starts, axis=0)

    def spread(self, values: AnyArray) -> AnyArray:
        """Return the value of each row's key, in order of the rows."""
        by_row = np.empty(self.order.size, values.dtype)
        sizes = np.diff(self.starts, append=self.order.size)
        by_row[self.order] = np.repeat(values, sizes)
        return by_row


def groups_of(keys: Int64Array) -> Groups:
    """Return which rows have equal keys."""
    order = np.argsort(keys, kind="stable")
    in_order = keys[order]
    is_start = np.ones(keys.size, np.bool_)
    is_start[1:] = in_order[1:] != in_order[:-1]
    starts = np.flatnonzero(is_start)
    return Groups(in_order[starts], order, starts)


def summed(keys: Int64Array, rows: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Return the distinct keys, sorted, and the exact sum of ``rows`` (n, width) for each."""
    if not keys.size:
        return keys, rows
    groups = groups_of(keys)
    return groups.keys, groups.sum(rows)


def sorted_distinct(values: Int64Array) -> Int64Array:
    """Return the distinct values, sorted.

    Not np.unique: it goes by way of a hash table, which is several times slower here.
    """
    values = np.sort(values)
    is_new = np.ones(values.size, np.bool_)
    is_new[1:] = values[1:] != values[:-1]
    return values[is_new]


def is_among(values: Int64Array, chosen: Int64Array) -> BoolArray:
    """Return which values stand in ``chosen``, which is sorted."""
    if not chosen.size:
        return np.zeros(values.size, np.bool_)
    place = np.searchsorted(chosen, values)
    return np.asarray(chosen[np.minimum(place, chosen.size - 1)] == values)
