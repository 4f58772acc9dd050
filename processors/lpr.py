"""Which LPR (贷款市场报价利率) a loan is compared with: that of its own date and tenor.

A draw of day d is compared with the newest LPR published on or before d: the 1-year rate up
to five years of original term, the 5-year rate above. Source: docs/method.md#lpr
"""

from typing import NamedTuple

import numpy as np

from schemas.tags import LPR_FIRST
from schemas.units import BoolArray, Int32Array, Int64Array


class LprTable(NamedTuple):
    """LPR by publication, oldest first, one a month without holes."""

    publication_day: Int32Array  # (months + 1,): the last entry is when the newest one runs out.
    one_year_mbp: Int64Array  # (months,)
    five_year_mbp: Int64Array  # (months,)

    def rate_mbp(self, tag: Int64Array) -> Int64Array:
        """Return the LPR that each LPR tag stands for."""
        publication, is_long = np.divmod(tag - LPR_FIRST, 2)
        return np.where(
            is_long == 1, self.five_year_mbp[publication], self.one_year_mbp[publication]
        )


def one_year_mbp(table: LprTable, first_day: int, last_day: int) -> int | None:
    """Return the newest 1-year LPR of a span of days, None where none is known for it.

    The newest published one holds until the next is due; after that nothing is known.
    """
    day = min(last_day, int(table.publication_day[-1]) - 1)
    place = int(np.searchsorted(table.publication_day, day, side="right")) - 1
    return None if place < 0 or day < first_day else int(table.one_year_mbp[place])


def lpr_tags(
    table: LprTable,
    occurred_day: Int32Array,
    matures_day: Int32Array,
    comparable: BoolArray,
) -> Int64Array:
    """Return the LPR tag of each draw, 0 where there is no LPR to compare it with.

    Args:
        table: the published rates.
        occurred_day: (draws,), day of the draw.
        matures_day: (draws,), last day of the loan; 0 where unknown, which gives no tag.
        comparable: (draws,), False for foreign currency and where only the month is known.

    """
    publication = np.searchsorted(table.publication_day, occurred_day, side="right") - 1
    known = (publication >= 0) & (publication < table.one_year_mbp.size)
    # More than five years, by the calendar: the fifth anniversary itself is still five years.
    drawn = occurred_day.astype("datetime64[D]")
    month = drawn.astype("datetime64[M]")
    anniversary = (month + 60).astype("datetime64[D]") + (drawn - month.astype("datetime64[D]"))
    is_long = matures_day > anniversary.astype(np.int64)
    tag = LPR_FIRST + 2 * publication + is_long
    return np.where(known & comparable & (matures_day > 0), tag, 0).astype(np.int64)
