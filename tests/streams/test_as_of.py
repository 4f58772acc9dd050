"""As of any moment the figures are those of a system that never heard what came later."""

from typing import Any

import numpy as np
import pytest

from infra.reference_data import load_lpr
from schemas.message import TOPIC_LENDING, Draft
from schemas.results import Results
from streams.as_of import AsOf, LogOf, NothingKnownError, results_as_of
from streams.evaluate import evaluate, read_snapshot
from streams.loop import Loop
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from tests.job import RECEIVED_AT_MS, ListLog
from tests.simulation.world import story

PARTITIONS = 2
LPR = load_lpr()


def log_of(drafts: list[Draft]) -> ListLog:
    """One message a millisecond, over all partitions."""
    return ListLog(drafts, PARTITIONS)


def figures(log: ListLog, store: MemoryStore | None = None) -> Results:
    store = store or MemoryStore()
    pipeline = Pipeline(store, lpr=LPR, log_identity=log.identity, is_log_kept=True)
    Loop(log, pipeline).run_to_end()
    return evaluate(read_snapshot(store), LPR)


def numbers(results: Results) -> list[bytes]:
    """Everything that is computed, as bytes."""
    parts = [results.totals, results.positions, results.presence, *results.growth.values()]
    return [found for part in (*parts, results.new_lending, results.outstanding)
            for found in arrays_of(part)]  # fmt: skip


def arrays_of(part: Any) -> list[bytes]:
    if isinstance(part, np.ndarray):
        return [part.tobytes()]
    if isinstance(part, dict):
        return [found for inner in part.values() for found in arrays_of(inner)]
    if isinstance(part, tuple | list):
        return [found for inner in part for found in arrays_of(inner)]
    names = getattr(type(part), "__slots__", ())
    return [found for name in names for found in arrays_of(getattr(part, name))]


@pytest.mark.parametrize("seed", range(12))
def test_the_figures_of_then_are_those_of_a_world_that_ended_then(seed: int) -> None:
    drafts = story(seed, partitions=PARTITIONS, events=120)
    store = MemoryStore()
    figures(log_of(drafts), store)
    places = LogOf(TOPIC_LENDING, PARTITIONS, None, None)

    for known in (1, len(drafts) // 3, len(drafts) // 2, len(drafts) - 1, len(drafts)):
        found = results_as_of(store, LPR, places, AsOf("then", RECEIVED_AT_MS + known))
        expected = figures(log_of(drafts[:known]))

        assert len(numbers(expected)) > 20
        assert numbers(found) == numbers(expected)
        assert (found.banks, found.reports) == (expected.banks, expected.reports)
        assert sum(found.vector.values()) == known


def test_before_the_first_message_nothing_is_known() -> None:
    store = MemoryStore()
    figures(log_of(story(1, partitions=PARTITIONS)), store)
    places = LogOf(TOPIC_LENDING, PARTITIONS, None, None)

    with pytest.raises(NothingKnownError, match="nothing had been received"):
        results_as_of(store, LPR, places, AsOf("2021-12-19", RECEIVED_AT_MS))
