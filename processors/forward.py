"""The short way to the totals: changes at or after the last quarter in which anything changes.

Where an account's membership stays as it is from the event's quarter on, and none of its cells
lies later, an event adds to the totals of that one quarter what it adds to its cell, for every
population of the account, and only borrower counts have to look at the balance. Nearly all
events of a live stream are such. The others take the long way, processors.cube.

Source: docs/method.md#totals
"""

from typing import NamedTuple

import numpy as np

from processors.cube import (
    KINDS,
    TotalChanges,
    count_changes,
    counted_populations,
    first_loan_changes,
    group_key,
    spread_cells,
    spread_draws,
)
from processors.ledger import CELL_WIDTH, TAG_WIDTH, Postings
from processors.sums import groups_of, sorted_distinct
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
