"""Days as numbers, months as spans, and which days banks work on."""

import calendar
import datetime as dt
from typing import NamedTuple

EPOCH = dt.date(1970, 1, 1)
# (month, day) of the holidays that fall on the same date every year; the demo needs no more.
FIXED_HOLIDAYS = frozenset(
    [(1, 1), (5, 1), (5, 2), (5, 3), *((10, day) for day in range(1, 8))]
)  # fmt: skip


def day_number(date: dt.date) -> int:
    """Return days since 1970-01-01."""
    return (date - EPOCH).days


def date_of(day: int) -> dt.date:
    """Return the date that is ``day`` days after 1970-01-01."""
    return EPOCH + dt.timedelta(days=day)


class Month(NamedTuple):
    """A calendar month."""

    year: int
    number: int  # 1 … 12

    @property
    def first_day(self) -> int:
        return day_number(dt.date(self.year, self.number, 1))

    @property
    def last_day(self) -> int:
        return self.first_day + calendar.monthrange(self.year, self.number)[1] - 1

    def next(self) -> "Month":
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    def plus(self, count: int) -> "Month":
        """Return the month that is ``count`` months later."""
        months = self.year * 12 + self.number - 1 + count
        return Month(months // 12, months % 12 + 1)

    def since(self, earlier: "Month") -> int:
        """Return how many months later this is than ``earlier``."""
        return (self.year - earlier.year) * 12 + self.number - earlier.number

    @classmethod
    def of_day(cls, day: int) -> "Month":
        date = date_of(day)
        return cls(date.year, date.month)


def next_business_day(day: int) -> int:
    """Return the first day after ``day`` on which banks work."""
    day += 1
    while True:
        date = date_of(day)
        if date.weekday() < 5 and (date.month, date.day) not in FIXED_HOLIDAYS:
            return day
        day += 1
