"""Build the live state of a partition again from its stored rows.

Cells and profiles come back with their own versions. Totals are **not** read back: they are
made again from the cells, and where the stored ones differ (a crash left them behind) they
are marked to be written with the next batch.

Source: docs/method.md#state
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from processors.accounts import DatedRegister, Order
from processors.cube import DRAW_SUMS, MAIN_SUMS, history_totals, total_key
from processors.partition import PartitionState, cell_key
from processors.population import profile_code
from processors.sums import Chains, SumTable
from schemas.codes import POPULATIONS
from schemas.columns import Ids
from schemas.tables import CELL_SUMS, TAG_SUMS
from schemas.units import Int64Array

Columns = Mapping[str, Any]
_CHUNK = 16_384  # Accounts laid out at once: what fits a processor's cache is twice as fast.


def restore(
    *,
    cells: Iterable[Columns],
    tag_cells: Iterable[Columns],
    profiles: Columns,
    lines: Columns,
    totals: Columns,
) -> PartitionState:
    """Return the state that these rows of one partition hold; see schemas.tables for columns.

    Cells and tag cells come in pieces, because they are many.
    """
    state = PartitionState()
    for rows in cells:
        _put_sums(state, state.cells, state.cell_chains, rows, CELL_SUMS)
    for rows in tag_cells:
        _put_sums(state, state.tag_cells, state.tag_chains, rows, TAG_SUMS)
    restore_registers(state, profiles, lines)
    settle_everyone(state)
    _compare_totals(state, totals)
    return state


def restore_registers(state: PartitionState, profiles: Columns, lines: Columns) -> None:
    """Take stored profiles and credit lines in, into a state that has none yet."""
    code = profile_code(profiles["borrower_kind"], profiles["holding"], profiles["firm_size"])
    _merge(state, state.profiles, profiles, code)
    _merge(state, state.lines, lines, lines["limit_cny_minor"])


def settle_everyone(state: PartitionState) -> None:
    """Work out, from what was put into a fresh state, where every account stands; add totals."""
    state.make_room()
    for start in range(0, state.accounts.size, _CHUNK):
        accounts = np.arange(start, min(start + _CHUNK, state.accounts.size))
        history = state.history(accounts)
        state.settle(accounts, history)
        contribution = history_totals(history)
        state.totals.add(contribution.main, contribution.draws)


def _put_sums(
    state: PartitionState, table: SumTable, chains: Chains, rows: Columns, names: tuple[str, ...]
) -> None:
    account = state.accounts.codes(rows["bank_id"], rows["borrower_id"])
    tag = rows.get("tag", 0)
    slots, added = table.rows(cell_key(account, tag, rows["quarter"], rows["loan_kind"]))
    assert added.size == account.size, "a stored key came twice"
    chains.link(added, account)
    table.put(slots, [rows[name] for name in names], rows["version"])


def _merge(
    state: PartitionState, register: DatedRegister, rows: Columns, value: Int64Array
) -> None:
    account = state.accounts.codes(rows["bank_id"], rows["borrower_id"])
    order = Order(rows["occurred_day"], rows["revision"], rows["event_hash"])
    register.merge(account, rows["quarter"], value, order, rows["version"])


def _compare_totals(state: PartitionState, rows: Columns) -> None:
    """Note which totals the store holds otherwise, or not at all."""
    # A marker's empty bank is no bank: it takes any code and is left out.
    named = [value or "-" for value in rows["bank_id"].values]
    bank = state.accounts.banks.code_of(named)[rows["bank_id"].codes]
    population_of = {str(population): place for place, population in enumerate(POPULATIONS)}
    codes = np.array([population_of.get(text, 0) for text in rows["population"].values], np.int64)
    key = total_key(bank, rows["tag"], rows["quarter"], codes[rows["population"].codes])
    is_total = ~_equals(rows["bank_id"], "")
    sides = []
    for names, chosen in (
        (MAIN_SUMS, is_total & (rows["tag"] == 0)),
        (DRAW_SUMS, is_total & (rows["tag"] != 0)),
    ):
        sums = np.stack([rows[name][chosen] for name in names], axis=1)
        sides.append((key[chosen], sums, rows["version"][chosen]))
    state.totals.compare(*sides)


def _equals(ids: Ids, text: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.array([value == text for value in ids.values], np.bool_)[ids.codes]
