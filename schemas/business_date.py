"""Business dates as events write them: 2021-03-15, or 2021-03 where only the month is known."""

import calendar
import datetime as dt
from functools import cache
from typing import NamedTuple

import numpy as np

from schemas.quarter import FIRST_ORDINAL, FIRST_YEAR, LAST_YEAR, QUARTERS_A_YEAR
from schemas.units import BoolArray, Int32Array

_EPOCH = dt.date(1970, 1, 1).toordinal()


class DateTable(NamedTuple):
    """Dates in numbers, one row a text. Days count from 1970-01-01; no date is all zero."""

    is_valid: BoolArray
    day: Int32Array  # The month's last day where only the month is known.
    first_day: Int32Array  # The earliest it can have been.
    is_day_known: BoolArray
    quarter: Int32Array  # Quarters since 1990Q1.
    year_later_day: Int32Array

    @classmethod
    def of(cls, texts: list[str]) -> "DateTable":
        place, every = _every_date()
        rows = np.fromiter((place.get(text, 0) for text in texts), np.int32, len(texts))
        return cls(
            every.is_valid[rows],
            every.day[rows],
            every.first_day[rows],
            every.is_day_known[rows],
            every.quarter[rows],
            every.year_later_day[rows],
        )


def is_date(text: str) -> bool:
    """Return whether ``text`` is a day or a month of the years we know."""
    return text in _every_date()[0]


@cache
def _every_date() -> tuple[dict[str, int], DateTable]:
    """Return all days and months there are, by text; row 0 is no date.

    Not a parser with a cache of what it met: there are few dates, and all of them made once
    take less room and time than the texts of a hostile sender.
    """
    rows: list[tuple[int, int, int, int, int, int]] = [(0, 0, 0, 0, 0, 0)]
    texts = [""]
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month in range(1, 13):
            quarter = year * QUARTERS_A_YEAR + (month - 1) // 3 - FIRST_ORDINAL
            first = dt.date(year, month, 1).toordinal() - _EPOCH
            later = dt.date(year + 1, month, 1).toordinal() - _EPOCH
            size, later_size = (calendar.monthrange(y, month)[1] for y in (year, year + 1))
            for number in range(1, size + 1):
                texts.append(f"{year}-{month:02}-{number:02}")
                day = first + number - 1
                # A year after 29 February is 28 February.
                rows.append((1, day, day, 1, quarter, later + min(number, later_size) - 1))
            texts.append(f"{year}-{month:02}")
            rows.append((1, day, first, 0, quarter, later + min(size, later_size) - 1))
    place = {text: row for row, text in enumerate(texts) if text}
    columns = [np.ascontiguousarray(column) for column in np.array(rows, np.int32).T]
    is_valid, is_day_known = (columns[at].astype(np.bool_) for at in (0, 3))
    every = DateTable(is_valid, columns[1], columns[2], is_day_known, columns[4], columns[5])
    return place, every
