"""The live state of one partition: cells, what is known of borrowers, and the totals they make.

Every cell keeps its own version, the offset of the last message in it: after a crash between
two rows some cells are ahead of others, and an event at or below a cell's version is not
applied to it again. One guard for the whole partition would count such events twice.

Totals are kept by taking the old contribution of the accounts of a batch out and putting the
new one in, so the cost follows the batch. Most accounts need less: where nothing they have
lies later than the event, its change is added as it is (processors.forward).

Source: docs/method.md#state
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from processors.accounts import QUARTER_BITS, QUARTER_MASK, Accounts, DatedRegister, Order
from processors.cube import (
    KINDS,
    TAG_BITS,
    AccountHistory,
    Contribution,
    TotalChanges,
    count_history,
    history_totals,
    levels,
    minus,
)
from processors.forward import (
    Rows,
    forward_cells,
    forward_counts,
    forward_draws,
    forward_first_loans,
    later_moves,
)
from processors.ledger import (
    BALANCE_SIGN,
    CELL_LIMBS,
    CELL_WIDTH,
    MOVES_SUMS,
    TAG_DRAW_COUNT,
    TAG_LIMBS,
    TAG_WIDTH,
    Postings,
    cell_postings,
    net_flow_minor,
    tagged_draws,
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
from processors.sums import Chains, SumTable, groups_of, grown, sorted_distinct
from processors.totals import Totals, TouchedTotals
from schemas.columns import EventColumns
from schemas.event_types import TYPE_CODES
from schemas.tags import FIRST_LOAN_TAG
from schemas.units import AnyArray, BoolArray, Int64Array, UInt64Array

KIND_BITS = 2
_PROFILED, _LINED = TYPE_CODES["borrower_profiled"], TYPE_CODES["credit_line_set"]
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


class _Way(IntEnum):
    """How the changes of an account reach the totals."""

    SHORT = 0  # Nothing of it lies later: see processors.forward.
    LATE = 1  # Something of it lies later: counts and later moves need its history.
    LONG = 2  # What is known of it changes: old contribution out, new one in.


class _Entries(NamedTuple):
    """Events of a batch that replace what was known of an account."""

    event: Int64Array  # Which row of the batch.
    account: Int64Array
    quarter: Int64Array
    order: Order
    offset: Int64Array

    @classmethod
    def of(
        cls,
        events: EventColumns,
        rows: Int64Array,
        account: Int64Array,
        offset: Int64Array,
        event_hash: Int64Array,
    ) -> "_Entries":
        order = Order(events.occurred_day[rows], events.revision[rows], event_hash[rows])
        return cls(rows, account, events.quarter[rows].astype(np.int64), order, offset[rows])


def _profile_codes(events: EventColumns, rows: Int64Array) -> Int64Array:
    return profile_code(
        events.borrower_kind[rows].astype(np.int64),
        events.holding[rows].astype(np.int64),
        events.firm_size[rows].astype(np.int64),
    )


class _Posted(NamedTuple):
    """What a batch added to a table: slot and freshness by row, and the slots that changed."""

    slots: Int64Array
    is_fresh: BoolArray
    changed: Int64Array


class _Added(NamedTuple):
    """What a batch added: to totals by the short way, and which cells and tag cells changed."""

    totals: Contribution
    cells: Int64Array
    tag_cells: Int64Array
    rows: Rows
    late_postings: Postings  # Of events of late accounts.


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
        # All SHORT between batches: which way the accounts of a batch go.
        self._way = np.zeros(1024, np.uint8)

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
        registered = sorted_distinct(np.concatenate([of_profiled, of_lined]))
        has_cells = self.cell_chains.has_any(registered)
        long, fresh = registered[has_cells], registered[~has_cells]
        before = history_totals(self.history(long)).minus()
        told = _Entries.of(events, profiled, of_profiled, offset, event_hash)
        profiles, profile_rows = self._merge(self.profiles, _profile_codes(events, profiled), told)
        told = _Entries.of(events, lined, of_lined, offset, event_hash)
        lines, line_rows = self._merge(self.lines, events.limit_cny_minor[lined], told)
        # Who has no cells yet takes the new membership along at no cost.
        self.settle(fresh, self.history(fresh))

        late = sorted_distinct(of_moves[flows.quarter < self._settled[of_moves]])
        self._way[late] = _Way.LATE
        self._way[long] = _Way.LONG
        late = late[self._way[late] == _Way.LATE]
        counted_before = count_history(self.history(late, has_tags=False))
        added = self._add(flows, of_moves, offset[moves], lpr)
        self._way[late] = self._way[long] = _Way.SHORT
        history = self.history(late, has_tags=False)
        counted = [*minus(counted_before), *count_history(history)]
        moved = later_moves(history, late, added.rows, added.late_postings)

        history = self.history(long)
        self.settle(long, history)
        after = history_totals(history)
        totals = self.totals.add(
            [*before.main, *after.main, *added.totals.main, *counted, *moved],
            [*before.draws, *after.draws, *added.totals.draws],
        )
        return Touched(
            added.cells, added.tag_cells, profiles, profile_rows, lines, line_rows, totals
        )

    def make_room(self) -> None:
        old, size = self._settled.size, self.accounts.size
        if size > old:
            self._balance = grown(self._balance, size)
            self._settled = grown(self._settled, size)
            self._words = grown(self._words, size)
            self._way = grown(self._way, size)
            self._balance[old:], self._settled[old:], self._words[old:] = 0, -1, _UNKNOWN_WORD
            self._way[old:] = _Way.SHORT

    def history(self, accounts: Int64Array, *, has_tags: bool = True) -> AccountHistory:
        """Return what ``accounts`` (sorted) hold, laid out by quarter of change."""
        in_cell, cell = self.cell_chains.gather(accounts)
        in_tag, tag_cell = self.tag_chains.gather(accounts if has_tags else accounts[:0])
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
            words=self._words_at(account, quarter),
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
        starts = np.flatnonzero(history.is_first)
        is_moved = history.is_first & (history.words != _UNKNOWN_WORD)
        is_moved[1:] |= ~history.is_first[1:] & (history.words[1:] != history.words[:-1])
        moved = np.where(is_moved, history.quarter, -1)
        moved[history.cell_row] = history.quarter[history.cell_row]
        self._settled[accounts] = np.maximum.reduceat(moved, starts)

    def _merge(
        self, register: DatedRegister, value: Int64Array, entries: _Entries
    ) -> tuple[Int64Array, Int64Array]:
        """Take entries into a register; return the slots that changed and the events that won."""
        slots, won = register.merge(
            entries.account, entries.quarter, value, entries.order, entries.offset
        )
        return slots, entries.event[won]

    def _add(
        self, flows: EventColumns, account: Int64Array, offset: Int64Array, lpr: LprTable
    ) -> _Added:
        """Add to cells and tag cells; return what goes the short way, and the changed slots."""
        quarter, kind = flows.quarter.astype(np.int64), flows.loan_kind.astype(np.int64)
        way, words = self._way[account], self._words[account]
        is_late = way == _Way.LATE
        words[is_late] = self._words_at(account[is_late], quarter[is_late])
        rows = Rows(account, self.accounts.bank_of(account), quarter, kind, kind_word(words, kind))
        postings = cell_postings(flows)
        key = cell_key(account, 0, quarter, kind)
        cells = _post(self.cells, self.cell_chains, key, postings, offset)
        main = [forward_cells(rows, postings.only(cells.is_fresh & (way != _Way.LONG)))]
        net_minor = net_flow_minor(flows)
        chosen = np.flatnonzero(cells.is_fresh & (way == _Way.SHORT))
        here = Rows(*(column[chosen] for column in rows))
        main += forward_counts(here, net_minor[chosen], self._balance, self._words)
        # Counts of late accounts come from their history; here only their balance moves.
        late = np.flatnonzero(cells.is_fresh & is_late)
        np.add.at(self._balance, (account[late], kind[late]), net_minor[late])
        np.maximum.at(self._settled, account, quarter)

        tagged = tagged_draws(flows, lpr)
        by_tag = Rows(*(column[tagged.draw] for column in rows))
        key = cell_key(by_tag.account, tagged.tag, by_tag.quarter, by_tag.kind)
        tags = _post(self.tag_cells, self.tag_chains, key, tagged.postings, offset[tagged.draw])
        is_forward = tags.is_fresh & (self._way[by_tag.account] != _Way.LONG)
        draws = [forward_draws(by_tag, tagged.tag, tagged.postings.only(is_forward))]
        is_first = is_forward & (tagged.tag == FIRST_LOAN_TAG)
        sign = flows.sign[tagged.draw].astype(np.int64)
        draws += self._count_first_loans(Rows(*(c[is_first] for c in by_tag)), sign[is_first])
        late_postings = postings.only(cells.is_fresh & is_late)
        return _Added(Contribution(main, draws), cells.changed, tags.changed, rows, late_postings)

    def _words_at(self, account: Int64Array, quarter: Int64Array) -> UInt64Array:
        profile, line = self.profiles.as_of(account, quarter), self.lines.as_of(account, quarter)
        return membership(profile, line, quarter)

    def _count_first_loans(self, rows: Rows, sign: Int64Array) -> list[TotalChanges]:
        """Return how counts of first-loan borrowers change, once their tag cells are added."""
        if not rows.account.size:
            return []
        pairs = groups_of(rows.account << QUARTER_BITS | rows.quarter)
        account, quarter = pairs.keys >> QUARTER_BITS, pairs.keys & QUARTER_MASK
        after = np.zeros((account.size, KINDS), np.int64)
        for kind in range(KINDS):
            where = np.full(account.size, kind, np.int64)
            slots = self.tag_cells.index.find(cell_key(account, FIRST_LOAN_TAG, quarter, where))
            after[slots >= 0, kind] = self.tag_cells.sums[slots[slots >= 0], TAG_DRAW_COUNT]
        before = after.copy()
        place = pairs.spread(np.arange(account.size)), rows.kind
        np.subtract.at(before, place, sign)
        bank = self.accounts.bank_of(account)
        words = self._words_at(account, quarter)
        return forward_first_loans(bank, quarter, words, before, after)


def _post(
    table: SumTable, chains: Chains, key: Int64Array, postings: Postings, offset: Int64Array
) -> _Posted:
    """Add the postings of rows that their cell has not seen; ``offset`` rises along the rows."""
    slots = table.index.find(key)
    missing = slots < 0
    if missing.any():
        _, added = table.rows(sorted_distinct(key[missing]))
        chains.link(added, split_cell_key(table.index.keys[added])[0])
        slots[missing] = table.index.find(key[missing])
    is_fresh = offset > table.versions[slots]
    postings.only(is_fresh).add_to(table.sums, slots)
    fresh = slots[is_fresh]
    changed = sorted_distinct(fresh)
    table.carry(changed)
    table.reach(fresh, offset[is_fresh])
    return _Posted(slots, is_fresh, changed)
