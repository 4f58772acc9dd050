"""Totals computed again from the stored events: what a grading checks the live totals against.

The same arithmetic, another way through it: all events of a partition at once, with every
profile known from the start, instead of batch by batch through crashes and late arrivals.

Source: docs/method.md#recomputation
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from processors.lpr import LprTable
from processors.partition import PartitionState
from processors.restore import restore_registers, settle_everyone
from processors.totals import TouchedTotals
from schemas.business_date import DateTable
from schemas.columns import EventColumns, Ids, concat_ids
from schemas.event_types import TYPE_CODES
from schemas.tables import CREDIT_LINES, EVENTS, PROFILES, TOTALS
from streams.batch_rows import place_columns, total_rows
from streams.ports import Store

Columns = dict[str, Any]


def totals_of_events(
    store: Store, lpr: LprTable, *, generation: int, vector: Mapping[int, int]
) -> Columns:
    """Return the rows of totals that the stored events give, for each partition up to its offset.

    Args:
        store: where events and registers are.
        lpr: published rates.
        generation: which generation to read.
        vector: next offset by partition; later events are left out.

    """
    parts = []
    for partition, next_offset in sorted(vector.items()):
        state = _state_of_events(store, lpr, generation, partition, next_offset)
        everything = TouchedTotals(
            np.arange(state.totals.main.size), np.arange(state.totals.draws.size)
        )
        rows = total_rows(state, everything, lanes="", next_offset=next_offset)
        parts.append(place_columns(generation, partition, len(rows["version"])) | rows)
    if not parts:
        return store.read(TOTALS, {"generation": generation})
    return {name: _joined([part[name] for part in parts]) for name in TOTALS.columns}


def _joined(columns: list[Any]) -> Any:
    return concat_ids(columns) if isinstance(columns[0], Ids) else np.concatenate(columns)


def _state_of_events(
    store: Store, lpr: LprTable, generation: int, partition: int, next_offset: int
) -> PartitionState:
    where: dict[str, int | str] = {"generation": generation, "partition": partition}
    state = PartitionState()
    restore_registers(state, store.read(PROFILES, where), store.read(CREDIT_LINES, where))
    settle_everyone(state)
    for rows in store.read_batches(EVENTS, where):
        events = _events_of(rows)
        keep = np.asarray(rows["offset"] < next_offset)
        # Registers are in place already: what is left are the events that move sums.
        keep &= ~np.isin(events.event_type, _REGISTERED)
        chosen = events.take(keep)
        # Pieces come in order of place, so an offset may be cut in two: each counts as newer.
        order = np.full(chosen.size, state.cells.versions.max(initial=-1) + 1, np.int64)
        state.apply(chosen, order, np.zeros(chosen.size, np.int64), lpr)
    return state


_REGISTERED = [TYPE_CODES["borrower_profiled"], TYPE_CODES["credit_line_set"]]


def _events_of(rows: Columns) -> EventColumns:
    """Return stored events as columns; what is not stored is empty and moves no sum."""
    size = len(rows["offset"])
    zeros = np.zeros(size, np.int64)
    no_text = Ids(np.zeros(size, np.int32), [""])
    no_id = np.zeros(size, "S64")
    no_code = np.zeros(size, np.uint8)
    dates = rows["occurred_on"]
    calendar = DateTable.of(dates.values or [""])
    types = np.array([TYPE_CODES[name] for name in rows["event_type"].values] or [0], np.uint8)
    return EventColumns(
        submission=zeros.astype(np.int32),
        position=rows["position"].astype(np.int32),
        event_type=types[rows["event_type"].codes],
        sign=rows["sign"].astype(np.int8),
        event_id=no_id,
        reversed_event_id=no_id,
        bank=rows["bank_id"],
        borrower=rows["borrower_id"],
        occurred_on=dates,
        occurred_day=calendar.day[dates.codes],
        is_day_known=calendar.is_day_known[dates.codes],
        quarter=rows["quarter"].astype(np.int32),
        loan_kind=rows["loan_kind"].astype(np.uint8),
        amount_cny_minor=rows["amount_cny_minor"],
        rate_mbp=rows["rate_mbp"],
        old_rate_mbp=rows["old_rate_mbp"],
        loan_class=rows["loan_class"].astype(np.uint8),
        old_loan_class=rows["old_loan_class"].astype(np.uint8),
        is_cny=rows["is_cny"].astype(np.bool_),
        matures_day=rows["matures_day"].astype(np.int32),
        guarantee_kind=rows["guarantee_kind"].astype(np.uint8),
        policy_tags=rows["policy_tags"].astype(np.uint8),
        revision=zeros.astype(np.int32),
        borrower_kind=no_code,
        holding=no_code,
        firm_size=no_code,
        industry=no_text,
        city=no_text,
        limit_cny_minor=zeros,
        used_cny_minor=zeros,
        records=(),
    )
