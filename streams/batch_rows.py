"""The rows that a batch leaves in the store, table by table."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from processors.accounts import DatedRegister
from processors.cube import DRAW_SUMS, MAIN_SUMS, split_total_key
from processors.partition import PartitionState, split_cell_key
from processors.sums import SumTable
from processors.totals import TouchedTotals
from schemas.codes import POPULATIONS
from schemas.columns import EventColumns, Fault, Ids
from schemas.event_types import TYPE_NAMES
from schemas.tables import CELL_SUMS, TAG_SUMS, TOTAL_SUMS
from schemas.units import Int64Array
from streams.registers import Key, Registers

_POPULATION_NAMES = [str(population) for population in POPULATIONS]


def place_columns(generation: int, partition: int, size: int) -> dict[str, Any]:
    """Return the two columns that every row of a partition begins with."""
    return {
        "generation": np.full(size, generation, np.int64),
        "partition": np.full(size, partition, np.int64),
    }


def event_rows(events: EventColumns, offset: Int64Array) -> dict[str, Any]:
    """Return accepted events as they are stored."""
    return {
        "offset": offset,
        "position": events.position,
        "event_id": events.event_id,
        "event_type": Ids(events.event_type.astype(np.int32), list(TYPE_NAMES)),
        "sign": events.sign,
        "reversed_event_id": events.reversed_event_id,
        "bank_id": events.bank,
        "borrower_id": events.borrower,
        "occurred_on": events.occurred_on,
        "quarter": events.quarter,
        "loan_kind": events.loan_kind,
        "amount_cny_minor": events.amount_cny_minor,
        "rate_mbp": events.rate_mbp,
        "old_rate_mbp": events.old_rate_mbp,
        "loan_class": events.loan_class,
        "old_loan_class": events.old_loan_class,
        "is_cny": events.is_cny,
        "matures_day": events.matures_day,
        "guarantee_kind": events.guarantee_kind,
        "policy_tags": events.policy_tags,
        "version": offset,
    }


def rejected_rows(faults: Sequence[tuple[Fault, str, int]]) -> dict[str, Any]:
    """Return refused events, given as (fault, bank, offset)."""
    return {
        "offset": np.array([offset for _, _, offset in faults], np.int64),
        "position": np.array([fault.position for fault, _, _ in faults], np.int64),
        "bank_id": [bank_id for _, bank_id, _ in faults],
        "event_id": [fault.event_id for fault, _, _ in faults],
        "code": [fault.code for fault, _, _ in faults],
        "field": [fault.field for fault, _, _ in faults],
        "found": [fault.found for fault, _, _ in faults],
        "expected": [fault.expected for fault, _, _ in faults],
        "raw": [fault.raw for fault, _, _ in faults],
        "version": np.array([offset for _, _, offset in faults], np.int64),
    }


def cell_rows(state: PartitionState, slots: Int64Array) -> dict[str, Any]:
    """Return cells as absolute sums."""
    rows = _sum_rows(state, state.cells, slots, CELL_SUMS)
    rows.pop("tag")
    return rows


def tag_rows(state: PartitionState, slots: Int64Array) -> dict[str, Any]:
    """Return tag cells as absolute sums."""
    return _sum_rows(state, state.tag_cells, slots, TAG_SUMS)


def _sum_rows(
    state: PartitionState, table: SumTable, slots: Int64Array, names: tuple[str, ...]
) -> dict[str, Any]:
    account, tag, quarter, kind = split_cell_key(table.index.keys[slots])
    sums = table.sums[slots]
    return {
        "bank_id": state.accounts.bank_ids(account),
        "borrower_id": state.accounts.borrower_ids(account),
        "loan_kind": kind,
        "quarter": quarter,
        "tag": tag,
        **{name: sums[:, place] for place, name in enumerate(names)},
        "version": table.versions[slots],
    }


def profile_rows(
    state: PartitionState, slots: Int64Array, events: EventColumns, rows: Int64Array
) -> dict[str, Any]:
    """Return profiles, each from the event that won its quarter."""
    return _register_columns(state, state.profiles, slots) | {
        "borrower_kind": events.borrower_kind[rows],
        "holding": events.holding[rows],
        "firm_size": events.firm_size[rows],
        "industry": events.industry.take(rows),
        "city": events.city.take(rows),
    }


def line_rows(
    state: PartitionState, slots: Int64Array, events: EventColumns, rows: Int64Array
) -> dict[str, Any]:
    """Return credit lines, each from the event that won its quarter."""
    return _register_columns(state, state.lines, slots) | {
        "limit_cny_minor": events.limit_cny_minor[rows],
        "used_cny_minor": events.used_cny_minor[rows],
    }


def _register_columns(
    state: PartitionState, register: DatedRegister, slots: Int64Array
) -> dict[str, Any]:
    account, order = register.account(slots), register.order(slots)
    return {
        "bank_id": state.accounts.bank_ids(account),
        "borrower_id": state.accounts.borrower_ids(account),
        "quarter": register.quarter(slots),
        "occurred_day": order.day,
        "revision": order.revision,
        "event_hash": order.event_hash,
        "version": register.version[slots],
    }


def register_rows(registers: Registers, keys: Iterable[Key]) -> dict[str, Any]:
    """Return register entries as they stand."""
    chosen = sorted(keys)
    entries = [registers.entries[key] for key in chosen]
    return {
        "register": [register for register, _, _ in chosen],
        "bank_id": [bank_id for _, bank_id, _ in chosen],
        "entry": [entry for _, _, entry in chosen],
        "body": [entry.body for entry in entries],
        "occurred_day": np.array([entry.occurred_day for entry in entries], np.int64),
        "revision": np.array([entry.revision for entry in entries], np.int64),
        "event_hash": np.array([entry.event_hash for entry in entries], np.int64),
        "version": np.array([entry.version for entry in entries], np.int64),
    }


def total_rows(
    state: PartitionState, touched: TouchedTotals, *, lanes: str, next_offset: int
) -> dict[str, Any]:
    """Return totals and, as the last row, the marker of the partition.

    A row's version is the next offset: everything before it is in the row.
    """
    main, draws = state.totals.main, state.totals.draws
    keys = np.concatenate([main.index.keys[touched.main], draws.index.keys[touched.draws]])
    bank, tag, quarter, population = split_total_key(keys)
    size = keys.size + 1
    sums = {name: np.zeros(size, np.int64) for name in TOTAL_SUMS}
    for place, name in enumerate(MAIN_SUMS):
        sums[name][: touched.main.size] = main.sums[touched.main, place]
    for place, name in enumerate(DRAW_SUMS):
        sums[name][touched.main.size : -1] = draws.sums[touched.draws, place]
    banks = [*state.accounts.banks.texts, ""]
    return {
        "bank_id": Ids(np.append(bank, len(banks) - 1).astype(np.int32), banks),
        "population": Ids(
            np.append(population, len(_POPULATION_NAMES)).astype(np.int32),
            [*_POPULATION_NAMES, ""],
        ),
        "quarter": np.append(quarter, 0),
        "tag": np.append(tag, 0),
        **sums,
        "lanes": Ids(np.append(np.zeros(keys.size, np.int32), 1).astype(np.int32), ["", lanes]),
        "version": np.full(size, next_offset, np.int64),
    }
