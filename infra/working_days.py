"""Working days in China: Monday to Friday, public holidays and the days worked for them (调休).

chinesecalendar knows what the State Council has published, up to 2026; holidays of a later year are
announced in the autumn before it. Beyond, Monday to Friday count, and the answer says so.

Source: docs/method.md#working-days
"""

import datetime as dt
from functools import cache
from typing import NamedTuple

import chinese_calendar

_SATURDAY = 5


class DueDay(NamedTuple):
    """The last day of a period."""

    day: dt.date
    is_calendar_known: bool  # False: a day of it is in a year whose holidays are not known here.


def is_working_day(day: dt.date) -> bool:
    """Return whether offices work on ``day``; beyond the known years, whether it is a weekday."""
    if is_calendar_known(day):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < _SATURDAY


def is_calendar_known(day: dt.date) -> bool:
    """Return whether the holidays of the day's year are known here."""
    first, last = known_years()
    return first <= day.year <= last


@cache
def known_years() -> tuple[int, int]:
    """Return the first and last year whose holidays are known."""
    years = [day.year for day in chinese_calendar.constants.holidays]
    return min(years), max(years)


def add_working_days(day: dt.date, working_days: int) -> DueDay:
    """Return the last of ``working_days`` after ``day``, which does not count itself.

    Source: docs/method.md#working-days
    """
    assert working_days >= 0
    known = is_calendar_known(day)
    while working_days:
        day += dt.timedelta(days=1)
        known = known and is_calendar_known(day)
        working_days -= is_working_day(day)
    return DueDay(day, known)
