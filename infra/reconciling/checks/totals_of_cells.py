"""Totals of every population against totals made again from cells, profiles and credit lines.

The same arithmetic as a worker's when it starts, so it cannot see an error in that; it sees
any row of totals that is gone or was changed, whatever population, quarter and tag it is of.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from infra.reconciling.reading import PartitionCheck, Reading
from processors.restore import restore
from schemas.codes import Population
from schemas.columns import Ids
from schemas.tables import CELLS, CREDIT_LINES, PROFILES, TAG_CELLS, TOTAL_SUMS, TOTALS
from schemas.words import Words
from streams.batch_rows import total_rows
from streams.reconcile import Check, Finding, Motion, differs

# Beyond that it would cost seconds, and its memory would stand beside a worker's.
CONTINUOUS_CELLS_MAX = 100_000

_CHECK = Check(
    "totals_of_cells",
    Words("各口径合计与重算合计", "Totals of every population, made again"),
    Words("由累计重算", "made from cells"),
    Words("库内合计", "stored totals"),
    Words(
        "先看前面的检查：累计与事件一致时，重启该分区的处理进程即重算合计；"
        "否则 puhui replay --from-store",
        "Look at the checks before: where cells agree with events, a restarted worker makes the "
        "totals again with its next batch; where they do not, puhui replay --from-store",
    ),
    step=8,
)
_SIZE_SQL = """
    select toInt64(count()) as cells from cells
    where generation = {generation:UInt16} and partition = {partition:UInt16}
"""
# Of all loans cells_totals and tag_cells_totals name every other sum.
_NAMED_OF_ALL = {"borrower_change_count", "reclassified_minor", "draw_borrower_count"}
_Key = tuple[str, str, int, int]  # bank_id, population, quarter, tag.


def is_small(reading: Reading) -> bool:
    """Tell whether the partition is small enough to be made again all the time."""
    (size,) = reading.here(_SIZE_SQL)
    return int(size["cells"]) <= CONTINUOUS_CELLS_MAX


def _find(reading: Reading) -> Iterator[Finding]:
    store, partition = reading.store, reading.checkpoint.partition
    where: dict[str, int | str] = {"generation": reading.generation, "partition": partition}
    totals = store.read(TOTALS, where)
    state = restore(
        cells=store.read_batches(CELLS, where),
        tag_cells=store.read_batches(TAG_CELLS, where),
        profiles=store.read(PROFILES, where),
        lines=store.read(CREDIT_LINES, where),
        totals=totals,
    )
    stale = state.totals.add([], [])
    if not stale.main.size + stale.draws.size:
        return
    made = _by_key(total_rows(state, stale, lanes="", next_offset=0))
    kept = _by_key(totals, among=set(made))
    nothing = [0] * len(TOTAL_SUMS)
    for key, right in sorted(made.items()):
        bank_id, population, quarter, tag = key
        place = f"{reading.where}, {population}" + (f", tag {tag}" if tag else "")
        for name, told, found in zip(TOTAL_SUMS, right, kept.get(key, nothing), strict=True):
            is_named_here = population != Population.ALL or name in _NAMED_OF_ALL
            if told != found and is_named_here:
                yield differs(
                    _CHECK, name, told, found, where=place, bank_id=bank_id, quarter=quarter
                )


def _by_key(rows: dict[str, Any], among: set[_Key] | None = None) -> dict[_Key, list[int]]:
    """Return the sums of rows of totals by key, without the marker."""
    chosen = np.arange(len(rows["quarter"]))
    if among is not None:  # Looked at in Python only where they may be wanted.
        chosen = np.flatnonzero(np.isin(rows["quarter"], [key[2] for key in among]))
    bank, population = (_texts(rows[name], chosen) for name in ("bank_id", "population"))
    quarter, tag = rows["quarter"][chosen].tolist(), rows["tag"][chosen].tolist()
    sums = np.stack([rows[name][chosen] for name in TOTAL_SUMS], axis=1)
    return {
        key: sums[place].tolist()
        for place, key in enumerate(zip(bank, population, quarter, tag, strict=True))
        if key[0] and (among is None or key in among)
    }


def _texts(ids: Ids, chosen: Any) -> list[str]:
    return [ids.values[code] for code in ids.codes[chosen].tolist()]


CHECK = PartitionCheck(_CHECK, Motion.QUIET, _find)
