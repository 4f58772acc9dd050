"""What the banks send of a month: most files once, some wrongly at first and then once more.

The books are the truth; a file that is sent wrongly is always followed by a sound one, unless a
trouble of the demo wants it to stay.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from infra.demo.calendar import Month
from infra.demo.event_rows import Rows
from infra.demo.filings.faults import spoilt, without_late_rows
from infra.demo.filings.month_books import month_books
from infra.demo.filings.places import Places
from infra.demo.filings.tables import TABLES, Filing, Filings
from infra.demo.story import MonthEnd, Story
from infra.demo.telling import World
from infra.imports.pboc.filing_name import FilingName
from infra.imports.pboc.table_spec import spec_of

FLOW_TABLES = ("DWDKFS", "GRDKFS", "PJRZFS")
FIRST_SENT_DAYS = (8, 16)  # After the end of the month; the second is not reached.
SENT_AGAIN_DAYS = (3, 20)  # After the first time.
TABLES_WRONG_MAX = 3  # Of one bank in one month.


class Wrong(StrEnum):
    """What may be wrong with a file that is sent once more."""

    FAULTS = "faults"  # In fields, rows and line ends.
    LATE_ROWS = "late_rows"  # Rows are left out.
    LOG = "log"  # The .log is of another file, so nothing of it counts.
    UNIT_SLIP = "amounts"  # A trouble of the demo: amounts in another unit.


class Resubmission(NamedTuple):
    """A file whose first batch was wrong."""

    name: FilingName
    wrong: Wrong
    is_corrected: bool


class SentFilings:
    """The files of a story in the order of months; nothing is sent of the month of the opening."""

    def __init__(self, story: Story, *, wrong_share: float = 0.0) -> None:
        """Spoil some files of ``wrong_share`` of the months of banks."""
        self._story = story
        self._world: World = story.book.world
        self._wrong_share = wrong_share
        self._filings = Filings(Places(self._world))
        self._number = {bank.bank_id: n for n, bank in enumerate(self._world.banks.banks)}
        self.resubmissions: list[Resubmission] = []

    def of_month(self, end: MonthEnd) -> Iterator[Filing]:
        """Yield what is sent of a month, the batches of a file one after the other."""
        wrong_amounts = self._wrong_amounts(end)
        books = month_books(self._story.book, end)
        for filing in self._filings.of_month(books):
            bank = self._number[filing.name.institution_id]
            if not sends(self._story, bank, end.month):
                continue
            rng = self._rng(end.month, bank)
            sent_day = end.month.last_day + int(rng.integers(*FIRST_SENT_DAYS))
            chosen = _chosen(rng, self._wrong_share)
            sound = filing._replace(sent_day=sent_day)
            slipped = wrong_amounts.get(filing.name)
            if slipped is not None and slipped[0] != filing.content:
                yield from self._slipped(sound, *slipped)
            elif filing.name.table in chosen and filing.content:
                again_day = sent_day + int(rng.integers(*SENT_AGAIN_DAYS))
                yield self._spoilt(sound, chosen[filing.name.table], bank, end.month)
                yield sound._replace(batch=2, sent_day=again_day)
            else:
                yield sound

    def final_rows(self, end: MonthEnd) -> Rows:
        """Return what the files tell in the end, as rows of the story: to be compared with them."""
        rows = end.rows
        for trouble in self._story.troubles:
            if not trouble.corrected_day():
                rows = trouble.first_sent(end.month, rows)
        banks = range(len(self._world.banks.banks))
        sending = [bank for bank in banks if sends(self._story, bank, end.month)]
        final: Rows = rows[np.isin(rows["bank"], sending)]
        return final

    def _rng(self, month: Month, bank: int) -> np.random.Generator:
        return np.random.default_rng([*self._seed(month, bank), 0])

    def _seed(self, month: Month, bank: int) -> list[int]:
        return [self._world.seed, 12, month.year * 12 + month.number, bank]

    def _spoilt(self, sound: Filing, wrong: Wrong, bank: int, month: Month) -> Filing:
        self.resubmissions.append(Resubmission(sound.name, wrong, is_corrected=True))
        seed = [*self._seed(month, bank), 1 + TABLES.index(sound.name.table)]
        if wrong is Wrong.LOG:
            return sound._replace(is_log_wrong=True)
        if wrong is Wrong.LATE_ROWS:
            return sound._replace(content=without_late_rows(seed, sound.content))
        return sound._replace(content=spoilt(seed, spec_of(sound.name.table), sound.content))

    def _slipped(self, sound: Filing, content: bytes, corrected_day: int) -> Iterator[Filing]:
        is_corrected = corrected_day > 0
        self.resubmissions.append(Resubmission(sound.name, Wrong.UNIT_SLIP, is_corrected))
        yield sound._replace(content=content)
        if is_corrected:
            yield sound._replace(batch=2, sent_day=corrected_day)

    def _wrong_amounts(self, end: MonthEnd) -> dict[FilingName, tuple[bytes, int]]:
        """Return the files of flows as troubles have them sent, and when they are corrected."""
        found: dict[FilingName, tuple[bytes, int]] = {}
        for trouble in self._story.troubles:
            rows = trouble.first_sent(end.month, end.rows)
            is_wrong = rows["amount"] != end.rows["amount"]
            if not is_wrong.any():
                continue
            ids = {self._world.banks.banks[bank].bank_id for bank in rows["bank"][is_wrong]}
            books = month_books(self._story.book, end._replace(rows=rows))
            for filing in self._filings.of_month(books, FLOW_TABLES):
                if filing.name.institution_id in ids:
                    found[filing.name] = (filing.content, trouble.corrected_day())
        return found


def sends(story: Story, bank: int, month: Month) -> bool:
    """Return whether a bank sends anything of a month: it is neither silent nor closed."""
    is_silent = any(trouble.is_silent(bank, month.last_day) for trouble in story.troubles)
    return not is_silent and month.last_day <= story.closed_day(bank)


def _chosen(rng: np.random.Generator, wrong_share: float) -> dict[str, Wrong]:
    """Choose which tables of one bank's month are sent wrongly at first, and how."""
    if rng.random() >= wrong_share:
        return {}
    count = int(rng.integers(1, TABLES_WRONG_MAX + 1))
    tables = rng.choice(len(TABLES), count, replace=False).tolist()
    ways = (Wrong.FAULTS, Wrong.FAULTS, Wrong.LATE_ROWS, Wrong.LOG)
    return {TABLES[table]: ways[int(rng.integers(len(ways)))] for table in tables}
