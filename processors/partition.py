"""The live state of one partition: cells, what is known of borrowers, and the totals they make.

Every cell keeps its own version, the offset of the last message in it: after a crash between
two rows some cells are ahead of others, and an event at or below a cell's version is not
applied to it again. One guard for the whole partition would count such events twice.

Totals are kept by taking the old contribution of the accounts of a batch out and putting the
new one in, so the cost follows the batch. Most accounts need less: where nothing they have
lies later than the event, its change is added as it is (``_add_simple``).

Source: docs/method.md#state
"""

from typing import NamedTuple

import numpy as np

from processors.accounts import QUARTER_BITS, QUARTER_MASK, Accounts, DatedRegister, Order
from processors.cube import (
    KINDS,
    TAG_BITS,
    AccountHistory,
    Contribution,
    TotalChanges,
    count_changes,
    counted_populations,
    history_totals,
    levels,
    spread_cells,
    spread_draws,
)
from processors.ledger import (
    BALANCE_SIGN,
    CELL_LIMBS,
    CELL_WIDTH,
    IS_DRAW,
    MOVES_SUMS,
    TAG_LIMBS,
    TAG_WIDTH,
    cell_changes,
    tag_changes,
)
from processors.lpr import LprTable
from processors.population import (
    NO_LINE,
    NO_PROFILE,
    PREDICATE_CHANGES,
    PREDICATE_RANGE_MINOR,
    kind_word,
    membership,
    profile_code,
)
from processors.sums import Chains, SumTable, groups_of, grown, is_among, sorted_distinct
from processors.totals import Totals, TouchedTotals
from schemas.codes import POLICY_TAGS, PolicyTag
from schemas.columns import EventColumns
from schemas.event_types import TYPE_CODES
from schemas.units import AnyArray, Int64Array

KIND_BITS = 2
_PROFILED, _LINED = TYPE_CODES["borrower_profiled"], TYPE_CODES["credit_line_set"]
_FIRST_LOAN_BIT = 1 << POLICY_TAGS.index(PolicyTag.FIRST_LOAN)
# The membership of a borrower nothing is known of.
_UNKNOWN_WORD = membership(np.full(1, NO_PROFILE), np.full(1, NO_LINE), np.zeros(1, np.int64))[0]


def cell_key(
    account: AnyArray, tag: AnyArray | int, quarter: AnyArray, kind: AnyArray
) -> Int64Array:
    """Return the packed key of a cell (tag 0) or a tag cell."""
    key = (account << TAG_BITS | tag) << QUARTER_BITS | quarter
    return np.asarray(key << KIND_BITS | kind, np.int64)


def split_cell_key(key: Int64Array) -> tuple[Int64Array, Int64Array, Int64Array, Int64Array]:
    """Return (account, tag, quarter, loan kind) of packed keys."""
    kind = key & ((1 << KIND_BITS) - 1)
    quarter = (key >> KIND_BITS) & QUARTER_MASK
    tag = (key >> (KIND_BITS + QUARTER_BITS)) & ((1 << TAG_BITS) - 1)
    return key >> (KIND_BITS + QUARTER_BITS + TAG_BITS), tag, quarter, kind


class Touched(NamedTuple):
    """Which rows a batch changed, to be written; for registers also the event that won."""

    cells: Int64Array
    tag_cells: Int64Array
    profiles: Int64Array
    profile_rows: Int64Array
    lines: Int64Array
    line_rows: Int64Array
    totals: TouchedTotals


class _Applied(NamedTuple):
    """Fresh changes summed by cell or tag cell."""

    slots: Int64Array
    key: Int64Array
    change: Int64Array


class PartitionState:
    """All that one partition knows. ``apply`` is the only way to change it."""

    def __init__(self) -> None:
        self.accounts = Accounts()
        self.cells = SumTable(CELL_WIDTH, CELL_LIMBS)
        self.tag_cells = SumTable(TAG_WIDTH, TAG_LIMBS)
        self.totals = Totals()
        self.profiles = DatedRegister(NO_PROFILE)
        self.lines = DatedRegister(NO_LINE)
        self.cell_chains = Chains()
        self.tag_chains = Chains()
        # Of each account: its balances, the quarter after which nothing it has changes, and
        # its membership from there on.
        self._balance = np.zeros((1024, KINDS), np.int64)
        self._settled = np.full(1024, -1, np.int64)
        self._words = np.full(1024, _UNKNOWN_WORD)

    def apply(
        self, events: EventColumns, offset: Int64Array, event_hash: Int64Array, lpr: LprTable
    ) -> Touched:
        """Take accepted events in, whole messages in log order; return what changed.

        Args:
            events: n events, none of them a duplicate.
            offset: (n,), log offset of each event's message.
            event_hash: (n,), a fixed hash of each event id; settles ties in the registers.
            lpr: published rates, for the LPR tags of draws.

        """
        moves = np.flatnonzero(MOVES_SUMS[events.event_type])
        profiled = np.flatnonzero(events.event_type == _PROFILED)
        lined = np.flatnonzero(events.event_type == _LINED)
        named = np.concatenate([moves, profiled, lined])
        account = self.accounts.codes(events.bank.take(named), events.borrower.take(named))
        self.make_room()
        of_moves, of_profiled, of_lined = np.split(
            account, [moves.size, moves.size + profiled.size]
        )

        flows = events.take_rows(moves)
        registered = np.concatenate([of_profiled, of_lined])
        simple, complex_accounts = self._simple_accounts(flows, of_moves, registered)
        known = complex_accounts[self.cell_chains.has_any(complex_accounts)]
        before = history_totals(self.history(known)).minus()

        profiles, profile_rows = self._merge_profiles(
            events, profiled, of_profiled, offset, event_hash
        )
        lines, line_rows = self._merge_lines(events, lined, of_lined, offset, event_hash)
        cells = self._add_cells(flows, of_moves, offset[moves])
        tags = self._add_tags(flows, of_moves, offset[moves], lpr)

        history = self.history(complex_accounts)
        self.settle(complex_accounts, history)
        after = history_totals(history)
        added = self._add_simple(cells, tags, simple)
        totals = self.totals.add(
            [*before.main, *after.main, *added.main], [*before.draws, *after.draws, *added.draws]
        )
        return Touched(cells.slots, tags.slots, profiles, profile_rows, lines, line_rows, totals)

    def make_room(self) -> None:
        old, size = self._settled.size, self.accounts.size
        if size > old:
            self._balance = grown(self._balance, size)
            self._settled = grown(self._settled, size)
            self._words = grown(self._words, size)
            self._balance[old:], self._settled[old:], self._words[old:] = 0, -1, _UNKNOWN_WORD

    def _simple_accounts(
        self, flows: EventColumns, account: Int64Array, registered: Int64Array
    ) -> tuple[Int64Array, Int64Array]:
        """Return the accounts of the batch whose changes may be added as they are, and the rest.

        Both are sorted. Simple is an account with flows in one quarter only, at or after the
        last quarter in which anything of it changes.
        """
        distinct, inverse = np.unique(account, return_inverse=True)
        quarter = flows.quarter.astype(np.int64)
        is_simple = np.ones(distinct.size, np.bool_)
        is_simple[inverse[quarter < self._settled[account]]] = False
        # Borrowers with a first loan are counted over loan kinds, which needs their history.
        is_simple[inverse[(flows.policy_tags & _FIRST_LOAN_BIT) > 0]] = False
        one_quarter = np.zeros(distinct.size, np.int64)
        one_quarter[inverse] = quarter
        is_simple[inverse[one_quarter[inverse] != quarter]] = False
        simple = np.setdiff1d(distinct[is_simple], registered)
        return simple, np.union1d(distinct[~is_simple], registered)

    def history(self, accounts: Int64Array) -> AccountHistory:
        """Return what ``accounts`` (sorted) hold, laid out by quarter of change."""
        in_cell, cell = self.cell_chains.gather(accounts)
        in_tag, tag_cell = self.tag_chains.gather(accounts)
        in_profile, profile = self.profiles.chains.gather(accounts)
        in_line, line = self.lines.chains.gather(accounts)
        _, _, cell_quarter, cell_kind = split_cell_key(self.cells.index.keys[cell])
        _, tag, tag_quarter, tag_kind = split_cell_key(self.tag_cells.index.keys[tag_cell])
        limit, (least, most) = self.lines.value[line], PREDICATE_RANGE_MINOR
        in_change = np.repeat(
            sorted_distinct(in_line[(limit >= least) & (limit <= most)]), PREDICATE_CHANGES.size
        )
        change = np.resize(PREDICATE_CHANGES, in_change.size)
        rows = sorted_distinct(
            np.concatenate(
                [
                    in_cell << QUARTER_BITS | cell_quarter,
                    in_profile << QUARTER_BITS | self.profiles.quarter(profile),
                    in_line << QUARTER_BITS | self.lines.quarter(line),
                    in_change << QUARTER_BITS | change,
                ]
            )
        )
        position, quarter = rows >> QUARTER_BITS, rows & QUARTER_MASK
        account = accounts[position]
        return AccountHistory(
            account=position,
            bank=self.accounts.bank_of(account),
            quarter=quarter,
            words=membership(
                self.profiles.as_of(account, quarter), self.lines.as_of(account, quarter), quarter
            ),
            cell_row=np.searchsorted(rows, in_cell << QUARTER_BITS | cell_quarter),
            cell_kind=cell_kind,
            cell_sums=self.cells.sums[cell],
            tag_row=np.searchsorted(rows, in_tag << QUARTER_BITS | tag_quarter),
            tag_kind=tag_kind,
            tag=tag,
            tag_sums=self.tag_cells.sums[tag_cell],
        )

    def settle(self, accounts: Int64Array, history: AccountHistory) -> None:
        """Note where each account stands after the last quarter in which it changes."""
        if not history.account.size:
            return
        is_last = np.roll(history.is_first, -1)
        accounts = accounts[history.account[is_last]]
        self._balance[accounts] = levels(history, history.cell_sums @ BALANCE_SIGN)[is_last]
        self._words[accounts] = history.words[is_last]
        changes = np.zeros(history.account.size, np.bool_)
        changes[history.cell_row] = True
        changes[1:] |= history.words[1:] != history.words[:-1]
        changes |= history.is_first & (history.words != _UNKNOWN_WORD)
        quarter = np.where(changes, history.quarter, -1)
        self._settled[accounts] = np.maximum.reduceat(quarter, np.flatnonzero(history.is_first))

    def _merge_profiles(
        self,
        events: EventColumns,
        rows: Int64Array,
        account: Int64Array,
        offset: Int64Array,
        event_hash: Int64Array,
    ) -> tuple[Int64Array, Int64Array]:
        code = profile_code(
            events.borrower_kind[rows].astype(np.int64),
            events.holding[rows].astype(np.int64),
            events.firm_size[rows].astype(np.int64),
        )
        order = Order(events.occurred_day[rows], events.revision[rows], event_hash[rows])
        quarter = events.quarter[rows].astype(np.int64)
        slots, won = self.profiles.merge(account, quarter, code, order, offset[rows])
        return slots, rows[won]

    def _merge_lines(
        self,
        events: EventColumns,
        rows: Int64Array,
        account: Int64Array,
        offset: Int64Array,
        event_hash: Int64Array,
    ) -> tuple[Int64Array, Int64Array]:
        order = Order(events.occurred_day[rows], events.revision[rows], event_hash[rows])
        quarter = events.quarter[rows].astype(np.int64)
        limit = events.limit_cny_minor[rows]
        slots, won = self.lines.merge(account, quarter, limit, order, offset[rows])
        return slots, rows[won]

    def _add_cells(self, flows: EventColumns, account: Int64Array, offset: Int64Array) -> _Applied:
        quarter, kind = flows.quarter.astype(np.int64), flows.loan_kind.astype(np.int64)
        key = cell_key(account, 0, quarter, kind)
        return _add_fresh(self.cells, self.cell_chains, key, cell_changes(flows), offset)

    def _add_tags(
        self, flows: EventColumns, account: Int64Array, offset: Int64Array, lpr: LprTable
    ) -> _Applied:
        tags = tag_changes(flows, lpr, IS_DRAW[flows.event_type])
        row = tags.row
        quarter, kind = flows.quarter[row].astype(np.int64), flows.loan_kind[row].astype(np.int64)
        key = cell_key(account[row], tags.tag, quarter, kind)
        return _add_fresh(self.tag_cells, self.tag_chains, key, tags.change, offset[row])

    def _add_simple(self, cells: _Applied, tags: _Applied, simple: Int64Array) -> Contribution:
        """Add the changes of accounts that have nothing later than the batch's one quarter."""
        account, _, quarter, kind = split_cell_key(cells.key)
        keep = is_among(account, simple)
        account, quarter, kind = account[keep], quarter[keep], kind[keep]
        change = cells.change[keep]
        words = kind_word(self._words[account], kind)
        linear = spread_cells(self.accounts.bank_of(account), quarter, words, change)
        return Contribution(
            [linear, *self._count_simple(account, quarter, kind, change @ BALANCE_SIGN)],
            [self._spread_simple_draws(tags, simple)],
        )

    def _spread_simple_draws(self, tags: _Applied, simple: Int64Array) -> TotalChanges:
        account, tag, quarter, kind = split_cell_key(tags.key)
        keep = is_among(account, simple)
        account, tag, quarter, kind = account[keep], tag[keep], quarter[keep], kind[keep]
        words = kind_word(self._words[account], kind)
        bank = self.accounts.bank_of(account)
        return spread_draws(bank, tag, quarter, words, tags.change[keep])

    def _count_simple(
        self, account: Int64Array, quarter: Int64Array, kind: Int64Array, net_minor: Int64Array
    ) -> list[TotalChanges]:
        """Move the balances of simple accounts, one row a cell; return how counts change."""
        distinct, first = np.unique(account, return_index=True)
        quarter = quarter[first]
        before = self._balance[distinct]
        np.add.at(self._balance, (account, kind), net_minor)
        self._settled[distinct] = quarter
        after = self._balance[distinct]
        # Where no loan kind changes its sign, and none is negative, no count can change.
        is_steady = (((before > 0) == (after > 0)) & (before >= 0) & (after >= 0)).all(axis=1)
        rows = np.flatnonzero(~is_steady)
        distinct = distinct[rows]
        words = self._words[distinct]
        return count_changes(
            self.accounts.bank_of(distinct),
            quarter[rows],
            counted_populations(words, before[rows]),
            counted_populations(words, after[rows]),
        )


def _add_fresh(
    table: SumTable, chains: Chains, key: Int64Array, change: Int64Array, offset: Int64Array
) -> _Applied:
    """Add the changes that their row has not seen; return the rows that changed."""
    if not key.size:
        return _Applied(key, key, change)
    groups = groups_of(key)
    slots, added = table.rows(groups.keys)
    chains.link(added, split_cell_key(table.index.keys[added])[0])
    is_fresh = offset > groups.spread(table.versions[slots])
    sums = groups.sum(change * is_fresh[:, None] if not is_fresh.all() else change)
    newest = np.maximum.reduceat(offset[groups.order], groups.starts)
    moved = newest > table.versions[slots]
    slots, sums = slots[moved], sums[moved]
    table.add(slots, sums)
    table.reach(slots, newest[moved])
    return _Applied(slots, groups.keys[moved], sums)
