"""Which quarters a bank's events cover. A silent bank is absent, never at 0 % growth.

A bank is present at a quarter-end when everything up to that day has come in. In the running
quarter, which is not over for anybody, being close to the most advanced bank is enough, and
its figures are marked "to date".

Working days are Monday to Friday: the holiday calendar (调休, 顺延) is not taken in yet.

Source: docs/method.md#presence
"""

import datetime as dt

import numpy as np

from schemas.codes import Population
from schemas.quarter import Quarter
from schemas.results import NEVER_DAY, Presence, Totals, population_place
from schemas.units import BoolArray, Int64Array

RUNNING_WORKING_DAYS_MAX = 3
_EPOCH = dt.date(1970, 1, 1)


def day_of(date: dt.date) -> int:
    """Return days since 1970-01-01."""
    return (date - _EPOCH).days


def day_of_text(text: str) -> int:
    """Return the day of 2021-03-15, or the first of the month where only 2021-03 is known."""
    return day_of(dt.date.fromisoformat(text if len(text) > len("2021-03") else f"{text}-01"))


def running_quarter(newest_day: int) -> Quarter | None:
    """Return the quarter that holds the newest complete_to and is not over by then."""
    if newest_day == NEVER_DAY:
        return None
    newest = _EPOCH + dt.timedelta(days=newest_day)
    quarter = Quarter.of_date(newest)
    return quarter if newest < quarter.last_day else None


def working_days_between(earlier_day: Int64Array, later_day: int) -> Int64Array:
    """Return how many working days lie after each earlier day, up to and with the later one."""
    begin = np.minimum(earlier_day, later_day) + 1
    end = np.int64(later_day + 1).astype("datetime64[D]")
    return np.asarray(np.busday_count(begin.astype("datetime64[D]"), end), np.int64)


def first_quarters(
    has_row: BoolArray, brought_forward_minor: Int64Array, balance_minor: Int64Array
) -> Int64Array:
    """Return where each bank's events begin, (banks,); the end of the axis where never.

    That is the first quarter in which more was brought forward than stood there before, else
    the first in which anything moved: a stray loan dated before a bank's opening balances must
    not make the years between known at next to nothing.

    Args:
        has_row: (banks, quarters), whether any sum of all loans is not 0.
        brought_forward_minor: (banks, quarters), of all loans.
        balance_minor: (banks, quarters), of all loans, at quarter-end.

    Source: docs/method.md#presence

    """
    bank_count, quarter_count = has_row.shape
    if not quarter_count:
        return np.zeros(bank_count, np.int64)
    before = np.zeros_like(balance_minor)
    before[:, 1:] = np.maximum(balance_minor[:, :-1], 0)
    opens: BoolArray = brought_forward_minor > before
    begins = np.where(opens.any(axis=1, keepdims=True), opens, has_row)
    return np.asarray(np.where(begins.any(axis=1), begins.argmax(axis=1), quarter_count), np.int64)


def loan_level_presence(
    totals: Totals,
    has_row: BoolArray,
    complete_to_day: Int64Array,
    *,
    first_ordinal: int,
    newest_day: int,
) -> Presence:
    """Return which quarters the events of each bank cover.

    Args:
        totals: of all banks, for what was brought forward.
        has_row: (banks, quarters), whether any sum of all loans is not 0.
        complete_to_day: (banks,), NEVER_DAY where nothing is complete.
        first_ordinal: the quarter at which the axis begins.
        newest_day: newest complete_to of any bank, NEVER_DAY where there is none.

    Source: docs/method.md#presence

    """
    bank_count, quarter_count = has_row.shape
    quarters = [Quarter.from_ordinal(first_ordinal + n) for n in range(quarter_count)]
    last_day = np.array([day_of(quarter.last_day) for quarter in quarters], np.int64)
    everybody = population_place(Population.ALL)
    brought_forward = totals.brought_forward_minor[:, everybody]
    first = first_quarters(has_row, brought_forward, totals.balance_minor[:, everybody])
    begun = first[:, None] <= np.arange(quarter_count)

    loan_level = begun & (complete_to_day[:, None] >= last_day)
    is_to_date = np.zeros((bank_count, quarter_count), np.bool_)
    running = running_quarter(newest_day)
    if running is not None and 0 <= running.ordinal - first_ordinal < quarter_count:
        place = running.ordinal - first_ordinal
        is_close = complete_to_day != NEVER_DAY
        behind_days = working_days_between(complete_to_day[is_close], newest_day)
        is_close[is_close] = behind_days <= RUNNING_WORKING_DAYS_MAX
        loan_level[:, place] = begun[:, place] & is_close
        is_to_date[:, place] = loan_level[:, place]

    # Balances that were brought forward stand at the end of the month before the first events:
    # of that quarter's flows only a part, or nothing, is known.
    opened = np.zeros((bank_count, quarter_count), np.bool_)
    known = np.flatnonzero(first < quarter_count)
    opened[known, first[known]] = brought_forward[known, first[known]] != 0
    return Presence(loan_level, loan_level & ~opened, is_to_date)
