"""Quarters of the year, in business dates of Asia/Shanghai.

A quarter is counted by its ordinal, quarters since 0000Q1, so that "a year before" is
minus four. Inside the ledger the index since 1990Q1 is used: it fits twelve bits.
"""

import calendar
import datetime as dt
import re
from typing import NamedTuple

QUARTERS_A_YEAR = 4
FIRST_YEAR, LAST_YEAR = 1990, 2099
FIRST_ORDINAL = FIRST_YEAR * QUARTERS_A_YEAR

_TEXT = re.compile(r"([0-9]{4})Q([1-4])")  # Not \d, which takes digits of every script.


class Quarter(NamedTuple):
    """A quarter of a year; ``str()`` gives 2021Q4."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """Return the quarter written as 2021Q4; raise ValueError for anything else."""
        match = _TEXT.fullmatch(text)
        if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
            raise ValueError(
                f"quarter was {text!r}, expected YEARQn between {FIRST_YEAR}Q1 and {LAST_YEAR}Q4, "
                "such as 2021Q4"
            )
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def from_ordinal(cls, quarter_ordinal: int) -> "Quarter":
        year, number = divmod(quarter_ordinal, QUARTERS_A_YEAR)
        return cls(year, number + 1)

    @classmethod
    def of_date(cls, date: dt.date) -> "Quarter":
        return cls(date.year, (date.month + 2) // 3)

    @property
    def ordinal(self) -> int:
        return self.year * QUARTERS_A_YEAR + self.number - 1

    @property
    def first_day(self) -> dt.date:
        return dt.date(self.year, self.number * 3 - 2, 1)

    @property
    def last_day(self) -> dt.date:
        month = self.number * 3
        return dt.date(self.year, month, calendar.monthrange(self.year, month)[1])

    def minus(self, quarters: int) -> "Quarter":
        return Quarter.from_ordinal(self.ordinal - quarters)

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"
