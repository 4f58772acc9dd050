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
from processors.sums import groups_of, is_among, sorted_distinct, summed
from schemas.codes import LOAN_KINDS, POPULATIONS
from schemas.event import Measure
from schemas.tables import TOTAL_SUMS
from schemas.tags import FIRST_LOAN_TAG
from schemas.units import AnyArray, BoolArray, Int64Array, UInt64Array

# Totals proper, tag 0, and totals of draws by tag are held apart: the latter have five sums.
MAIN_SUMS = TOTAL_SUMS[:15]
DRAW_SUMS = ("disbursed_minor", "disbursed_rate_hi", "disbursed_rate_lo", *TOTAL_SUMS[15:])
MAIN = {name: place for place, name in enumerate(MAIN_SUMS)}
MAIN_LIMBS = (
    (MAIN["balance_rate_change_hi"], MAIN["balance_rate_change_lo"]),
    (MAIN["disbursed_rate_hi"], MAIN["disbursed_rate_lo"]),
)
DRAW_LIMBS = ((1, 2),)
TAG_BITS, POPULATION_BITS = 12, 4
KINDS = len(LOAN_KINDS)
_KIND = np.arange(KINDS)


class TotalChanges(NamedTuple):
    """Changes of totals by packed key; keys may repeat."""

    key: Int64Array
    change: Int64Array  # (n, width)


def minus(changes: list[TotalChanges]) -> list[TotalChanges]:
    """Return what takes ``changes`` back."""
    return [TotalChanges(key, -change) for key, change in changes]


class Contribution(NamedTuple):
    """What accounts add to the totals of their banks."""

    main: list[TotalChanges]
    draws: list[TotalChanges]  # By tag.

    def minus(self) -> "Contribution":
        """Return what taking it out again adds."""
        return Contribution(minus(self.main), minus(self.draws))


def total_key(
    bank: AnyArray, tag: AnyArray | int, quarter: AnyArray, population: AnyArray
) -> Int64Array:
    """Return the packed key of a row of totals."""
    key = (bank << TAG_BITS | tag) << QUARTER_BITS | quarter
    return np.asarray(key << POPULATION_BITS | population, np.int64)


def split_total_key(key: Int64Array) -> tuple[Int64Array, Int64Array, Int64Array, Int64Array]:
    """Return (bank, tag, quarter, population) of packed keys."""
    population = key & ((1 << POPULATION_BITS) - 1)
    quarter = (key >> POPULATION_BITS) & QUARTER_MASK
    tag = (key >> (POPULATION_BITS + QUARTER_BITS)) & ((1 << TAG_BITS) - 1)
    return key >> (POPULATION_BITS + QUARTER_BITS + TAG_BITS), tag, quarter, population


def _main_of_cells(change: Int64Array) -> Int64Array:
    """Return what cell sums (n, CELL_WIDTH) add to a total that their loans belong to."""
    total = np.zeros((change.shape[0], len(MAIN_SUMS)), np.int64)
    total[:, MAIN["balance_change_minor"]] = change @ BALANCE_SIGN
    total[:, MAIN["balance_rate_change_hi"]] = change[:, Measure.BALANCE_RATE_HI]
    total[:, MAIN["balance_rate_change_lo"]] = change[:, Measure.BALANCE_RATE_LO]
    total[:, MAIN["non_performing_change_minor"]] = change[:, Measure.NON_PERFORMING]
    flows = slice(MAIN["brought_forward_minor"], MAIN["revalued_minor"] + 1)
    total[:, flows] = change[:, Measure.BROUGHT_FORWARD : Measure.REVALUED + 1]
    total[:, MAIN["disbursed_rate_hi"]] = change[:, Measure.DISBURSED_RATE_HI]
    total[:, MAIN["disbursed_rate_lo"]] = change[:, Measure.DISBURSED_RATE_LO]
    return total


def group_key(
    bank: Int64Array, tag: AnyArray | int, quarter: Int64Array, kind_words: Int64Array
) -> Int64Array:
    """Return one number for what adds to the same totals: there are few of them."""
    key = ((bank << TAG_BITS | tag) << QUARTER_BITS | quarter) << BITS_A_KIND | kind_words
    return np.asarray(key, np.int64)


def spread_cells(group: Int64Array, change: Int64Array) -> TotalChanges:
    """Return what changes of cells (n, CELL_WIDTH) add to the populations of their group."""
    return spread(group, _main_of_cells(change))


def spread_draws(group: Int64Array, change: Int64Array) -> TotalChanges:
    """Return what changes of tag cells (n, TAG_WIDTH) add to the populations of their group."""
    draws = np.zeros((change.shape[0], len(DRAW_SUMS)), np.int64)
    draws[:, : change.shape[1]] = change
    return spread(group, draws)


def spread(group: Int64Array, change: Int64Array) -> TotalChanges:
    """Add each group to every population of its word."""
    words = group & ((1 << BITS_A_KIND) - 1)
    rest = group >> BITS_A_KIND
    keys, rows = [group[:0]], [change[:0]]
    for population in range(len(POPULATIONS)):
        inside = np.flatnonzero((words >> population) & 1)
        if inside.size:
            keys.append(rest[inside] << POPULATION_BITS | population)
            rows.append(change[inside])
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


def history_totals(history: AccountHistory) -> Contribution:
    """Return all that these accounts add to the totals of their banks.

    Source: docs/method.md#totals
    """
    row, tag_row = history.cell_row, history.tag_row
    main = [
        spread_cells(
            *summed(
                group_key(
                    history.bank[row],
                    0,
                    history.quarter[row],
                    kind_word(history.words[row], history.cell_kind),
                ),
                history.cell_sums,
            )
        ),
        *_reclassified(history),
        *count_history(history),
    ]
    draws = [
        spread_draws(
            *summed(
                group_key(
                    history.bank[tag_row],
                    history.tag,
                    history.quarter[tag_row],
                    kind_word(history.words[tag_row], history.tag_kind),
                ),
                history.tag_sums,
            )
        ),
        *_first_loans(history),
    ]
    return Contribution(main, draws)


def moved_rows(history: AccountHistory) -> Int64Array:
    """Return the rows whose membership differs from the row before of the same account."""
    is_first = history.is_first
    return np.flatnonzero((history.words != _shifted(history.words, is_first)) & ~is_first)


def turn_of(account: Int64Array) -> Int64Array:
    """Return which row of its account each row is: 0, 1, 2 …; rows are sorted by account."""
    is_first = np.ones(account.size, np.bool_)
    is_first[1:] = account[1:] != account[:-1]
    starts = np.flatnonzero(is_first)
    return np.arange(account.size) - np.repeat(starts, np.diff(starts, append=account.size))


def _only(history: AccountHistory, accounts: Int64Array) -> AccountHistory:
    """Return what some of the accounts hold, without their tags."""
    keep = is_among(history.account, sorted_distinct(accounts))
    new_row = np.cumsum(keep) - 1
    cells, nothing = keep[history.cell_row], history.tag_row[:0]
    return AccountHistory(
        account=history.account[keep],
        bank=history.bank[keep],
        quarter=history.quarter[keep],
        words=history.words[keep],
        cell_row=new_row[history.cell_row[cells]],
        cell_kind=history.cell_kind[cells],
        cell_sums=history.cell_sums[cells],
        tag_row=nothing,
        tag_kind=nothing,
        tag=nothing,
        tag_sums=history.tag_sums[:0],
    )


def _reclassified(history: AccountHistory) -> list[TotalChanges]:
    """Move the whole balance of borrowers whose membership changed: B(q−1)·Δm."""
    moved = moved_rows(history)
    if not moved.size:
        return []
    history = _only(history, history.account[moved])
    moved = moved_rows(history)
    stocks = np.stack(
        [
            history.cell_sums @ BALANCE_SIGN,
            history.cell_sums[:, Measure.BALANCE_RATE_HI],
            history.cell_sums[:, Measure.BALANCE_RATE_LO],
            history.cell_sums[:, Measure.NON_PERFORMING],
        ],
        axis=1,
    )
    before = _stocks_before(history, moved, stocks)
    change = np.zeros((moved.size * KINDS, len(MAIN_SUMS)), np.int64)
    change[:, :4] = before.reshape(-1, 4)
    change[:, MAIN["reclassified_minor"]] = change[:, 0]
    has_any = change.any(axis=1)
    row, kind = np.repeat(moved, KINDS)[has_any], np.tile(_KIND, moved.size)[has_any]
    change = change[has_any]
    now = kind_word(history.words[row], kind)
    was = kind_word(history.words[row - 1], kind)
    bank, quarter = history.bank[row], history.quarter[row]
    return [
        spread(*summed(group_key(bank, 0, quarter, now & ~was), change)),
        spread(*summed(group_key(bank, 0, quarter, was & ~now), -change)),
    ]


def _stocks_before(history: AccountHistory, moved: Int64Array, stocks: Int64Array) -> Int64Array:
    """Return the stocks at the end of the quarter before each moved row, (moved, KINDS, 4).

    Not the running level of every row: few rows are moved, so summing the cells before the
    first of each account, then before the second, and so on, costs a fraction of it.
    """
    account = history.account[moved]
    rank = turn_of(account)
    cell_account = history.account[history.cell_row]
    cell_quarter = history.quarter[history.cell_row]
    before = np.zeros((moved.size, KINDS, stocks.shape[1]), np.int64)
    if not cell_account.size:
        return before
    groups = groups_of(cell_account * KINDS + history.cell_kind)
    for turn in range(int(rank.max()) + 1):
        rows = np.flatnonzero(rank == turn)
        limit = np.full(int(history.account[-1]) + 1, -1, np.int64)
        limit[account[rows]] = history.quarter[moved[rows]]
        is_before = cell_quarter < limit[cell_account]
        level = np.zeros((limit.size * KINDS, stocks.shape[1]), np.int64)
        level[groups.keys] = groups.sum(stocks * is_before[:, None])
        before[rows] = level.reshape(limit.size, KINDS, -1)[account[rows]]
    return before


def counted_populations(words: UInt64Array, balance_minor: Int64Array) -> Int64Array:
    """Return in which populations a borrower counts: bit p where its balance there is above 0.

    Args:
        words: (n,), membership.
        balance_minor: (n, KINDS), level by loan kind, in fen.

    Source: docs/method.md#counts

    """
    # Few words differ, and few sets of loan kinds: sum each set once.
    distinct, inverse = np.unique(words, return_inverse=True)
    kinds_of = np.zeros((distinct.size, len(POPULATIONS)), np.int64)
    for kind in range(KINDS):
        word = kind_word(distinct, np.full(distinct.size, kind, np.int64))
        kinds_of |= ((word[:, None] >> np.arange(len(POPULATIONS))) & 1) << kind
    is_above = np.zeros((1 << KINDS, words.size), np.bool_)
    for kinds in np.unique(kinds_of).tolist():
        chosen = [kind for kind in range(KINDS) if kinds >> kind & 1]
        is_above[kinds] = balance_minor[:, chosen].sum(axis=1) > 0
    counted = np.zeros(words.size, np.int64)
    everyone = np.arange(words.size)
    for population in range(len(POPULATIONS)):
        counted |= is_above[kinds_of[inverse, population], everyone].astype(np.int64) << population
    return counted


def count_changes(
    bank: Int64Array, quarter: Int64Array, before: Int64Array, after: Int64Array
) -> list[TotalChanges]:
    """Return borrower counts that rise where a bit of ``after`` is new and fall where it went."""
    changes = []
    for gained, one in ((after & ~before, 1), (before & ~after, -1)):
        rows = np.flatnonzero(gained)
        change = np.zeros((rows.size, len(MAIN_SUMS)), np.int64)
        change[:, MAIN["borrower_change_count"]] = one
        changes.append(spread(group_key(bank[rows], 0, quarter[rows], gained[rows]), change))
    return changes


def count_history(history: AccountHistory) -> list[TotalChanges]:
    """Return how many borrowers these accounts are, by population and quarter, as changes."""
    balance = levels(history, history.cell_sums @ BALANCE_SIGN)
    counted = counted_populations(history.words, balance)
    return count_changes(
        history.bank, history.quarter, _shifted(counted, history.is_first), counted
    )


def _first_loans(history: AccountHistory) -> list[TotalChanges]:
    """Count the borrowers with a first loan, once over the loan kinds of a population."""
    chosen = np.flatnonzero(history.tag == FIRST_LOAN_TAG)
    if not chosen.size:
        return []
    rows = np.unique(history.tag_row[chosen])
    draws = np.zeros((rows.size, KINDS), np.int64)
    draws[np.searchsorted(rows, history.tag_row[chosen]), history.tag_kind[chosen]] = (
        history.tag_sums[chosen, 3]
    )
    counted = counted_populations(history.words[rows], draws)
    return [first_loan_changes(history.bank[rows], history.quarter[rows], counted, 1)]


def first_loan_changes(
    bank: Int64Array, quarter: Int64Array, counted: Int64Array, one: int
) -> TotalChanges:
    """Return ``one`` borrower with a first loan for every population in ``counted``."""
    change = np.zeros((bank.size, len(DRAW_SUMS)), np.int64)
    change[:, DRAW_SUMS.index("draw_borrower_count")] = one
    return spread(group_key(bank, FIRST_LOAN_TAG, quarter, counted), change)
