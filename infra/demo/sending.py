"""What banks send of what happened: most of it at once, some late, some wrong and then corrected.

The story is the truth; nothing here changes it.
"""

from collections.abc import Sequence

import numpy as np

from infra.demo.calendar import Month
from infra.demo.event_rows import ROW, Rows, What
from infra.demo.planted import Planted
from infra.demo.records import joined
from schemas.units import AnyArray

# What is sent wrongly and taken back, or sent late, of all that is sent.
MISTAKE_RATIO, LATE_RATIO = 0.003, 0.006
FIRST_NUMBER = 5_000_000_000  # Of what is sent once more; the story numbers from 1.


class Sending:
    """Holds how many rows were sent once more, so that each has a number of its own."""

    def __init__(self, seed: int, troubles: Sequence[Planted] = ()) -> None:
        self._seed, self._troubles = seed, troubles
        self._next_number = FIRST_NUMBER

    def as_sent(self, month: Month, rows: Rows) -> Rows:
        """Return what happened in ``month`` as rows to be sent; ``rows`` stay as they are."""
        rng = np.random.default_rng([self._seed, 7, month.year * 12 + month.number])
        true_rows, rows = rows, rows.copy()
        mended = []
        is_slipped = np.zeros(rows.size, np.bool_)
        for trouble in self._troubles:
            first = trouble.first_sent(month, true_rows)
            if first is true_rows:
                continue
            is_wrong = first["amount"] != true_rows["amount"]
            rows[is_wrong] = first[is_wrong]
            is_slipped |= is_wrong
            if trouble.corrected_day():
                mended += self._mended(rows[is_wrong], true_rows[is_wrong], trouble.corrected_day())
        is_simple = np.isin(rows["what"], (What.DISBURSED, What.REPAID)) & ~rows["is_usd"]
        is_simple &= ~is_slipped
        wrong = np.flatnonzero(is_simple & (rng.random(rows.size) < MISTAKE_RATIO))
        rows["amount"][wrong] = rows["amount"][wrong] * 11 // 10
        noticed = rows["arrival"][wrong] + rng.integers(3, 41, wrong.size)
        mended += self._mended(rows[wrong], true_rows[wrong], noticed)
        is_late = (rng.random(rows.size) < LATE_RATIO) & (rows["what"] != What.REGISTERED)
        is_late[wrong] = False
        is_late &= ~is_slipped
        rows["arrival"] += is_late * rng.integers(15, 101, rows.size)
        return joined([rows, *mended], ROW)

    def _mended(self, wrong: Rows, right: Rows, day: AnyArray | int) -> list[Rows]:
        """Return what takes back rows that were sent wrongly, and the right ones, sent on a day."""
        reversal, again = wrong.copy(), right.copy()
        reversal["reverses"] = reversal["number"]
        reversal["arrival"] = again["arrival"] = day
        self._number(reversal)
        self._number(again)
        return [reversal, again]

    def _number(self, rows: Rows) -> None:
        rows["number"] = self._next_number + np.arange(rows.size)
        self._next_number += rows.size
