"""What banks send of what happened: most of it at once, some late, some wrong and then corrected.

The story is the truth; nothing here changes it.
"""

import numpy as np

from infra.demo.calendar import Month
from infra.demo.event_rows import Rows, What

# What is sent wrongly and taken back, or sent late, of all that is sent.
MISTAKE_RATIO, LATE_RATIO = 0.003, 0.006
FIRST_NUMBER = 5_000_000_000  # Of what is sent once more; the story numbers from 1.


class Sending:
    """Holds how many rows were sent once more, so that each has a number of its own."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._next_number = FIRST_NUMBER

    def as_sent(self, month: Month, rows: Rows) -> Rows:
        """Return what happened in ``month`` as rows to be sent; ``rows`` stay as they are."""
        rng = np.random.default_rng([self._seed, 7, month.year * 12 + month.number])
        rows = rows.copy()
        is_simple = np.isin(rows["what"], (What.DISBURSED, What.REPAID)) & ~rows["is_usd"]
        wrong = np.flatnonzero(is_simple & (rng.random(rows.size) < MISTAKE_RATIO))
        again = rows[wrong]
        rows["amount"][wrong] = rows["amount"][wrong] * 11 // 10
        reversal = rows[wrong]
        reversal["reverses"] = reversal["number"]
        noticed = reversal["arrival"] + rng.integers(3, 41, wrong.size)
        reversal["arrival"] = again["arrival"] = noticed
        self._number(reversal)
        self._number(again)
        is_late = (rng.random(rows.size) < LATE_RATIO) & (rows["what"] != What.REGISTERED)
        is_late[wrong] = False
        rows["arrival"] += is_late * rng.integers(15, 101, rows.size)
        return np.concatenate([rows, reversal, again])

    def _number(self, rows: Rows) -> None:
        rows["number"] = self._next_number + np.arange(rows.size)
        self._next_number += rows.size
