"""Growth of a region, a city or a peer group: over the same units at both ends (同口径).

Only banks that are present at both ends stand in an aggregate's growth, so that a late bank
never looks like a fall in lending. How much of the base they hold is the coverage; who is
missing and who has no base is named.

Source: docs/method.md#coverage and docs/method.md#determinable
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from processors.growth import (
    LOAN_LEVEL,
    NONE,
    POSITION,
    Balances,
    base_ordinal,
    base_status,
    is_scope_changed,
)
from processors.levels import balance_levels, last_levels, weight_levels
from processors.presence import day_of, day_of_text
from schemas.codes import POPULATIONS, Basis, PeerGroup, Region, Source, Status
from schemas.quarter import Quarter
from schemas.results import Bank, Growth, Results
from schemas.units import BoolArray, Int64Array, UInt8Array
from schemas.words import MIXED_SOURCE, PEER_GROUP_WORDS, REGION_WORDS, Words

PRELIMINARY_BELOW_PERCENT = 99
PRINTED_FROM_PERCENT = 95


class Group(NamedTuple):
    """Registered banks that are added up."""

    code: str  # region:province, peer:rural, city:370100
    words: Words
    members: BoolArray  # (banks,)


class Ends(NamedTuple):
    """Both ends of one growth figure; where status is OK, growth = latest ÷ base − 1."""

    base_minor: int
    latest_minor: int
    out_minor: int  # Added back by 还原.
    status: Status
    restored_status: Status
    source: str  # A member of Source, or mixed.


class Units(NamedTuple):
    """Where the banks of a group stand in one growth figure, (banks,) each."""

    both: BoolArray  # Present at both ends.
    closed: BoolArray  # Closed in between: with their base, and nothing at the latest end.
    missing: BoolArray
    untold: BoolArray  # Those missing that have reported, but not whose loans theirs are.
    new: BoolArray  # Without a base: outside both sides.


class GroupGrowth(NamedTuple):
    """An aggregate's growth and what it rests on."""

    ends: Ends
    units: Units
    covered_minor: int  # Base of the units in it.
    known_minor: int  # Base of all units; of a silent one, the newest balance known by then.
    unknown_weight_bank_count: int  # Missing ones that never said how much they hold.
    is_preliminary: bool
    is_to_date: bool


def groups(banks: tuple[Bank, ...], cities: Mapping[str, Words]) -> list[Group]:
    """Return the regions, peer groups and cities that have a registered bank, in this order."""
    registered = np.array([bank.is_registered for bank in banks], np.bool_)
    qingdao = np.array([bank.is_qingdao for bank in banks], np.bool_)
    regions = {
        Region.PROVINCE: registered,
        Region.PROVINCE_EX_QINGDAO: registered & ~qingdao,
        Region.QINGDAO: registered & qingdao,
    }
    found = [Group(f"region:{name}", REGION_WORDS[name], who) for name, who in regions.items()]
    for peer in PeerGroup:
        who = registered & np.array([bank.peer_group == peer for bank in banks], np.bool_)
        found.append(Group(f"peer:{peer}", PEER_GROUP_WORDS[peer], who))
    codes = sorted({bank.city for bank in banks if bank.is_registered})
    for code in codes:
        who = registered & np.array([bank.city == code for bank in banks], np.bool_)
        found.append(Group(f"city:{code}", cities.get(code, Words(code, code)), who))
    return [group for group in found if group.members.any()]


@lru_cache(maxsize=8)
def open_days(banks: tuple[Bank, ...]) -> tuple[Int64Array, Int64Array]:
    """Return the first and last day on which each bank is open, (banks,) each."""
    ends = np.iinfo(np.int32)
    opened = [day_of_text(bank.opened_on) if bank.opened_on else ends.min for bank in banks]
    closed = [day_of_text(bank.closed_on) if bank.closed_on else ends.max for bank in banks]
    return np.array(opened, np.int64), np.array(closed, np.int64)


def open_banks(results: Results, quarter: Quarter) -> BoolArray:
    """Return which banks were open on some day of ``quarter``, (banks,)."""
    opened, closed = open_days(results.banks)
    return (opened <= day_of(quarter.last_day)) & (closed >= day_of(quarter.first_day))


def bank_ends(growth: Growth, bank: int, population: int, quarter: int) -> Ends:
    """Return the two ends of one bank's growth as Python integers."""
    at = (bank, population, quarter)
    source = (Source.LOAN_LEVEL, Source.POSITION, Source.AGGREGATE, Source.NONE)
    return Ends(
        int(growth.base_minor[at]),
        int(growth.latest_minor[at]),
        int(growth.out_minor[at]),
        Status(int(growth.status[at])),
        Status(int(growth.restored_status[at])),
        source[int(growth.source[at])],
    )


def group_units(
    results: Results, members: BoolArray, population: int, quarter: int, basis: Basis
) -> Units:
    """Return where each member stands; a bank that was never open in between is nowhere.

    Source: docs/method.md#coverage
    """
    base = base_ordinal(basis, results.first_ordinal + quarter) - results.first_ordinal
    latest_day = day_of(Quarter.from_ordinal(results.first_ordinal + quarter).last_day)
    base_day = day_of(Quarter.from_ordinal(results.first_ordinal + base).last_day)
    opened, closed_on = open_days(results.banks)
    is_unit = members & (opened <= latest_day) & (closed_on > base_day)

    has_base = _is_present(results, population, base)
    has_latest = _is_present(results, population, quarter)
    closed = is_unit & (closed_on <= latest_day) & has_base
    growth, at = results.growth[basis], (slice(None), population, quarter)
    both = is_unit & (growth.source[at] != NONE) & ~closed
    # A bank of which it is only not known how much it had is not new.
    is_untold_base = _is_untold(results, population, base)
    is_there = has_latest | _is_untold(results, population, quarter)
    new = is_unit & ~has_base & ~is_untold_base & is_there
    missing = is_unit & ~both & ~closed & ~new
    is_closed_untold = (closed_on <= latest_day) & is_untold_base
    untold = missing & ((growth.status[at] == Status.NOT_DETERMINABLE) | is_closed_untold)
    return Units(both, closed, missing, untold, new)


def group_growth(
    results: Results, members: BoolArray, population: int, quarter: int, basis: Basis
) -> GroupGrowth:
    """Return growth over the members that are present at both ends.

    Args:
        results: of one snapshot.
        members: (banks,), the banks to add up; registered ones only.
        population: index into POPULATIONS.
        quarter: place on the quarters axis.
        basis: from which quarter-end.

    Source: docs/method.md#coverage

    """
    growth = results.growth[basis]
    units = group_units(results, members, population, quarter, basis)
    base_place = base_ordinal(basis, results.first_ordinal + quarter) - results.first_ordinal
    base, _ = balance_levels(results, population, base_place)
    weight, weighed_by = last_levels(results, units.missing, population, base_place)
    covered = _total(growth.base_minor[:, population, quarter], units.both)
    covered += _total(base, units.closed)
    known = covered + _total(weight, units.missing)
    unweighed = int((units.missing & (weighed_by == NONE)).sum())

    source = growth.source[:, population, quarter][units.both]
    counts = _base_count(results, units, population, base_place)
    one = Balances(np.array([covered]), np.array([counts >= 0]), np.array([counts]))
    status = Status(int(base_status(one)[0]))
    if not units.both.any():
        status = Status.NOT_DETERMINABLE if units.untold.any() else Status.NOT_REPORTED
    elif covered * 100 < known * PRINTED_FROM_PERCENT:
        status = Status.COVERAGE_TOO_LOW
    elif status != Status.NO_BASE and is_scope_changed(
        POPULATIONS[population],
        results.first_ordinal + base_place,
        results.first_ordinal + quarter,
    ):
        status = Status.SCOPE_CHANGED
    restored = Status.NOT_REPORTED if (source == POSITION).any() else status
    ends = Ends(
        covered,
        _total(growth.latest_minor[:, population, quarter], units.both),
        _total(growth.out_minor[:, population, quarter], units.both),
        status,
        restored,
        _group_source(source),
    )
    return GroupGrowth(
        ends,
        units,
        covered,
        known,
        unweighed,
        is_preliminary=unweighed > 0 or covered * 100 < known * PRELIMINARY_BELOW_PERCENT,
        is_to_date=bool(results.presence.is_to_date[units.both, quarter].any()),
    )


class Coverage(NamedTuple):
    """Who stands in an aggregate's figure of one quarter, (banks,) each."""

    present: BoolArray
    missing: BoolArray
    untold: BoolArray  # Those missing that have reported, but not whose loans theirs are.
    covered_minor: int  # Balance a quarter before of those present.
    known_minor: int
    unknown_weight_bank_count: int  # Missing ones that never said how much they hold.

    @property
    def is_preliminary(self) -> bool:
        """Whether a figure over those present may still move when the others report."""
        is_little = self.covered_minor * 100 < self.known_minor * PRELIMINARY_BELOW_PERCENT
        return is_little or self.unknown_weight_bank_count > 0


def level_coverage(results: Results, members: BoolArray, population: int, quarter: int) -> Coverage:
    """Return who is present at a quarter, weighed by the balance at the end of the one before.

    Source: docs/method.md#coverage
    """
    is_open = members & open_banks(results, Quarter.from_ordinal(results.first_ordinal + quarter))
    _, closed_on = open_days(results.banks)
    last_day = day_of(Quarter.from_ordinal(results.first_ordinal + quarter).last_day)
    present = is_open & _is_present(results, population, quarter)
    missing = is_open & ~present & (closed_on > last_day)
    untold = missing & _is_untold(results, population, quarter)
    before, _ = weight_levels(results, population, quarter - 1)
    weight, weighed_by = last_levels(results, missing, population, quarter - 1)
    covered = _total(before, present)
    known = covered + _total(weight, missing)
    unweighed = int((missing & (weighed_by == NONE)).sum())
    return Coverage(present, missing, untold, covered, known, unweighed)


def group_level(
    results: Results, members: BoolArray, population: int, quarter: int
) -> tuple[int, str] | None:
    """Return the balance of the members present at one quarter-end, and from which source.

    None where too few are present to print it, or where nothing tells how much the missing
    ones would add.

    Source: docs/method.md#coverage
    """
    if quarter < 0:
        return None
    found = level_coverage(results, members, population, quarter)
    is_too_little = found.covered_minor * 100 < found.known_minor * PRINTED_FROM_PERCENT
    is_unjudged = found.known_minor == 0 and bool(found.missing.any())
    if is_too_little or is_unjudged or not found.present.any():
        return None
    levels = balance_levels(results, population, quarter)
    balance = _total(levels.balance_minor, found.present)
    return balance, _group_source(levels.source[found.present])


def balance_units(
    results: Results, found: GroupGrowth, members: BoolArray, population: int, quarter: int
) -> BoolArray:
    """Return the banks whose balances make up the one that is shown, (banks,); none if none is.

    Those at both ends where there are any, else those present at the quarter. Whatever else
    stands beside the balance, such as borrowers, is over the same banks.

    Source: docs/method.md#counts
    """
    if found.ends.status == Status.COVERAGE_TOO_LOW:
        return np.zeros_like(members)
    if found.units.both.any():
        return found.units.both
    if group_level(results, members, population, quarter) is None:
        return np.zeros_like(members)
    return level_coverage(results, members, population, quarter).present


def _is_present(results: Results, population: int, quarter: int) -> BoolArray:
    if quarter < 0:
        return np.zeros(len(results.banks), np.bool_)
    at = (slice(None), population, quarter)
    return results.told.levels[at] | results.positions.is_reported[at]


def _is_untold(results: Results, population: int, quarter: int) -> BoolArray:
    """Return which banks have reported, but not whose loans theirs are."""
    if quarter < 0:
        return np.zeros(len(results.banks), np.bool_)
    is_untold: BoolArray = results.told.untold_levels[:, population, quarter] != 0
    return is_untold & ~_is_present(results, population, quarter)


def _base_count(results: Results, units: Units, population: int, base: int) -> int:
    """Return the borrowers at the base over all units in it, -1 where one has not told."""
    who = units.both | units.closed
    if base < 0:
        return -1
    by_events = results.told.levels[:, population, base]
    known = by_events | results.positions.has_borrower_count[:, population, base]
    if not known[who].all():
        return -1
    count = np.where(
        by_events,
        results.totals.borrower_count[:, population, base],
        results.positions.borrower_count[:, population, base],
    )
    return _total(count, who)


def _group_source(source: UInt8Array) -> str:
    if not source.size:
        return Source.NONE
    if (source == LOAN_LEVEL).all():
        return Source.LOAN_LEVEL
    return Source.POSITION if (source == POSITION).all() else MIXED_SOURCE


def _total(values: Int64Array, rows: BoolArray) -> int:
    # Python integers: whatever the number of banks, nothing wraps.
    return sum(values[rows].tolist())
