"""The short way to the totals: what single changes add, without what else an account holds.

An event adds to the totals of its own quarter what it adds to its cell, for every population
that the account is in at that quarter-end; and where the membership of the account changes
later, it moves along: B(q−1)·Δm of each later change grows by the event. Only borrower counts
have to look at the balance, and those of accounts with later cells at their history.

Accounts whose profile or credit line changes in the batch take the long way, processors.cube.

Source: docs/method.md#totals
"""

from typing import NamedTuple

import numpy as np

from processors.cube import (
    KINDS,
    MAIN,
    MAIN_SUMS,
    AccountHistory,
    TotalChanges,
    count_changes,
    counted_populations,
    first_loan_changes,
    group_key,
    moved_rows,
    spread,
    spread_cells,
    spread_draws,
    turn_of,
)
from processors.ledger import BALANCE_SIGN, CELL_WIDTH, TAG_WIDTH, Postings
from processors.population import kind_word
from processors.sums import groups_of, sorted_distinct
from schemas.event import Measure
from schemas.units import AnyArray, Int64Array, UInt64Array


class Rows(NamedTuple):
    """Events, or draws by tag, that go the short way."""

    account: Int64Array
    bank: Int64Array
    quarter: Int64Array
    kind: Int64Array
    kind_words: Int64Array  # Populations of the account's loans of this kind.


def forward_cells(rows: Rows, postings: Postings) -> TotalChanges:
    """Return what postings to cells add to the totals."""
    groups = groups_of(group_key(rows.bank, 0, rows.quarter, rows.kind_words))
    change = np.zeros((groups.keys.size, CELL_WIDTH), np.int64)
    postings.add_to(change, groups.spread(np.arange(groups.keys.size)))
    return spread_cells(groups.keys, change)


def forward_draws(rows: Rows, tag: Int64Array, postings: Postings) -> TotalChanges:
    """Return what postings to tag cells add to the totals of draws by tag."""
    groups = groups_of(group_key(rows.bank, tag, rows.quarter, rows.kind_words))
    change = np.zeros((groups.keys.size, TAG_WIDTH), np.int64)
    postings.add_to(change, groups.spread(np.arange(groups.keys.size)))
    return spread_draws(groups.keys, change)


def later_moves(
    history: AccountHistory, accounts: Int64Array, rows: Rows, postings: Postings
) -> list[TotalChanges]:
    """Return what events add where the membership of their account changes after them.

    Args:
        history: of ``accounts``, which are sorted.
        accounts: those of the events that are posted, at least.
        rows: events.
        postings: to cells, of the events that count here.

    """
    moved = moved_rows(history)
    if not moved.size or not postings.row.size:
        return []
    stocks = _stock_postings(postings)
    position = np.minimum(np.searchsorted(accounts, rows.account), accounts.size - 1)
    is_posted = np.zeros(rows.account.size, np.bool_)
    is_posted[postings.row] = True
    turn = turn_of(history.account[moved])
    changes = []
    for number in range(int(turn.max()) + 1):
        at = moved[turn == number]
        row_of = np.full(accounts.size, -1, np.int64)
        row_of[history.account[at]] = at
        row = row_of[position]
        is_later = is_posted & (row >= 0) & (history.quarter[row] > rows.quarter)
        event = np.flatnonzero(is_later)
        row, kind = row[event], rows.kind[event]
        now, was = (kind_word(history.words[side], kind) for side in (row, row - 1))
        for words, sign in ((now & ~was, 1), (was & ~now, -1)):
            groups = groups_of(group_key(rows.bank[event], 0, history.quarter[row], words))
            place = np.zeros(rows.account.size, np.int64)
            place[event] = groups.spread(np.arange(groups.keys.size))
            change = np.zeros((groups.keys.size, len(MAIN_SUMS)), np.int64)
            stocks.only(is_later).add_to(change, place)
            changes.append(spread(groups.keys, change * sign))
    return changes


def _stock_postings(postings: Postings) -> Postings:
    """Return postings to cells as postings to the stocks of totals, and to reclassified."""
    signed = postings.value * BALANCE_SIGN[postings.column]
    is_balance = BALANCE_SIGN[postings.column] != 0
    column = _STOCK_OF_MEASURE[postings.column]
    is_other = (column >= 0) & ~is_balance
    row, moved = postings.row[is_balance], signed[is_balance]
    return Postings(
        np.concatenate([row, row, postings.row[is_other]]),
        np.concatenate(
            [
                np.full(row.size, MAIN["balance_change_minor"]),
                np.full(row.size, MAIN["reclassified_minor"]),
                column[is_other],
            ]
        ),
        np.concatenate([moved, moved, postings.value[is_other]]),
    )


_STOCK_OF_MEASURE = np.full(CELL_WIDTH, -1, np.int64)
_STOCK_OF_MEASURE[Measure.BALANCE_RATE_HI] = MAIN["balance_rate_change_hi"]
_STOCK_OF_MEASURE[Measure.BALANCE_RATE_LO] = MAIN["balance_rate_change_lo"]
_STOCK_OF_MEASURE[Measure.NON_PERFORMING] = MAIN["non_performing_change_minor"]


def forward_counts(
    rows: Rows, net_minor: Int64Array, balance_minor: Int64Array, words: UInt64Array
) -> list[TotalChanges]:
    """Move balances, quarter by quarter; return how the counts of borrowers change.

    Args:
        rows: events.
        net_minor: (events,), what each adds to the balance.
        balance_minor: (accounts, KINDS), moved in place.
        words: (accounts,), membership of each account.

    """
    changes: list[TotalChanges] = []
    flat = balance_minor.reshape(-1)
    for quarter in sorted_distinct(rows.quarter).tolist():
        now = rows.quarter == quarter
        account, place = rows.account[now], rows.account[now] * KINDS + rows.kind[now]
        before = balance_minor[account]
        np.add.at(flat, place, net_minor[now])
        after = balance_minor[account]
        # Where no loan kind changes its sign, and none is negative, no count can change.
        is_steady = (((before > 0) == (after > 0)) & (before >= 0) & (after >= 0)).all(axis=1)
        chosen = np.flatnonzero(~is_steady)
        if not chosen.size:
            continue
        account, first = np.unique(account[chosen], return_index=True)
        chosen = chosen[first]
        counted = [counted_populations(words[account], side[chosen]) for side in (before, after)]
        at = np.full(account.size, quarter, np.int64)
        changes += count_changes(rows.bank[now][chosen], at, *counted)
    return changes


def forward_first_loans(
    bank: Int64Array,
    quarter: Int64Array,
    words: UInt64Array,
    before: AnyArray,
    after: AnyArray,
) -> list[TotalChanges]:
    """Return how the counts of borrowers with a first loan change.

    Args:
        bank: (n,), one row for each account and quarter with a first loan in the batch.
        quarter: (n,).
        words: (n,), membership.
        before: (n, KINDS), draws tagged first loan by loan kind before the batch.
        after: (n, KINDS), after it.

    """
    was, now = counted_populations(words, before), counted_populations(words, after)
    return [
        first_loan_changes(bank, quarter, now & ~was, 1),
        first_loan_changes(bank, quarter, was & ~now, -1),
    ]
