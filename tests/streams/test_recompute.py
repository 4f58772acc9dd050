"""Totals computed again from stored events equal the live ones, whatever the live ones went through."""

import numpy as np
import pytest

from infra.reference_data import load_lpr
from schemas.codes import Population
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.tables import CHECKPOINTS, EVENTS, TOTALS
from streams.distinct_borrowers import DistinctBorrowers, read_counted
from streams.memory_store import MemoryStore
from streams.recompute import totals_of_events
from tests.event_stories import random_events, submissions
from tests.job import added_up, run_job, stored
from tests.reference_job import is_member, newest, quarter_of, reference_job
from tests.simulation.world import deadly_run, story


def vector_of(store: MemoryStore) -> dict[int, int]:
    return dict(stored(store, CHECKPOINTS, "partition", "next_offset"))


def recomputed(store: MemoryStore) -> dict:
    rows = totals_of_events(store, load_lpr(), generation=0, vector=vector_of(store))
    again = MemoryStore()
    again.insert(TOTALS, rows)
    return {key: sums for key, sums in added_up(again, TOTALS).items() if any(sums.values())}


def live(store: MemoryStore) -> dict:
    return {key: sums for key, sums in added_up(store, TOTALS).items() if any(sums.values())}


@pytest.mark.parametrize("seed", range(12))
def test_recomputed_totals_equal_the_live_ones_after_deaths(seed: int) -> None:
    store, _ = deadly_run(story(seed), seed)
    assert live(store)
    assert recomputed(store) == live(store)


def test_a_stored_event_that_is_gone_shows_in_the_recomputation() -> None:
    store = run_job(submissions(random_events(3, 200), 3, 1, 1, 20))
    draw = next(row for row in store._rows[EVENTS.name].values() if "loan_disbursed" in row)
    place = next(key for key, row in store._rows[EVENTS.name].items() if row is draw)
    del store._rows[EVENTS.name][place]
    assert recomputed(store) != live(store)


def test_events_behind_the_vector_are_left_out() -> None:
    store = run_job(submissions(random_events(3, 200), 3, 1, 1, 20))
    rows = totals_of_events(store, load_lpr(), generation=0, vector={0: 0})
    assert not np.any(rows["disbursed_minor"])


@pytest.mark.parametrize("seed", range(6))
def test_a_borrower_of_two_banks_counts_once(seed: int) -> None:
    events = random_events(seed, 400, banks=3, borrowers=8)
    store = run_job(submissions(events, seed, 1, 1, 20))
    job = reference_job(events)
    quarter = Quarter(2020, 1)
    q = quarter.ordinal - FIRST_ORDINAL
    assert quarter_of(quarter.last_day) == q
    banks = sorted({bank for bank, *_ in job.cells})
    count = DistinctBorrowers(store, 0)
    counted = read_counted(store, 0, quarter)
    sums, distinct = 0, 0
    for population in (Population.ALL, Population.SMALL_MICRO):
        expected, per_bank = set(), 0
        for bank, borrower in {key[:2] for key in job.cells}:
            profile = newest(job.profiles.get((bank, borrower), {}), q)
            line = newest(job.credit_lines.get((bank, borrower), {}), q)
            level = sum(
                sums["balance"]
                for (b, who, kind, at), sums in job.cells.items()
                if (b, who) == (bank, borrower)
                and at <= q
                and is_member(str(population), kind, q, profile, line)
            )
            if level > 0:
                expected.add(borrower)
                per_bank += 1
        assert count(banks, population, quarter) == len(expected)
        assert counted.borrowers(banks, population) == expected
        assert counted.counts([banks, []], population) == [(per_bank, len(expected)), (0, 0)]
        assert count(banks[:1], population, quarter) <= len(expected)
        sums, distinct = sums + per_bank, distinct + len(expected)
    assert distinct <= sums
