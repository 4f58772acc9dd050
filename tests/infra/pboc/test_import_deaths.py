"""An import whose process dies between any two rows it writes, and what the next one makes of it."""

import datetime as dt
import itertools
import random
from collections.abc import Callable

import numpy as np
import pytest

from infra.imports.pboc.archive import DONE
from schemas.tables import FILING_EVENTS
from tests.infra.pboc.filings import OTHER_FIRM
from tests.infra.pboc.import_desk import (
    BANK,
    Desk,
    filing,
    fresh_state,
    last_of,
    rejected_codes,
    state_of,
    stock_of,
)
from tests.infra.pboc.month_worlds import World, month_ends, random_batch
from tests.infra.pboc.plain_months import Files
from tests.infra.pboc.test_resubmission import BATCHES, FIRST
from tests.job import stored

AUGUST, SEPTEMBER, OCTOBER = dt.date(2026, 8, 31), dt.date(2026, 9, 30), dt.date(2026, 10, 31)


def dies_after(rows: int) -> Callable[[], bool]:
    """Die once, when so many rows have been written."""
    count = itertools.count()
    return lambda: next(count) == rows


def rows_written(before: Files, files: Files) -> int:
    desk = Desk()
    if before:
        desk.take(before)
    count = itertools.count()
    desk.store.kill = lambda: next(count) < 0
    desk.take(files)
    return next(count)


_DEADLY: Files = {
    **BATCHES["a loan is dearer"],
    **BATCHES["a flow is of another kind"],
}


def test_an_import_that_dies_anywhere_is_finished_by_the_next() -> None:
    """Between any two rows that are written: in the archive, the log, the sums, the ledger."""
    total = rows_written(FIRST, _DEADLY)
    assert total > 60
    wanted = fresh_state(FIRST | _DEADLY)
    first = Desk()
    first.take(FIRST)
    for rows in range(0, total, 2):
        desk = first.copy()
        assert desk.take_with_deaths(_DEADLY, dies_after(rows)) == 1
        assert state_of(desk.store, OCTOBER) == wanted, rows
        assert rejected_codes(desk.store) == []


def test_what_a_dead_process_has_sent_is_counted_as_sent_before() -> None:
    sent_before = set()
    for rows in range(0, rows_written({}, FIRST), 3):
        desk = Desk()
        assert desk.dies(FIRST, dies_after(rows))
        desk.restart()
        reports = desk.take(FIRST).values()
        told = sum(report.told_count - report.unchanged_count for report in reports)
        again = sum(report.duplicate_count for report in reports)
        assert told == again + sum(report.stored_count for report in reports)
        sent_before.add(again + sum(report.unchanged_count for report in reports))
    assert max(sent_before) > 0


@pytest.mark.parametrize("seed", range(3))
def test_an_import_that_dies_often_counts_nothing_twice(seed: int) -> None:
    made = World(200 + seed, 1, month_ends(AUGUST, 2))
    rng, newest = random.Random(seed), dict(made.files)
    desk, deaths = Desk(), 0
    for month in made.months:
        deaths += desk.take_with_deaths(made.of_month(month), lambda: rng.random() < 0.012)
    for _ in range(2):
        batch = random_batch(newest, rng)
        newest |= batch
        deaths += desk.take_with_deaths(batch, lambda: rng.random() < 0.03)
    deaths += desk.take_with_deaths(made.files, lambda: rng.random() < 0.012)
    assert deaths > 2
    assert state_of(desk.store, last_of(newest)) == fresh_state(made.files)
    messages = [
        (*row[:2], position)
        for row in stored(desk.store, FILING_EVENTS, "partition", "offset", "positions")
        for position in np.frombuffer(row[2], "<i4").tolist()
    ]
    assert len(messages) == len(set(messages))  # Every event of the ledger has a place of its own.


def test_a_file_that_was_begun_is_not_done_because_another_was_imported() -> None:
    """It has no report yet, and some of its events may never have been sent."""
    one, customers = (
        stock_of(SEPTEMBER, "100.00"),
        filing("FTYKHX", SEPTEMBER, {"customer_id": OTHER_FIRM}),
    )
    for rows in range(4, rows_written({}, one), 4):
        desk = Desk()
        assert desk.dies(one, dies_after(rows))
        desk.restart()
        desk.take(customers)
        report = desk.take(one)["CLDWDK"]
        assert (report.batch, report.refused_row_count) == (1, 1)
        assert desk.archive.newest(BANK, "CLDWDK", SEPTEMBER).state == DONE
