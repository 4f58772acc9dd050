"""What follows from comparing two stocks and is said by no row: the shape of a derived event."""

from enum import IntEnum

import numpy as np


class Derived(IntEnum):
    """What a comparison of two stocks tells that no row says."""

    BROUGHT_FORWARD = 0
    REVALUED = 1
    REPRICED = 2
    RECLASSIFIED = 3
    EXTENDED = 4
    SHORTENED = 5
    OVERDUE = 6
    CURED = 7


# One derived event. ``source`` and ``line`` say which row has its texts.
DERIVED = np.dtype([
    ("source", "u1"),
    ("line", "u4"),
    ("kind", "u1"),
    ("amount", "i8"),  # In the currency of the receipt: what is brought forward, or a balance.
    ("cny", "i8"),  # The same in yuan; of a revaluation the signed change.
    ("closing", "i8"),  # Of a revaluation, in the currency: tells the exchange rate, as the next.
    ("closing_cny", "i8"),
    ("rate", "i4"),
    ("old_rate", "i4"),
    ("loan_class", "u1"),
    ("old_class", "u1"),
    ("old_end", "i4"),
    ("new_end", "i4"),
    ("day", "i4"),  # When, where that is known; 0: some day of the month.
    ("overdue", "u1"),
])  # fmt: skip
