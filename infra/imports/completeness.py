"""Up to which day the banks of a file have sent everything.

A file of lending events is taken as whole months: unless told otherwise it is complete to the
last day of the month of its newest date. A date after this month is a slip of the pen, and
would make every bank complete for years to come; it does not count.
"""

import calendar
import datetime as dt
import re

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
MONTHS_SHOWN_MAX = 5
_MONTH = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])")
_MONTH_CHARACTERS = len("2021-12")


class NewestMonth:
    """Hears every date of a file."""

    def __init__(self, now_ms: int) -> None:
        now = dt.datetime.fromtimestamp(now_ms / 1000, SHANGHAI)
        self._this_month = f"{now:%Y-%m}"
        self._newest = ""
        self._later: set[str] = set()

    def hear(self, occurred_on: str) -> None:
        """Take a business date as it was sent, well written or not."""
        month = occurred_on[:_MONTH_CHARACTERS]
        if month <= self._newest or not _MONTH.fullmatch(month):
            return
        if month > self._this_month:
            self._later.add(month)
        else:
            self._newest = month

    @property
    def ignored(self) -> str:
        """The months after this one, as text."""
        shown = sorted(self._later)[:MONTHS_SHOWN_MAX]
        return ", ".join(shown) + (" …" if len(self._later) > MONTHS_SHOWN_MAX else "")

    @property
    def last_day(self) -> dt.date | None:
        """The last day of the newest month; None when there was no date at all."""
        if not self._newest:
            return None
        year, month = int(self._newest[:4]), int(self._newest[5:])
        return dt.date(year, month, calendar.monthrange(year, month)[1])
