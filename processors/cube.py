"""From cells to totals: what borrowers add to the totals of their bank, by population and quarter.

    level    B(q) = Σ net flows of the borrower's cells up to quarter q, by loan kind
    member   m(q) = 1 where the population holds at quarter-end q
    stock    Δ[B(q)·m(q)], so that a level is a prefix sum over quarters
    flow     flow(q)·m(q), never differenced
    moved    B(q−1)·(m(q) − m(q−1)), the balance a borrower takes along when reclassified

Since Δ[B·m] = net flow(q)·m(q) + B(q−1)·Δm, a bank's balance bridge closes to the fen, and
all but the second part is linear in the cells: ``linear_totals`` serves whole accounts and
single changes alike.

Source: docs/method.md#totals
"""

from typing import NamedTuple

import numpy as np

from processors.accounts import QUARTER_BITS, QUARTER_MASK
from processors.ledger import BALANCE_SIGN
from processors.population import BITS_A_KIND, kind_word
from processors.sums import summed
from schemas.codes import LOAN_KINDS, POPULATIONS
from schemas.event import Measure
from schemas.tables import TOTAL_SUMS
from schemas.tags import FIRST_LOAN_TAG
from schemas.units import AnyArray, BoolArray, Int64Array, UInt64Array

TOTAL_WIDTH = len(TOTAL_SUMS)
_T = {name: place for place, name in enumerate(TOTAL_SUMS)}
TOTAL_LIMBS = (
    (_T["balance_rate_change_hi"], _T["balance_rate_change_lo"]),
    (_T["disbursed_rate_hi"], _T["disbursed_rate_lo"]),
)
TAG_BITS, POPULATION_BITS = 12, 4
KINDS = len(LOAN_KINDS)
_KIND = np.arange(KINDS)


class TotalChanges(NamedTuple):
    """Changes of totals by packed key; keys may repeat."""

    key: Int64Array
    change: Int64Array  # (n, TOTAL_WIDTH)


def total_key(bank: AnyArray, tag: AnyArray | int, quarter: AnyArray, population: AnyArray) -> Int64Array:
    """Return the packed key of a row of totals."""
    key = (bank << TAG_BITS | tag) << QUARTER_BITS | quarter
    return np.asarray(key << POPULATION_BITS | population, np.int64)


def split_total_key(key: Int64Array) -> tuple[Int64Array, Int64Array, Int64Array, Int64Array]:
    """Return (bank, tag, quarter, population) of packed keys."""
    population = key & ((1 << POPULATION_BITS) - 1)
    quarter = (key >> POPULATION_BITS) & QUARTER_MASK
    tag = (key >> (POPULATION_BITS + QUARTER_BITS)) & ((1 << TAG_BITS) - 1)
    return key >> (POPULATION_BITS + QUARTER_BITS + TAG_BITS), tag, quarter, population


def total_changes_of_cells(change: Int64Array) -> Int64Array:
    """Return what cell sums (n, CELL_WIDTH) add to a total that their loans belong to."""
    total = np.zeros((change.shape[0], TOTAL_WIDTH), np.int64)
    total[:, _T["balance_change_minor"]] = change @ BALANCE_SIGN
    total[:, _T["balance_rate_change_hi"]] = change[:, Measure.BALANCE_RATE_HI]
    total[:, _T["balance_rate_change_lo"]] = change[:, Measure.BALANCE_RATE_LO]
    total[:, _T["non_performing_change_minor"]] = change[:, Measure.NON_PERFORMING]
    flows = slice(_T["brought_forward_minor"], _T["revalued_minor"] + 1)
    total[:, flows] = change[:, Measure.BROUGHT_FORWARD : Measure.REVALUED + 1]
    total[:, _T["disbursed_rate_hi"]] = change[:, Measure.DISBURSED_RATE_HI]
    total[:, _T["disbursed_rate_lo"]] = change[:, Measure.DISBURSED_RATE_LO]
    return total


def total_changes_of_tags(change: Int64Array) -> Int64Array:
    """Return what tag cell sums (n, TAG_WIDTH) add to a total that their loans belong to."""
    total = np.zeros((change.shape[0], TOTAL_WIDTH), np.int64)
    total[:, _T["disbursed_minor"]] = change[:, 0]
    total[:, _T["disbursed_rate_hi"]] = change[:, 1]
    total[:, _T["disbursed_rate_lo"]] = change[:, 2]
    total[:, _T["draw_count"]] = change[:, 3]
    return total


def spread(
    bank: Int64Array, tag: AnyArray | int, quarter: Int64Array, kind_words: Int64Array, change: Int64Array
) -> TotalChanges:
    """Add each row to every population of its word: first summed by word, then by population."""
    if not change.size:
        return TotalChanges(np.zeros(0, np.int64), change)
    group = ((bank << TAG_BITS | tag) << QUARTER_BITS | quarter) << BITS_A_KIND | kind_words
    group, change = summed(group, change)
    words = group & ((1 << BITS_A_KIND) - 1)
    rest = group >> BITS_A_KIND
    keys, rows = [], []
    for population in range(len(POPULATIONS)):
        inside = np.flatnonzero((words >> population) & 1)
        if inside.size:
            keys.append(rest[inside] << POPULATION_BITS | population)
            rows.append(change[inside])
    if not keys:
        return TotalChanges(np.zeros(0, np.int64), change[:0])
    return TotalChanges(np.concatenate(keys), np.concatenate(rows))


class AccountHistory(NamedTuple):
    """What a set of accounts holds: their cells, and one row per quarter in which any may change.

    Rows are sorted by account, then quarter; ``cell_row`` and ``tag_row`` point into them.
    """

    account: Int64Array  # (rows,), position in the set
    bank: Int64Array  # (rows,)
    quarter: Int64Array  # (rows,)
    words: UInt64Array  # (rows,), membership as of the quarter
    cell_row: Int64Array
    cell_kind: Int64Array
    cell_sums: Int64Array  # (cells, CELL_WIDTH)
    tag_row: Int64Array
    tag_kind: Int64Array
    tag: Int64Array
    tag_sums: Int64Array  # (tag cells, TAG_WIDTH)

    @property
    def is_first(self) -> BoolArray:
        """(rows,), True at the first row of each account."""
        is_first = np.ones(self.account.size, np.bool_)
        is_first[1:] = self.account[1:] != self.account[:-1]
        return is_first


def levels(history: AccountHistory, measure: Int64Array) -> Int64Array:
    """Return the running level of a measure by row and loan kind, (rows, KINDS, …).

    ``measure`` is (cells, …): what each cell adds to the level.
    """
    net = np.zeros((history.account.size, KINDS, *measure.shape[1:]), np.int64)
    net[history.cell_row, history.cell_kind] = measure
    running = np.cumsum(net, axis=0)
    starts = np.flatnonzero(history.is_first)
    # What ran up before the account's first row; wrapping would cancel out again.
    before = running[starts] - net[starts]
    return np.asarray(running - before[np.cumsum(history.is_first) - 1], np.int64)


def _shifted(rows: AnyArray, is_first: BoolArray) -> AnyArray:
    """Return the row before of the same account, zero for its first."""
    before = np.zeros_like(rows)
    before[1:] = rows[:-1]
    before[is_first] = 0
    return before


def history_totals(history: AccountHistory) -> TotalChanges:
    """Return all that these accounts add to the totals of their banks.

    Source: docs/method.md#totals
    """
    row, kind = history.cell_row, history.cell_kind
    parts = [
        spread(
            history.bank[row],
            0,
            history.quarter[row],
            kind_word(history.words[row], kind),
            total_changes_of_cells(history.cell_sums),
        ),
        spread(
            history.bank[history.tag_row],
            history.tag,
            history.quarter[history.tag_row],
            kind_word(history.words[history.tag_row], history.tag_kind),
            total_changes_of_tags(history.tag_sums),
        ),
        _reclassified(history),
        _counted(history),
        _first_loans(history),
    ]
    return TotalChanges(
        np.concatenate([part.key for part in parts]),
        np.concatenate([part.change for part in parts]),
    )


def _reclassified(history: AccountHistory) -> TotalChanges:
    """Move the whole balance of borrowers whose membership changed: B(q−1)·Δm."""
    is_first = history.is_first
    moved = np.flatnonzero((history.words != _shifted(history.words, is_first)) & ~is_first)
    if not moved.size:
        return TotalChanges(np.zeros(0, np.int64), np.zeros((0, TOTAL_WIDTH), np.int64))
    stocks = np.stack(
        [
            history.cell_sums @ BALANCE_SIGN,
            history.cell_sums[:, Measure.BALANCE_RATE_HI],
            history.cell_sums[:, Measure.BALANCE_RATE_LO],
            history.cell_sums[:, Measure.NON_PERFORMING],
        ],
        axis=1,
    )
    before = levels(history, stocks)[moved - 1]  # (moved, KINDS, 4)
    change = np.zeros((moved.size * KINDS, TOTAL_WIDTH), np.int64)
    change[:, :4] = before.reshape(-1, 4)
    change[:, _T["reclassified_minor"]] = change[:, 0]
    row = np.repeat(moved, KINDS)
    kind = np.tile(_KIND, moved.size)
    has_any = before.reshape(-1, 4).any(axis=1)
    row, kind, change = row[has_any], kind[has_any], change[has_any]
    now = kind_word(history.words[row], kind)
    was = kind_word(history.words[row - 1], kind)
    joined = spread(history.bank[row], 0, history.quarter[row], now & ~was, change)
    left = spread(history.bank[row], 0, history.quarter[row], was & ~now, -change)
    return TotalChanges(
        np.concatenate([joined.key, left.key]), np.concatenate([joined.change, left.change])
    )


def counted_populations(words: UInt64Array, balance: Int64Array) -> Int64Array:
    """Return in which populations a borrower counts: bit p where its balance there is above 0.

    Args:
        words: (n,), membership.
        balance: (n, KINDS), level by loan kind, in fen.

    Source: docs/method.md#counts

    """
    counted = np.zeros(words.size, np.int64)
    by_kind = [kind_word(words, np.full(words.size, kind, np.int64)) for kind in range(KINDS)]
    for population in range(len(POPULATIONS)):
        total = np.zeros(words.size, np.int64)
        for kind in range(KINDS):
            total += balance[:, kind] * ((by_kind[kind] >> population) & 1)
        counted |= (total > 0).astype(np.int64) << population
    return counted


def count_changes(
    bank: Int64Array, quarter: Int64Array, before: Int64Array, after: Int64Array
) -> TotalChanges:
    """Return borrower counts that rise where a bit of ``after`` is new and fall where it went."""
    one = np.zeros((1, TOTAL_WIDTH), np.int64)
    one[0, _T["borrower_change_count"]] = 1
    up_rows = np.flatnonzero(after & ~before)
    down_rows = np.flatnonzero(before & ~after)
    ones = np.repeat(one, max(up_rows.size, down_rows.size), axis=0)
    up = spread(
        bank[up_rows], 0, quarter[up_rows], (after & ~before)[up_rows], ones[: up_rows.size]
    )
    down = spread(
        bank[down_rows],
        0,
        quarter[down_rows],
        (before & ~after)[down_rows],
        -ones[: down_rows.size],
    )
    return TotalChanges(
        np.concatenate([up.key, down.key]), np.concatenate([up.change, down.change])
    )


def _counted(history: AccountHistory) -> TotalChanges:
    balance = levels(history, history.cell_sums @ BALANCE_SIGN)
    counted = counted_populations(history.words, balance)
    return count_changes(
        history.bank, history.quarter, _shifted(counted, history.is_first), counted
    )


def _first_loans(history: AccountHistory) -> TotalChanges:
    """Count the borrowers with a first loan, once over the loan kinds of a population."""
    chosen = np.flatnonzero(history.tag == FIRST_LOAN_TAG)
    if not chosen.size:
        return TotalChanges(np.zeros(0, np.int64), np.zeros((0, TOTAL_WIDTH), np.int64))
    rows = np.unique(history.tag_row[chosen])
    draws = np.zeros((rows.size, KINDS), np.int64)
    draws[np.searchsorted(rows, history.tag_row[chosen]), history.tag_kind[chosen]] = (
        history.tag_sums[chosen, 3]
    )
    counted = counted_populations(history.words[rows], draws)
    change = np.zeros((rows.size, TOTAL_WIDTH), np.int64)
    change[:, _T["draw_borrower_count"]] = 1
    return spread(history.bank[rows], FIRST_LOAN_TAG, history.quarter[rows], counted, change)
