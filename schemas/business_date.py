"""Business dates as events write them: 2021-03-15, or 2021-03 where only the month is known."""

import calendar
import datetime as dt
import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from schemas.quarter import FIRST_ORDINAL, FIRST_YEAR, LAST_YEAR, QUARTERS_A_YEAR
from schemas.units import BoolArray, Int32Array

EXPECTED_DATE = f"a date like 2021-03-15, or 2021-03, between {FIRST_YEAR} and {LAST_YEAR}"
EXPECTED_DAY = f"a day like 2021-03-15, between {FIRST_YEAR} and {LAST_YEAR}"

_TEXT = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?")
_EPOCH = dt.date(1970, 1, 1).toordinal()
_DATES_MAX = 1 << 16  # More than there are days and months between 1990 and 2099.


class BusinessDate(NamedTuple):
    """A date in numbers. Days count from 1970-01-01."""

    day: int  # The month's last day where only the month is known.
    first_day: int  # The earliest it can have been.
    is_day_known: bool
    quarter: int  # Quarters since 1990Q1.
    year_later_day: int


@lru_cache(maxsize=_DATES_MAX)
def parse_business_date(text: str) -> BusinessDate | None:
    """Return the date, or None if ``text`` is none."""
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    year, month = int(match[1]), int(match[2])
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
        return None
    month_days = calendar.monthrange(year, month)[1]
    is_day_known = match[3] is not None
    number = int(match[3]) if is_day_known else month_days
    if not 1 <= number <= month_days:
        return None
    day = dt.date(year, month, number).toordinal() - _EPOCH
    # A year after 29 February is 28 February.
    later = dt.date(year + 1, month, min(number, calendar.monthrange(year + 1, month)[1]))
    return BusinessDate(
        day=day,
        first_day=day if is_day_known else day - month_days + 1,
        is_day_known=is_day_known,
        quarter=year * QUARTERS_A_YEAR + (month - 1) // 3 - FIRST_ORDINAL,
        year_later_day=later.toordinal() - _EPOCH,
    )


class DateTable(NamedTuple):
    """Distinct dates in numbers, one row a distinct text; a text that is no date is all zero."""

    is_valid: BoolArray
    day: Int32Array
    first_day: Int32Array
    is_day_known: BoolArray
    quarter: Int32Array
    year_later_day: Int32Array

    @classmethod
    def of(cls, texts: list[str]) -> "DateTable":
        dates = [parse_business_date(text) for text in texts]
        numbers = np.array([date or (0, 0, 0, 0, 0) for date in dates], np.int32).reshape(-1, 5)
        is_valid = np.fromiter((date is not None for date in dates), np.bool_, len(dates))
        day, first_day, known, quarter, year_later = (np.ascontiguousarray(c) for c in numbers.T)
        return cls(is_valid, day, first_day, known.astype(np.bool_), quarter, year_later)
