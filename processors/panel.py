"""Stored rows of totals, laid out densely: one place for every bank, population and quarter.

Rows of several partitions add up. Levels are prefix sums of their changes: a quarter without
a row adds nothing and the level goes on.

Source: docs/method.md#totals
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from processors.lpr import LprTable
from processors.sums import LIMB, rate_limbs, summed
from schemas.codes import GUARANTEE_KINDS, POLICY_TAGS, POPULATIONS, Population
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.results import Totals, population_place
from schemas.tables import TOTAL_SUMS
from schemas.tags import FIRST_LOAN_TAG, LPR_FIRST, TOTAL, guarantee_tag, policy_tag
from schemas.units import BoolArray, Int64Array

SHOWN_TAGS = tuple(guarantee_tag(kind) for kind in GUARANTEE_KINDS) + tuple(
    policy_tag(tag) for tag in POLICY_TAGS
)
# Level in results: the change by quarter that it is the prefix sum of.
LEVELS = {
    "balance_minor": "balance_change_minor",
    "balance_rate_hi": "balance_rate_change_hi",
    "balance_rate_lo": "balance_rate_change_lo",
    "non_performing_minor": "non_performing_change_minor",
    "borrower_count": "borrower_change_count",
}
FLOWS = tuple(name for name in TOTAL_SUMS if name not in LEVELS.values())

Shape = tuple[int, int, int]

_QUARTER_END, _TAG_END = 2**16, 2**16  # Both are stored in sixteen bits.
_LIMBS = tuple(
    (TOTAL_SUMS.index(hi), TOTAL_SUMS.index(hi.removesuffix("hi") + "lo"))
    for hi in TOTAL_SUMS
    if hi.endswith("_hi")
)


class TotalRows(NamedTuple):
    """Rows of the totals table, markers left out; one entry a row."""

    bank_place: Int64Array  # Index into the banks of the panel.
    population_place: Int64Array
    quarter: Int64Array  # Quarters since 1990Q1, as stored.
    tag: Int64Array
    sums: Mapping[str, Int64Array]  # By column name, all of TOTAL_SUMS.

    def keep(self, rows: BoolArray) -> "TotalRows":
        """Return the rows where ``rows`` is True."""
        return TotalRows(
            self.bank_place[rows],
            self.population_place[rows],
            self.quarter[rows],
            self.tag[rows],
            {name: column[rows] for name, column in self.sums.items()},
        )


def dense_totals(
    rows: TotalRows, *, bank_count: int, first_ordinal: int, quarter_count: int, lpr: LprTable
) -> tuple[Totals, BoolArray]:
    """Return the sums by bank, population and quarter, and in which quarters anything moved.

    Args:
        rows: any number of rows for one place; rows beyond the axis are left out.
        bank_count: length of the first axis.
        first_ordinal: quarter at which the last axis begins; no row may lie before it.
        quarter_count: length of the last axis.
        lpr: published rates, for what new lending is compared with.

    Returns:
        The totals, and (banks, quarters) whether any sum of all loans is not 0.

    """
    shape = (bank_count, len(POPULATIONS), quarter_count)
    place = rows.quarter + (FIRST_ORDINAL - first_ordinal)
    assert not place.size or place.min() >= 0
    is_on_axis = place < quarter_count
    if not is_on_axis.all():
        rows, place = rows.keep(is_on_axis), place[is_on_axis]
    cell = (rows.bank_place * shape[1] + rows.population_place) * quarter_count + place

    is_main = rows.tag == TOTAL
    sums = {name: _summed(shape, cell, column, is_main) for name, column in rows.sums.items()}
    arrays: dict[str, Any] = {
        level: np.cumsum(sums[change], axis=2) for level, change in LEVELS.items()
    }
    arrays |= {name: sums[name] for name in FLOWS}
    arrays |= _by_tag(shape, cell, rows, lpr)

    # Not the row itself: what was reversed in a later batch leaves one of zeros behind, what
    # was reversed in the same batch leaves none, and both are the same.
    everybody = population_place(Population.ALL)
    has_row = np.any([sums[name][:, everybody] != 0 for name in TOTAL_SUMS], axis=0)
    return Totals(**arrays), has_row


class FirstDifference(NamedTuple):
    """Where two sets of totals disagree first, by bank, population, quarter and tag."""

    bank_id: str
    population_place: int
    quarter: Quarter
    tag: int
    measure: str
    live: int
    recomputed: int
    row_count: int  # Rows that differ in all.


def first_difference(
    live: TotalRows,
    live_banks: Sequence[str],
    again: TotalRows,
    again_banks: Sequence[str],
) -> FirstDifference | None:
    """Return the first difference of two sets of totals summed over partitions, else None.

    A row of nothing but zeros and no row are the same.
    """
    banks = sorted({*live_banks, *again_banks})
    place = {bank_id: n for n, bank_id in enumerate(banks)}
    live_keys, again_keys = (
        _row_keys(rows, np.array([place[name] for name in names] or [0], np.int64))
        for rows, names in ((live, live_banks), (again, again_banks))
    )
    if np.array_equal(live_keys, again_keys):
        # The usual case, a thousand times faster than sorting: look at rows that differ only.
        differs = np.zeros(live_keys.size, np.bool_)
        for name in TOTAL_SUMS:
            differs |= live.sums[name] != again.sums[name]
        suspects = np.isin(live_keys, np.unique(live_keys[differs]))
        live, again = live.keep(suspects), again.keep(suspects)
        live_keys = again_keys = live_keys[suspects]
    width = len(TOTAL_SUMS)
    matrix = np.zeros((live_keys.size + again_keys.size, 2 * width), np.int64)
    for column, name in enumerate(TOTAL_SUMS):
        matrix[: live_keys.size, column] = live.sums[name]
        matrix[live_keys.size :, width + column] = again.sums[name]
    distinct, sums = summed(np.concatenate([live_keys, again_keys]), matrix)
    if not distinct.size:
        return None
    for hi, lo in _LIMBS:  # Partitions carry on their own, so the limbs of a sum may differ.
        for column in (0, width):
            carry = sums[:, column + lo] // LIMB
            sums[:, column + hi] += carry
            sums[:, column + lo] -= carry * LIMB
    differs = sums[:, :width] != sums[:, width:]
    rows_at = np.flatnonzero(differs.any(axis=1))
    if not rows_at.size:
        return None
    row, measure = rows_at[0], int(np.argmax(differs[rows_at[0]]))
    rest, tag = divmod(int(distinct[row]), _TAG_END)
    rest, quarter = divmod(rest, _QUARTER_END)
    bank_place, population = divmod(rest, len(POPULATIONS))
    return FirstDifference(
        banks[bank_place],
        population,
        Quarter.from_ordinal(quarter + FIRST_ORDINAL),
        tag,
        TOTAL_SUMS[measure],
        int(sums[row, measure]),
        int(sums[row, width + measure]),
        int(rows_at.size),
    )


def _row_keys(rows: TotalRows, bank_place: Int64Array) -> Int64Array:
    """Return one number a row that sorts by bank, population, quarter and tag."""
    bank = bank_place[rows.bank_place]
    key = (bank * len(POPULATIONS) + rows.population_place) * _QUARTER_END + rows.quarter
    return key * _TAG_END + rows.tag


def _by_tag(shape: Shape, cell: Int64Array, rows: TotalRows, lpr: LprTable) -> dict[str, Any]:
    """Return what rows of tags give: new lending by mark, and beside its LPR."""
    disbursed = rows.sums["disbursed_minor"]
    is_first_loan = rows.tag == FIRST_LOAN_TAG
    # A tag newer than the table of published rates has nothing to be compared with.
    tag_end = LPR_FIRST + 2 * lpr.one_year_mbp.size
    is_compared = (rows.tag >= LPR_FIRST) & (rows.tag < tag_end)
    lpr_hi, lpr_lo = rate_limbs(disbursed[is_compared], lpr.rate_mbp(rows.tag[is_compared]))
    everything = np.ones(lpr_hi.size, np.bool_)
    return {
        "first_loan_borrower_count": _summed(
            shape, cell, rows.sums["draw_borrower_count"], is_first_loan
        ),
        "tagged_minor": {
            tag: _summed(shape, cell, disbursed, rows.tag == tag) for tag in SHOWN_TAGS
        },
        "compared_minor": _summed(shape, cell, disbursed, is_compared),
        "compared_rate_hi": _summed(shape, cell, rows.sums["disbursed_rate_hi"], is_compared),
        "compared_rate_lo": _summed(shape, cell, rows.sums["disbursed_rate_lo"], is_compared),
        "lpr_rate_hi": _summed(shape, cell[is_compared], lpr_hi, everything),
        "lpr_rate_lo": _summed(shape, cell[is_compared], lpr_lo, everything),
    }


def _summed(shape: Shape, cell: Int64Array, column: Int64Array, rows: BoolArray) -> Int64Array:
    sums = np.zeros(shape[0] * shape[1] * shape[2], np.int64)
    # Not np.bincount(weights=…): it sums in float64 and drops fen above 2**53.
    np.add.at(sums, cell[rows], column[rows])
    return sums.reshape(shape)
