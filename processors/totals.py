"""The running totals of a partition, and which of them the store does not hold as they are.

Totals are kept in two tables: the totals proper (tag 0) with all their sums, and the totals of
draws by tag, which are many and narrow.

Source: docs/method.md#totals
"""

from typing import NamedTuple

import numpy as np

from processors.cube import DRAW_LIMBS, DRAW_SUMS, MAIN_LIMBS, MAIN_SUMS, TotalChanges
from processors.sums import SumTable, carried, summed
from schemas.units import Int64Array


class TouchedTotals(NamedTuple):
    """Slots of totals that are to be written."""

    main: Int64Array
    draws: Int64Array


class _Kept(NamedTuple):
    """One table of totals with its stale rows, and the version the store holds each of them at."""

    table: SumTable
    stale: Int64Array
    stale_versions: Int64Array


class Totals:
    """Running totals by packed key (processors.cube.total_key)."""

    def __init__(self) -> None:
        nothing = np.zeros(0, np.int64)
        self._main = _Kept(SumTable(len(MAIN_SUMS), MAIN_LIMBS), nothing, nothing)
        self._draws = _Kept(SumTable(len(DRAW_SUMS), DRAW_LIMBS), nothing, nothing)

    @property
    def main(self) -> SumTable:
        return self._main.table

    @property
    def draws(self) -> SumTable:
        return self._draws.table

    def add(self, main: list[TotalChanges], draws: list[TotalChanges]) -> TouchedTotals:
        """Add changes; return the rows that changed, and those that are stale."""
        return TouchedTotals(_add(self._main, main), _add(self._draws, draws))

    def written(self, next_offset: int) -> None:
        """Take note that all that ``add`` returned is stored at version ``next_offset``.

        A stale row stays on the list until that version reaches the one it is stored at: an
        earlier life may have got further before it died, and its row would win over ours.
        """
        self._main = _still_stale(self._main, next_offset)
        self._draws = _still_stale(self._draws, next_offset)

    def compare(
        self,
        main: tuple[Int64Array, Int64Array, Int64Array],
        draws: tuple[Int64Array, Int64Array, Int64Array],
    ) -> None:
        """Note which rows differ from the stored ones, given as (key, sums, version)."""
        self._main = _compared(self._main.table, *main)
        self._draws = _compared(self._draws.table, *draws)


def _add(kept: _Kept, changes: list[TotalChanges]) -> Int64Array:
    if not changes:
        return kept.stale
    key, change = summed(
        np.concatenate([change.key for change in changes]),
        np.concatenate([change.change for change in changes]),
    )
    # Limbs are compared carried: taking out and putting in may leave (+1, −10⁶), which is 0.
    change = carried(change, kept.table.limbs)
    moves = change.any(axis=1)
    slots, _ = kept.table.rows(key[moves])
    kept.table.add(slots, change[moves])
    return np.union1d(slots, kept.stale) if kept.stale.size else slots


def _still_stale(kept: _Kept, next_offset: int) -> _Kept:
    is_stale = kept.stale_versions > next_offset
    return _Kept(kept.table, kept.stale[is_stale], kept.stale_versions[is_stale])


def _compared(table: SumTable, key: Int64Array, sums: Int64Array, version: Int64Array) -> _Kept:
    # Minus what is stored, plus what is right: whatever is left is stale.
    both, difference = summed(
        np.concatenate([key, table.index.keys]), np.concatenate([-sums, table.sums])
    )
    stale, _ = table.rows(both[difference.any(axis=1)])
    versions = np.zeros(table.size, np.int64)
    held = table.index.find(key)
    versions[held[held >= 0]] = version[held >= 0]
    return _Kept(table, stale, versions[stale])
