"""What happens in the demo, as rows of numbers.

Rows are cheap to make, sort and hold back. Only when they are sent, infra.demo.telling makes
events of them, or infra.demo.event_table a table.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from schemas.units import AnyArray


class What(IntEnum):
    """Which event a row becomes."""

    REGISTERED = 0
    PROFILED = 1
    LINE_SET = 2
    BROUGHT_FORWARD = 3
    DISBURSED = 4
    ACQUIRED = 5
    REPAID = 6
    REFINANCED = 7
    WRITTEN_OFF = 8
    TRANSFERRED = 9
    SECURITISED = 10
    IN_KIND = 11
    REPRICED = 12
    RECLASSIFIED = 13
    REVALUED = 14
    OVERDUE = 15
    CURED = 16
    EXTENDED = 17
    DISCOUNTED = 18
    REDISCOUNTED = 19
    RECOVERED = 20


FIRST_LOAN, RENEWAL, DEFERRAL, CREDIT_SUPPORT = 1, 2, 4, 8  # Bits of ``marks``.
# How an old loan was replaced by a new one: 01 无还本续贷, 02 借新还旧.
RENEWED, REFINANCED = 1, 2
OVERDUE_KINDS = ("", "principal", "interest", "both")  # By ``overdue``.

ROW = np.dtype([
    ("number", "i8"),  # Makes the event's id; rises in the order of telling.
    ("reverses", "i8"),  # Number of the event that this row reverses; 0: none.
    ("what", "i2"),
    ("day", "i4"),  # When it happened.
    ("arrival", "i4"),  # When the bank sends it.
    ("bank", "i2"),
    ("account", "i4"),  # -1 for the bank's own registration.
    ("loan", "i8"),
    ("loan_kind", "i1"),
    ("is_usd", "?"),
    ("amount", "i8"),  # Amount or balance in the loan's currency; a credit limit; a signed change.
    ("amount_cny", "i8"),
    ("rate", "i8"),
    ("old_rate", "i8"),
    ("loan_class", "i1"),
    ("old_class", "i1"),
    ("matures", "i4"),
    ("old_matures", "i4"),
    ("guarantee", "i1"),
    ("marks", "i1"),  # Of a registration its revision, as its ``matures`` is the last day.
    ("product", "i1"),  # Of a draw, as is the next: indexes into infra.demo.purposes.
    ("purpose", "i2"),
    ("restructuring", "i1"),  # Of a draw or a refinancing; RENEWED, REFINANCED or 0.
    ("overdue", "i1"),  # What is overdue; 0: nothing.
    ("fx", "i4"),  # Yuan for one dollar, millionths.
    ("holding", "i1"),  # Of a profile, as is the next.
    ("size", "i1"),
])  # fmt: skip
Rows = NDArray[np.void]


def new_rows(what: What, count: int, **columns: AnyArray | int) -> Rows:
    """Return ``count`` rows of one kind; what is not given is 0."""
    rows = np.zeros(count, ROW)
    rows["what"] = what
    for name, column in columns.items():
        rows[name] = column
    return rows
