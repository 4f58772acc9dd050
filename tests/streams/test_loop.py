"""The driver without a broker: batches of bounded size, and no log that does not fit."""

import pytest

from infra.reference_data import load_lpr
from streams.loop import LogTooShortError, Loop
from streams.memory_store import MemoryStore
from streams.partition_memory import WrongLogError
from streams.pipeline import Pipeline
from tests.event_stories import random_events, submissions
from tests.job import ListLog

DRAFTS = submissions(random_events(1, 120), 1, 1, 1, 5)


def loop_over(store: MemoryStore, log: ListLog, **options) -> Loop:
    return Loop(log, Pipeline(store, lpr=load_lpr(), log_identity=log.identity), **options)


def test_everything_in_the_log_is_handled_in_batches_of_whole_messages() -> None:
    store, log, sizes = MemoryStore(), ListLog(DRAFTS), []
    batches = loop_over(store, log, batch_events_max=20).run_to_end(
        lambda report: sizes.append(report.submission_count)
    )
    assert batches == len(sizes) > 2
    assert sum(sizes) == len(DRAFTS)


def test_a_second_run_has_nothing_to_do() -> None:
    store, log = MemoryStore(), ListLog(DRAFTS)
    loop_over(store, log).run_to_end()
    assert loop_over(store, log).run_to_end() == 0


def test_a_log_that_lost_messages_stops_the_loop() -> None:
    store = MemoryStore()
    loop_over(store, ListLog(DRAFTS)).run_to_end()
    with pytest.raises(LogTooShortError, match=r"up to offset \d+, the log ends at 3"):
        loop_over(store, ListLog(DRAFTS[:3])).run_to_end()


def test_another_log_stops_the_loop() -> None:
    store, other = MemoryStore(), ListLog(DRAFTS)
    loop_over(store, ListLog(DRAFTS)).run_to_end()
    other.identity = "another/lending"
    with pytest.raises(WrongLogError, match="another/lending"):
        loop_over(store, other).run_to_end()
