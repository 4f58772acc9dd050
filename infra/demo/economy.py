"""The demo's province: banks, borrowers and all they send, from a seed and nothing else.

No clock, no file, no connection: the same seed gives the same bytes on every machine.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from infra.demo.accounts import make_accounts
from infra.demo.banks import make_banks
from infra.demo.borrowers import make_borrowers
from infra.demo.calendar import Month, date_of, day_number, next_business_day
from infra.demo.reporting import Reporter
from infra.demo.sending import Sending
from infra.demo.story import Story
from infra.demo.telling import World, registration
from processors.lpr import LprTable
from schemas.event import Event
from schemas.message import CONTENT_NDJSON, Draft
from schemas.quarter import Quarter

WEEK_ENDS = (7, 14, 21)  # Days of the month on which weekly banks send, beside its last.
LATE_DAYS = 6  # The late bank sends its last month on this business day after the history.


class LiveDay(NamedTuple):
    """One business day of the live demo."""

    day: dt.date
    drafts: list[Draft]


class Economy:
    """A small province whose banks report every loan."""

    def __init__(
        self,
        seed: int,
        *,
        lpr: LprTable,
        banks: int = 24,
        borrowers: int = 6_000,
        quarters: int = 9,
        first_quarter: str = "2019Q4",
        lanes: int = 1,
        partitions: int = 1,
        content_type: str = CONTENT_NDJSON,
    ) -> None:
        for name, count in (("banks", banks), ("borrowers", borrowers), ("quarters", quarters)):
            if count < 1:
                raise ValueError(f"{name} of the demo was {count}, expected 1 or more")
        self._lpr = lpr
        self._first = Quarter.parse(first_quarter)
        # The books open a month before the first that is reported, both in the first quarter.
        self._opening = Month(self._first.year, 3 * self._first.number - 1)
        self.last_quarter = self._first.minus(1 - quarters)
        bank_list, people = make_banks(seed, banks), make_borrowers(seed, borrowers)
        self.world = World(seed, bank_list, people, make_accounts(seed, bank_list, people))
        self._shape = {"lanes": lanes, "partitions": partitions}
        self._content_type = content_type
        self._told: _Run | None = None  # Where the history ended, for live to go on from.

    def register(self) -> list[Event]:
        """Return the registration of every bank, as it stands first in the bank's history."""
        day = self._opening.last_day
        banks = range(len(self.world.banks.banks))
        return [registration(self.world, bank, bank + 1, day) for bank in banks]

    def history(self) -> Iterator[Draft]:
        """Yield every submission up to the end of the last quarter, in order of time."""
        run = self._run()
        yield from run.history(self.last_quarter, is_needed=True)
        self._told = run

    def live(self, after: dt.date | None = None) -> Iterator[LiveDay]:
        """Yield the business days after the history, without end.

        ``after``: the last day that was sent already, to go on from there.
        """
        run, self._told = self._told, None
        if run is None:
            run = self._run()
            for _ in run.history(self.last_quarter, is_needed=False):
                pass
        return run.live(self.last_quarter, self.last_quarter.last_day if after is None else after)

    def story(self) -> Story:
        """Return the story from its beginning: what really happens, month by month."""
        return Story(self.world, self._lpr, self._opening)

    def _run(self) -> "_Run":
        reporter = Reporter(self.world, content_type=self._content_type, **self._shape)
        return _Run(self.world, self.story(), reporter)


class _Run:
    """One telling of the story, from its beginning on."""

    def __init__(self, world: World, story: Story, reporter: Reporter) -> None:
        self._banks = world.banks
        self._story = story
        self._sending = Sending(world.seed)
        self._reporter = reporter

    def history(self, last_quarter: Quarter, *, is_needed: bool) -> Iterator[Draft]:
        last_day = day_number(last_quarter.last_day)
        month_end = 0
        while month_end < last_day:
            is_opening = month_end == 0
            month = self._next_month()
            month_end = month.last_day
            # Before the books are open there is nothing to send.
            weeks = () if is_opening else WEEK_ENDS
            for day in (*(month.first_day + week - 1 for week in weeks), month_end):
                banks = self._senders(day, last_quarter, is_month_end=day == month_end)
                yield from self._reporter.send(day, banks, is_needed=is_needed)

    def _next_month(self) -> Month:
        month, rows, _, _ = self._story.next_month()
        self._reporter.receive(self._sending.as_sent(month, rows))
        return month

    def _senders(self, day: int, last_quarter: Quarter, *, is_month_end: bool) -> Sequence[int]:
        """Return the banks that send on a day of the history."""
        banks = self._banks
        last_day = day_number(last_quarter.last_day)
        # The silent bank has sent that quarter's first month, the late one all but its last.
        is_silent = day >= day_number(last_quarter.first_day) + 31
        is_late = Month.of_day(day) == Month.of_day(last_day)
        return [
            number
            for number, bank in enumerate(banks.banks)
            if (is_month_end or bank.sends_weekly)
            and not (is_silent and number == banks.silent)
            and not (is_late and number == banks.late)
        ]

    def live(self, last_quarter: Quarter, after: dt.date) -> Iterator[LiveDay]:
        day = day_number(last_quarter.last_day)
        month_end, number = day, 0
        while True:
            day, number = next_business_day(day), number + 1
            while month_end < day:
                month_end = self._next_month().last_day
            banks = [
                bank
                for bank in range(len(self._banks.banks))
                if bank != self._banks.silent and (bank != self._banks.late or number >= LATE_DAYS)
            ]
            is_needed = date_of(day) > after
            drafts = self._reporter.send(day, banks, is_needed=is_needed)
            if is_needed:
                yield LiveDay(date_of(day), drafts)
