"""One month of one bank: its days, and how they are written in events."""

import calendar
import datetime as dt
from typing import NamedTuple

import numpy as np

from schemas.columns import Ids
from schemas.units import AnyArray

_EPOCH = dt.date(1970, 1, 1)


def day_number(date: dt.date) -> int:
    """Return days since 1970-01-01."""
    return (date - _EPOCH).days


def date_text(day: int) -> str:
    """Return a day as 2026-09-30."""
    return (_EPOCH + dt.timedelta(days=day)).isoformat()


class FilingMonth(NamedTuple):
    """The month that a bank's files are about; ``period`` is the date in their names."""

    bank_id: str
    period: dt.date

    @property
    def first_day(self) -> int:
        return day_number(self.period.replace(day=1))

    @property
    def last_day(self) -> int:
        """The last day of the month, which a sound name has for its date."""
        days = calendar.monthrange(self.period.year, self.period.month)[1]
        return day_number(self.period.replace(day=days))

    @property
    def last_date(self) -> str:
        return date_text(self.last_day)

    @property
    def month_text(self) -> str:
        return f"{self.period:%Y-%m}"

    @property
    def month_before(self) -> dt.date:
        """The last day of the month before."""
        return self.period.replace(day=1) - dt.timedelta(days=1)

    def dates(self, day: AnyArray) -> Ids:
        """Return days as events write them; 0 is some day of the month."""
        distinct, codes = np.unique(day, return_inverse=True)
        texts = [
            self.month_text if number == 0 else date_text(number) for number in distinct.tolist()
        ]
        return Ids(codes.astype(np.int32), texts)

    def prefix_of(self, table: str) -> bytes:
        """Return what every event id of a table of this month is made from, beside the row."""
        return f"{table}\n{self.bank_id}\n{self.period.isoformat()}\n".encode()
