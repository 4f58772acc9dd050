"""The demo's province: banks, borrowers and all they send, from a seed and nothing else.

No clock, no file, no connection: the same seed gives the same bytes on every machine. What
really happens is told by ``story``; ``history`` and ``live`` are what the banks send of it.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from infra.demo.accounts import make_accounts
from infra.demo.banks import make_banks
from infra.demo.borrowers import make_borrowers
from infra.demo.calendar import Month, date_of, day_number, next_business_day
from infra.demo.planted import Truth, names, plant
from infra.demo.reporting import Reporter
from infra.demo.sending import Sending
from infra.demo.story import Story
from infra.demo.telling import World, registration
from processors.lpr import LprTable
from schemas.event import Event
from schemas.message import CONTENT_NDJSON, Draft
from schemas.quarter import Quarter

WEEK_ENDS = (7, 14, 21)  # Days of the month on which weekly banks send, beside its last.
LATE_DAYS = 6  # A late bank sends a quarter's last month on this business day after it.
LATE_FROM_DAYS = 10  # Of the live demo: so long before the quarter's end it has sent last.


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
        quarters: int = 17,
        first_quarter: str = "2019Q4",
        lanes: int = 1,
        partitions: int = 1,
        content_type: str = CONTENT_NDJSON,
        troubles: Collection[str] | None = None,
    ) -> None:
        """Make the world; ``troubles`` names those to plant, all of them if left out."""
        for name, count in (("banks", banks), ("borrowers", borrowers), ("quarters", quarters)):
            if count < 1:
                raise ValueError(f"{name} of the demo was {count}, expected 1 or more")
        self._lpr = lpr
        first = Quarter.parse(first_quarter)
        # The books open a month before the first that is reported, both in the first quarter.
        self._opening = Month(first.year, 3 * first.number - 1)
        self.last_quarter = first.minus(1 - quarters)
        self._month_count = 3 * quarters - 2
        self._wanted = names() if troubles is None else tuple(troubles)
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

    def story(self) -> Story:
        """Return the story from its beginning: what really happens, month by month."""
        planted = plant(self.world, self._opening, self._month_count, self._wanted)
        return Story(self.world, self._lpr, self._opening, planted)

    def history(self) -> Iterator[Draft]:
        """Yield every submission up to the end of the last quarter, in order of time."""
        run = self._run()
        yield from run.history(self.last_quarter, is_needed=True)
        self._told = run

    def truth(self) -> list[Truth]:
        """Return what was planted in the history; that has been told by then, or is told now."""
        return self._after_history().story.truth()

    def live(self, after: dt.date | None = None) -> Iterator[LiveDay]:
        """Yield the business days after the history, without end.

        ``after``: the last day that was sent already, to go on from there.
        """
        run, self._told = self._after_history(), None
        return run.live(self.last_quarter, self.last_quarter.last_day if after is None else after)

    def _after_history(self) -> "_Run":
        if self._told is None:
            run = self._run()
            for _ in run.history(self.last_quarter, is_needed=False):
                pass
            self._told = run
        return self._told

    def _run(self) -> "_Run":
        reporter = Reporter(self.world, content_type=self._content_type, **self._shape)
        return _Run(self.world, self.story(), reporter)


class _Run:
    """One telling of the story, from its beginning on."""

    def __init__(self, world: World, story: Story, reporter: Reporter) -> None:
        self._seed, self._banks = world.seed, world.banks
        self.story = story
        self._sending = Sending(world.seed, story.troubles)
        self._reporter = reporter

    def history(self, last_quarter: Quarter, *, is_needed: bool) -> Iterator[Draft]:
        last_day = day_number(last_quarter.last_day)
        late = self._banks.late(self._seed, last_quarter)
        month_end = 0
        while month_end < last_day:
            is_opening = month_end == 0
            month = self._next_month()
            month_end = month.last_day
            # Before the books are open there is nothing to send.
            weeks = () if is_opening else WEEK_ENDS
            for day in (*(month.first_day + week - 1 for week in weeks), month_end):
                banks = self._senders(
                    day,
                    late=late if month_end == last_day else -1,
                    is_weekly=day < month_end,
                )
                yield from self._reporter.send(day, banks, is_needed=is_needed)

    def _next_month(self) -> Month:
        month = self.story.next_month()
        self._reporter.receive(self._sending.as_sent(month.month, month.rows))
        return month.month

    def _senders(self, day: int, *, late: int, is_weekly: bool = False) -> Sequence[int]:
        """Return the banks that send on a day, in order."""
        return [
            number
            for number, bank in enumerate(self._banks.banks)
            if (bank.sends_weekly or not is_weekly)
            and number != late
            and not any(trouble.is_silent(number, day) for trouble in self.story.troubles)
            # A bank that is closed only mends what it has sent.
            and (day <= self.story.closed_day(number) or self._reporter.holds(number, day))
        ]

    def _late(self, day: int, quarter: Quarter, number: int) -> int:
        """Return who is late on the ``number``-th business day of a quarter of the live demo."""
        if number < LATE_DAYS:
            return self._banks.late(self._seed, quarter.minus(1))
        is_ending = day > day_number(quarter.last_day) - LATE_FROM_DAYS
        return self._banks.late(self._seed, quarter) if is_ending else -1

    def live(self, last_quarter: Quarter, after: dt.date) -> Iterator[LiveDay]:
        day = month_end = day_number(last_quarter.last_day)
        quarter, number = last_quarter, 0
        while True:
            day, number = next_business_day(day), number + 1
            while month_end < day:
                month_end = self._next_month().last_day
            if Quarter.of_date(date_of(day)) != quarter:
                quarter, number = Quarter.of_date(date_of(day)), 1
            banks = self._senders(day, late=self._late(day, quarter, number))
            is_needed = date_of(day) > after
            drafts = self._reporter.send(day, banks, is_needed=is_needed)
            if is_needed:
                yield LiveDay(date_of(day), drafts)
