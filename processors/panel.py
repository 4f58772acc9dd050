"""Stored rows of totals, laid out densely: one place for every bank, population and quarter.

Rows of several partitions add up. Levels are prefix sums of their changes: a quarter without
a row adds nothing and the level goes on.

Source: docs/method.md#totals
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from processors.lpr import LprTable
from processors.sums import rate_limbs
from schemas.codes import GUARANTEE_KINDS, POLICY_TAGS, POPULATIONS, Population
from schemas.quarter import FIRST_ORDINAL
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
    """Return the sums by bank, population and quarter, and which quarters have rows.

    Args:
        rows: any number of rows for one place; rows beyond the axis are left out.
        bank_count: length of the first axis.
        first_ordinal: quarter at which the last axis begins; no row may lie before it.
        quarter_count: length of the last axis.
        lpr: published rates, for what new lending is compared with.

    Returns:
        The totals, and (banks, quarters) whether there is any main row of all loans.

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

    has_row = np.zeros((bank_count, quarter_count), np.bool_)
    is_all = is_main & (rows.population_place == population_place(Population.ALL))
    has_row[rows.bank_place[is_all], place[is_all]] = True
    return Totals(**arrays), has_row


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
