"""One reader of everything that is stored: a snapshot, and the results it gives.

    read_snapshot    two SELECTs: totals with their marker rows, and the registers
    evaluate         the snapshot's figures, densely, for pages, circulars and gradings

Evaluation is not per partition: the lanes of one bank may lie in several, and a bank is
always compared with others. Nothing here writes.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import numpy as np

from processors.growth import loan_growth
from processors.lpr import LprTable
from processors.panel import TotalRows, dense_totals
from processors.presence import day_of, loan_level_presence, running_quarter
from processors.rates import new_lending, outstanding, year_to_date
from processors.told import told_by_events
from schemas.codes import POPULATIONS, Basis, Population
from schemas.columns import Ids
from schemas.events.aggregate_published import AggregatePublished
from schemas.events.bank_registered import BankRegistered
from schemas.events.indicator_reported import IndicatorReported
from schemas.events.position_reported import PositionReported
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.results import (
    NEVER_DAY,
    Bank,
    BankReport,
    Positions,
    Published,
    Results,
    population_place,
)
from schemas.tables import REGISTERS, TOTAL_SUMS, TOTALS
from schemas.units import BoolArray, Int64Array
from streams.generations import shown_generation
from streams.ports import Store

QUARTERS_AHEAD_MAX = 1  # Rows later than that after the newest report belong to no figure yet.


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one consistent read of the store found, of one generation."""

    generation: int
    vector: Mapping[int, int]  # Next offset by partition, from the marker rows.
    lanes: tuple[Mapping[str, Any], ...]  # What the marker rows say of every bank's lanes.
    bank_ids: tuple[str, ...]  # Sorted: all banks that anything is known of.
    rows: TotalRows
    banks: Mapping[str, BankRegistered]
    positions: tuple[PositionReported, ...]
    published: tuple[AggregatePublished, ...]
    indicators: tuple[IndicatorReported, ...]


class Registers(NamedTuple):
    """What the registers hold: the newest entry of every key."""

    banks: list[BankRegistered]
    positions: list[PositionReported]
    published: list[AggregatePublished]
    indicators: list[IndicatorReported]


_Registered = BankRegistered | PositionReported | AggregatePublished | IndicatorReported
_DECODER: msgspec.json.Decoder[_Registered] = msgspec.json.Decoder(_Registered)


def read_snapshot(store: Store) -> Snapshot:
    """Return totals, lanes and registers of the generation that readers see."""
    generation = shown_generation(store)
    names = ("partition", "bank_id", "population", "quarter", "tag", *TOTAL_SUMS)
    totals = store.read(TOTALS, {"generation": generation}, columns=(*names, "lanes", "version"))
    registers = _read_registers(store, generation)
    return snapshot_of(generation, totals, registers)


def snapshot_of(generation: int, totals: Mapping[str, Any], registers: Registers) -> Snapshot:
    """Return the snapshot of rows of totals and what the registers hold."""
    is_marker = _is_marker(totals["bank_id"])
    markers = np.flatnonzero(is_marker)
    lanes: Ids = totals["lanes"]
    said = [lanes.values[code] for code in lanes.codes[markers].tolist()]
    told = [entry for text in said if text for entry in msgspec.json.decode(text)]
    # Published totals are sent in lanes of their own; their sender is no bank.
    published = {event.bank_id for event in registers.published}
    entries = tuple(entry for entry in told if entry["bank"] not in published)

    named = set(_bank_ids(totals["bank_id"], ~is_marker))
    named |= {str(entry["bank"]) for entry in entries}
    named |= {event.bank_id for event in (*registers.banks, *registers.positions)}
    bank_ids = tuple(sorted(named))
    partitions, versions = totals["partition"][markers], totals["version"][markers]
    return Snapshot(
        generation=generation,
        vector=dict(zip(partitions.tolist(), versions.tolist(), strict=True)),
        lanes=entries,
        bank_ids=bank_ids,
        rows=_total_rows(totals, ~is_marker, bank_ids),
        banks={event.bank_id: event for event in registers.banks},
        positions=tuple(registers.positions),
        published=tuple(registers.published),
        indicators=tuple(registers.indicators),
    )


def evaluate(snapshot: Snapshot, lpr: LprTable) -> Results:
    """Return every figure of the snapshot, with its status and source."""
    reports = _bank_reports(snapshot)
    complete_to_day = np.array([report.complete_to_day for report in reports], np.int64)
    newest_day = int(complete_to_day.max()) if reports else NEVER_DAY
    first, count = _axis(snapshot, newest_day)
    running = running_quarter(newest_day)

    totals, has_row = dense_totals(
        snapshot.rows,
        bank_count=len(snapshot.bank_ids),
        first_ordinal=first,
        quarter_count=count,
        lpr=lpr,
    )
    positions = _dense_positions(snapshot, first, count)
    presence = loan_level_presence(
        totals, has_row, complete_to_day, first_ordinal=first, newest_day=newest_day
    )
    told = told_by_events(totals, presence)
    quarterly = new_lending(totals, positions, told)
    return Results(
        generation=snapshot.generation,
        vector=snapshot.vector,
        first_ordinal=first,
        quarter_count=count,
        running_place=-1 if running is None else running.ordinal - first,
        newest_day=newest_day,
        banks=tuple(_bank(snapshot, bank_id) for bank_id in snapshot.bank_ids),
        reports=reports,
        totals=totals,
        positions=positions,
        presence=presence,
        told=told,
        growth={basis: loan_growth(basis, first, totals, positions, told) for basis in Basis},
        new_lending=quarterly,
        new_lending_ytd=year_to_date(quarterly, first),
        outstanding=outstanding(totals, told),
        published=tuple(_published(event) for event in snapshot.published),
    )


def _read_registers(store: Store, generation: int) -> Registers:
    names = ("register", "bank_id", "entry", "body", "occurred_day", "revision", "event_hash")
    rows = store.read(REGISTERS, {"generation": generation}, columns=names)
    # Every partition resolved its own entries; where two hold one key the same order decides.
    order = np.lexsort((rows["event_hash"], rows["revision"], rows["occurred_day"]))
    keys = zip(*(rows[name].take(order).to_list() for name in names[:3]), strict=True)
    newest = dict(zip(keys, rows["body"].take(order).to_list(), strict=True))
    registers = Registers([], [], [], [])
    for _, body in sorted(newest.items()):
        match _DECODER.decode(body):
            case BankRegistered() as event:
                registers.banks.append(event)
            case PositionReported() as event:
                registers.positions.append(event)
            case AggregatePublished() as event:
                registers.published.append(event)
            case IndicatorReported() as event:
                registers.indicators.append(event)
    return registers


def rows_of_totals(totals: Mapping[str, Any]) -> tuple[TotalRows, tuple[str, ...]]:
    """Return rows of the totals table without markers, and the banks they are about, sorted."""
    keep = ~_is_marker(totals["bank_id"])
    bank_ids = tuple(sorted(_bank_ids(totals["bank_id"], keep)))
    return _total_rows(totals, keep, bank_ids), bank_ids


def _is_marker(bank: Ids) -> BoolArray:
    is_empty = np.array([value == "" for value in bank.values] or [False], np.bool_)
    return is_empty[bank.codes]


def _bank_ids(bank: Ids, keep: BoolArray) -> list[str]:
    used = np.bincount(bank.codes[keep], minlength=len(bank.values))
    return [bank.values[code] for code in np.flatnonzero(used).tolist()]


def _total_rows(totals: Mapping[str, Any], keep: BoolArray, bank_ids: tuple[str, ...]) -> TotalRows:
    bank: Ids = totals["bank_id"]
    place = {bank_id: n for n, bank_id in enumerate(bank_ids)}
    bank_places = np.array([place.get(value, -1) for value in bank.values] or [0], np.int64)
    population: Ids = totals["population"]
    names = {member.value: n for n, member in enumerate(POPULATIONS)}
    populations = np.array([names.get(value, -1) for value in population.values] or [0], np.int64)
    population_places = populations[population.codes]
    # Populations that a newer version wrote are none of ours.
    keep = keep & (population_places >= 0)
    return TotalRows(
        bank_places[bank.codes][keep],
        population_places[keep],
        np.asarray(totals["quarter"], np.int64)[keep],
        np.asarray(totals["tag"], np.int64)[keep],
        {name: np.asarray(totals[name], np.int64)[keep] for name in TOTAL_SUMS},
    )


def _axis(snapshot: Snapshot, newest_day: int) -> tuple[int, int]:
    """Return the first quarter's ordinal and how many quarters there are."""
    rows = snapshot.rows.quarter + FIRST_ORDINAL
    told = [Quarter.parse(event.quarter).ordinal for event in snapshot.positions]
    if newest_day != NEVER_DAY:
        newest = dt.date(1970, 1, 1) + dt.timedelta(days=newest_day)
        told.append(Quarter.of_date(newest).ordinal)
    known = [*told, *([int(rows.min()), int(rows.max())] if rows.size else [])]
    if not known:
        return FIRST_ORDINAL, 0
    last = max(known)
    if told:  # One loan dated far ahead must not stretch every table of the page.
        last = min(last, max(told) + QUARTERS_AHEAD_MAX)
    first = min(known)
    return first, last - first + 1


def _bank(snapshot: Snapshot, bank_id: str) -> Bank:
    event = snapshot.banks.get(bank_id)
    if event is None:
        return Bank(
            bank_id=bank_id,
            name_zh=bank_id,
            name_en=bank_id,
            peer_group="",
            city="",
            is_qingdao=False,
            legal_entity_id="",
            opened_on="",
            closed_on="",
            is_registered=False,
        )
    return Bank(
        bank_id,
        event.name_zh,
        event.name_en,
        event.peer_group,
        event.city,
        event.is_qingdao,
        event.legal_entity_id,
        event.opened_on,
        event.closed_on,
        is_registered=True,
    )


def _bank_reports(snapshot: Snapshot) -> tuple[BankReport, ...]:
    by_bank: dict[str, list[Mapping[str, Any]]] = {bank_id: [] for bank_id in snapshot.bank_ids}
    for entry in snapshot.lanes:
        by_bank[str(entry["bank"])].append(entry)
    return tuple(_bank_report(by_bank[bank_id]) for bank_id in snapshot.bank_ids)


def _bank_report(entries: list[Mapping[str, Any]]) -> BankReport:
    """Return how far a bank is: as far as the lane that is furthest behind."""
    if not entries:
        return BankReport(NEVER_DAY, 0, 0, ())
    lane_count = max(int(entry["lanes"]) for entry in entries)
    days: dict[int, int] = {}
    missing: list[str] = []
    for entry in sorted(entries, key=lambda entry: int(entry["lane"])):
        lane, text = int(entry["lane"]), str(entry["complete_to"])
        day = day_of(dt.date.fromisoformat(text)) if text else NEVER_DAY
        days[lane] = min(day, days.get(lane, day))
        expected = 1
        for first, last, *_ in entry["seen"]:
            if first > expected:
                gap = f"{expected}" if first == expected + 1 else f"{expected}-{first - 1}"
                missing.append(f"lane {lane}: seq {gap}")
            expected = max(expected, last + 1)
    every = [days.get(lane, NEVER_DAY) for lane in range(lane_count)]
    complete = sum(day != NEVER_DAY for day in every)
    quarantined = tuple(sorted(int(entry["lane"]) for entry in entries if "quarantined" in entry))
    return BankReport(min(every), lane_count, complete, tuple(missing), quarantined)


def _dense_positions(snapshot: Snapshot, first_ordinal: int, quarter_count: int) -> Positions:
    shape = (len(snapshot.bank_ids), len(POPULATIONS), quarter_count)
    flags: list[BoolArray] = [np.zeros(shape, np.bool_) for _ in range(4)]
    numbers: list[Int64Array] = [np.zeros(shape, np.int64) for _ in range(4)]
    bank_place = {bank_id: n for n, bank_id in enumerate(snapshot.bank_ids)}
    for event in snapshot.positions:
        at = (
            bank_place[event.bank_id],
            population_place(Population(event.population)),
            Quarter.parse(event.quarter).ordinal - first_ordinal,
        )
        told = (
            event.balance_minor,
            event.borrower_count,
            event.new_lending_minor,
            event.new_lending_rate_mbp,
        )
        for flag, number, value in zip(flags, numbers, told, strict=True):
            if value is not None:
                flag[at], number[at] = True, value
    return Positions(
        is_reported=flags[0],
        balance_minor=numbers[0],
        has_borrower_count=flags[1],
        borrower_count=numbers[1],
        has_new_lending=flags[2],
        new_lending_minor=numbers[2],
        has_new_rate=flags[3],
        new_rate_mbp=numbers[3],
    )


def _published(event: AggregatePublished) -> Published:
    return Published(
        event.bank_id,
        event.name_zh,
        event.name_en,
        Quarter.parse(event.quarter).ordinal,
        Population(event.population),
        event.balance_minor,
        event.source,
    )
