"""Growth as rows: banks, aggregates over the same units at both ends, and published totals."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from infra.bank_names import bank_names, missing_names
from infra.earlier_answers import with_earlier_words
from infra.reference_data import load_cities
from processors import exact
from processors.aggregates import (
    Ends,
    Group,
    GroupGrowth,
    balance_units,
    bank_ends,
    group_growth,
    group_level,
    groups,
    open_banks,
)
from processors.counts import Counts, borrower_changes, borrower_counts
from processors.growth import (
    SMALL_BASE_MINOR,
    base_ordinal,
    count_basis,
    gap_reference,
    is_scope_changed,
)
from processors.levels import balance_levels
from processors.told import untold_at
from schemas.codes import Basis, Population, Source, Status
from schemas.quarter import Quarter
from schemas.results import SOURCES, Published, Results, population_place
from schemas.units import BoolArray
from schemas.words import status_name, status_words

Row = dict[str, Any]
DistinctCount = Callable[[Sequence[str], Population, Quarter], int]

TARGET_PERCENT = 30  # docs/method.md#target
COVERAGE_DECIMALS = 2


class _Asked(NamedTuple):
    """One question, with places on the axes."""

    results: Results
    quarter: Quarter
    population: Population
    basis: Basis
    decimals: int
    counts: dict[str, Counts]

    @property
    def base(self) -> Quarter:
        return Quarter.from_ordinal(base_ordinal(self.basis, self.quarter.ordinal))

    @property
    def base_place(self) -> int:
        """Where the base stands on the axis; negative before it."""
        return self.base.ordinal - self.results.first_ordinal


class _Levels(NamedTuple):
    """The balances of a row, each known or not whatever growth is."""

    base_minor: int | None
    latest_minor: int | None
    source: str  # Of the latest one.
    missing_status: Status = Status.NOT_REPORTED  # Why the latest one is not there.


def growth_rows(
    results: Results,
    *,
    quarter: Quarter,
    population: Population,
    basis: Basis = Basis.YTD,
    decimals: int = 1,
    distinct: DistinctCount | None = None,
) -> list[Row]:
    """Return growth of every bank, then of every aggregate, then as published.

    ``distinct`` counts the borrowers of a list of banks, each once; it is asked where all banks of
    the borrower count are present by events. Without it that count of an aggregate stays open.
    """
    place = results.quarter_place(quarter)
    counts = _all_counts(results, population_place(population), place) if place >= 0 else {}
    asked = _Asked(results, quarter, population, basis, decimals, counts)
    rows: list[Row] = []
    if place >= 0:
        open_places = np.flatnonzero(open_banks(results, quarter)).tolist()
        rows += [_bank_row(asked, bank) for bank in open_places]
        rows += [_group_row(asked, group, distinct) for group in _groups(results)]
        rows = with_earlier_words(
            results, rows, quarter=quarter, population=population, basis=basis
        )
    return rows + _published_rows(asked)


def _all_counts(results: Results, population: int, place: int) -> dict[str, Counts]:
    return {
        "borrower_count": borrower_counts(results, population, place),
        "borrower_change_ytd": borrower_changes(results, population, place, Basis.YTD),
        "borrower_change_yoy": borrower_changes(results, population, place, Basis.YOY),
    }


def _groups(results: Results) -> list[Group]:
    return groups(results.banks, load_cities())


def _bank_row(asked: _Asked, bank: int) -> Row:
    results, place = asked.results, asked.results.quarter_place(asked.quarter)
    population = population_place(asked.population)
    growth = results.growth[asked.basis]
    ends = bank_ends(growth, bank, population, place)
    reference = population_place(gap_reference(asked.population))
    all_loans = bank_ends(growth, bank, reference, place)
    who = results.banks[bank]
    levels = _bank_levels(asked, bank, ends)
    return (
        {
            "kind": "bank",
            "bank_id": who.bank_id,
            "bank_name": who.name_zh,
            "bank_name_en": who.name_en,
            "peer_group": who.peer_group,
            "city": who.city,
            "is_registered": who.is_registered,
        }
        | _figures(asked, ends, all_loans, _untold(asked, bank, ends))
        | _balances(levels)
        | _counts(asked, np.arange(len(results.banks)) == bank, levels.missing_status)
        | {
            "is_to_date": bool(results.presence.is_to_date[bank, place])
            and levels.source == Source.LOAN_LEVEL
        }
    )


def _bank_levels(asked: _Asked, bank: int, ends: Ends) -> _Levels:
    """Return both balances of a growth figure, or each by itself where there is none."""
    if ends.source != Source.NONE:
        return _Levels(ends.base_minor, ends.latest_minor, ends.source)
    results, population = asked.results, population_place(asked.population)

    def level(place: int) -> tuple[int | None, str]:
        levels = balance_levels(results, population, place)
        source = SOURCES[int(levels.source[bank])]
        return None if source == Source.NONE else int(levels.balance_minor[bank]), source

    base_minor, _ = level(asked.base_place)
    place = results.quarter_place(asked.quarter)
    is_untold = results.told.untold_levels[bank, population, place] != 0
    missing = Status.NOT_DETERMINABLE if is_untold else Status.NOT_REPORTED
    latest_minor, source = level(place)
    return _Levels(base_minor, latest_minor, source, missing)


def _untold(asked: _Asked, bank: int, ends: Ends) -> tuple[Population, ...]:
    """Return what a bank did not say, where that is why its growth cannot be determined."""
    if ends.status != Status.NOT_DETERMINABLE:
        return ()
    bits, population = asked.results.told.untold_levels, population_place(asked.population)
    quarters = (asked.base_place, asked.results.quarter_place(asked.quarter))
    return untold_at(bits, [bank], population, quarters)


def _group_levels(asked: _Asked, group: Group, found: GroupGrowth) -> _Levels:
    """Return both balances over the same units, or each by itself where no unit has both."""
    if found.ends.status == Status.COVERAGE_TOO_LOW:  # A sum over too few looks like the whole.
        return _Levels(None, None, found.ends.source, Status.COVERAGE_TOO_LOW)
    if found.units.both.any():
        return _Levels(found.ends.base_minor, found.ends.latest_minor, found.ends.source)
    population = population_place(asked.population)
    places = (asked.base_place, asked.results.quarter_place(asked.quarter))
    base, latest = (group_level(asked.results, group.members, population, at) for at in places)
    missing = Status.NOT_DETERMINABLE if found.units.untold.any() else Status.NOT_REPORTED
    latest_minor, source = latest or (None, Source.NONE)
    return _Levels(base and base[0], latest_minor, source, missing)


def _is_to_date(
    results: Results, group: Group, found: GroupGrowth, place: int, levels: _Levels
) -> bool:
    if found.units.both.any():
        return found.is_to_date
    is_by_events = levels.source not in {Source.NONE, Source.POSITION}
    return is_by_events and bool(results.presence.is_to_date[group.members, place].any())


def _group_row(asked: _Asked, group: Group, distinct: DistinctCount | None) -> Row:
    results, place = asked.results, asked.results.quarter_place(asked.quarter)
    population = population_place(asked.population)
    found = group_growth(results, group.members, population, place, asked.basis)
    reference = population_place(gap_reference(asked.population))
    # A bank that does not tell enough for the population has grown in all loans nevertheless.
    members = group.members & ~found.units.untold
    all_loans = group_growth(results, members, reference, place, asked.basis)
    is_same = (found.units.both == all_loans.units.both).all()
    is_same &= (found.units.closed == all_loans.units.closed).all()
    reference_ends = all_loans.ends
    if not is_same:  # A gap between different banks would say nothing.
        reference_ends = reference_ends._replace(status=Status.NOT_REPORTED)
    levels = _group_levels(asked, group, found)
    units = balance_units(results, found, group.members, population, place)
    return (
        {
            "kind": "aggregate",
            "bank_id": group.code,
            "bank_name": group.words.zh,
            "bank_name_en": group.words.en,
            "peer_group": group.code.removeprefix("peer:") if "peer:" in group.code else "",
            "city": group.code.removeprefix("city:") if "city:" in group.code else "",
            "is_registered": True,
        }
        | _figures(asked, found.ends, reference_ends)
        | _balances(levels)
        | _counts(asked, units, levels.missing_status)
        | {
            "is_to_date": _is_to_date(results, group, found, place, levels),
            "coverage_percent": exact.decimal_text(
                found.covered_minor * 100, found.known_minor, COVERAGE_DECIMALS
            )
            if found.known_minor > 0
            else "",
            "is_preliminary": found.is_preliminary,
            "unknown_weight_bank_count": found.unknown_weight_bank_count,
            "unit_count": int(found.units.both.sum()),
            "missing": missing_names(results, found.units.missing, found.units.untold),
            "new_banks": bank_names(results, found.units.new),
            "closed_banks": bank_names(results, found.units.closed),
        }
        | _distinct(asked, units, levels.missing_status, distinct)
    )


def _distinct(
    asked: _Asked, units: BoolArray, missing_status: Status, distinct: DistinctCount | None
) -> Row:
    """Return each borrower counted once, over the banks of the count it stands beside.

    Source: docs/method.md#counts
    """
    if distinct is None:
        return {"distinct_borrower_count": "", "distinct_borrower_status": ""}
    results, place = asked.results, asked.results.quarter_place(asked.quarter)
    _, is_known = asked.counts["borrower_count"].complete_total(units)
    status = Status.OK if is_known else missing_status
    # Only events name borrowers: beside the sum of all, a count of some would look like overlap.
    if is_known and not results.told.levels[units, population_place(asked.population), place].all():
        status = Status.NOT_DETERMINABLE
    count: int | str = ""
    if status == Status.OK:
        ids = [results.banks[bank].bank_id for bank in np.flatnonzero(units).tolist()]
        count = distinct(ids, asked.population, asked.quarter)
    return {"distinct_borrower_count": count, "distinct_borrower_status": status_name(status)}


def _published_rows(asked: _Asked) -> list[Row]:
    """Return published totals of the quarter: shown beside ours, never graded or summed."""
    balances = {
        (entry.code, entry.quarter_ordinal, entry.population): entry.balance_minor
        for entry in asked.results.published
    }
    latest = [
        entry
        for entry in asked.results.published
        if entry.quarter_ordinal == asked.quarter.ordinal and entry.population == asked.population
    ]
    return [_published_row(asked, entry, balances) for entry in latest]


def _published_row(
    asked: _Asked, entry: Published, balances: dict[tuple[str, int, Population], int]
) -> Row:
    def balance(population: Population, quarter: Quarter) -> int | None:
        return balances.get((entry.code, quarter.ordinal, population))

    def ends(population: Population) -> Ends:
        base, latest = balance(population, asked.base), balance(population, asked.quarter)
        if base is None or latest is None:
            status = Status.NOT_REPORTED
        elif base <= 0:
            status = Status.NO_BASE
        elif is_scope_changed(population, asked.base.ordinal, asked.quarter.ordinal):
            status = Status.SCOPE_CHANGED
        else:
            status = Status.SMALL_BASE if base < SMALL_BASE_MINOR else Status.OK
        return Ends(base or 0, latest or 0, 0, status, Status.NOT_REPORTED, Source.AGGREGATE)

    return (
        {
            "kind": "published",
            "bank_id": entry.code,
            "bank_name": entry.name_zh,
            "bank_name_en": entry.name_en,
            "peer_group": "",
            "city": "",
            "is_registered": False,
        }
        | _figures(asked, ends(asked.population), ends(gap_reference(asked.population)))
        | _balances(
            _Levels(balance(asked.population, asked.base), entry.balance_minor, Source.AGGREGATE)
        )
        | {
            "borrower_count": "",
            "borrower_count_status": status_name(Status.NOT_REPORTED),
            "borrower_change_ytd": "",
            "borrower_change_yoy": "",
            "borrower_rule_basis": count_basis(asked.quarter.year).value,
            "is_to_date": False,
            "published_in": entry.source,
        }
    )


def _figures(
    asked: _Asked, ends: Ends, all_loans: Ends, untold: tuple[Population, ...] = ()
) -> Row:
    """Return the growth figures of any kind of row; ``untold`` is why they are not there."""
    words = status_words(ends.status, untold)
    growth = restored = gap = reaches = ""
    gap_status = ends.status if ends.status != Status.OK else all_loans.status
    if ends.status == Status.OK:
        value = exact.growth(ends.base_minor, ends.latest_minor)
        growth = exact.percent_text(value, asked.decimals)
        is_reached = exact.growth_reaches(
            ends.base_minor, ends.latest_minor, target_percent=TARGET_PERCENT
        )
        reaches = "yes" if is_reached else "no"
        if gap_status == Status.OK:
            gap = _gap_text(value, all_loans, asked.decimals)
    if ends.restored_status == Status.OK:
        restored_minor = ends.latest_minor + ends.out_minor
        restored = exact.growth_percent(ends.base_minor, restored_minor, decimals=asked.decimals)
    return {
        "quarter": str(asked.quarter),
        "population": asked.population.value,
        "basis": asked.basis.value,
        "base_quarter": str(asked.base),
        "growth_percent": growth,
        "status": status_name(ends.status),
        "status_zh": words.zh,
        "status_en": words.en,
        "growth_restored_percent": restored,
        "restored_status": status_name(ends.restored_status),
        "gap_to_all_pp": gap,
        "gap_status": status_name(gap_status),
        "reaches_30_percent": reaches,
    }


def _balances(levels: _Levels) -> Row:
    """Return the balances that are known: one that is not is empty, never 0."""
    is_known = levels.latest_minor is not None
    return {
        "base_minor": "" if levels.base_minor is None else levels.base_minor,
        "latest_minor": levels.latest_minor if is_known else "",
        "latest_status": status_name(Status.OK if is_known else levels.missing_status),
        "source": str(levels.source),
    }


def _gap_text(value: Fraction, all_loans: Ends, decimals: int) -> str:
    """Return the gap in percentage points, of unrounded growth. docs/method.md#gap."""
    reference = exact.growth(all_loans.base_minor, all_loans.latest_minor)
    return exact.percent_text(value - reference, decimals)


def _counts(asked: _Asked, who: BoolArray, missing_status: Status = Status.NOT_REPORTED) -> Row:
    """Return borrowers of the banks ``who``, and their change over those that have both ends."""
    row: Row = {"borrower_rule_basis": count_basis(asked.quarter.year).value}
    count, is_known = asked.counts["borrower_count"].complete_total(who)
    row["borrower_count"] = count if is_known else ""
    row["borrower_count_status"] = status_name(Status.OK if is_known else missing_status)
    for name in ("borrower_change_ytd", "borrower_change_yoy"):
        change, is_known = asked.counts[name].total(who)
        row[name] = change if is_known else ""
    return row
