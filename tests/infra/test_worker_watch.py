"""A worker that is behind and does not advance is ended; one that has nothing to do is not."""

from typing import NoReturn

import pytest

from infra import worker_watch
from infra.clickhouse.server import StoreAwayError
from infra.worker_watch import GenerationSwitchedError, StandstillError, WorkerWatch
from streams.ports import BatchReport

REPORT = BatchReport(0, 6, *[0] * 10)


def die(error: BaseException) -> NoReturn:
    raise error


class Node:
    generation = 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now_s = [100.0]
    monkeypatch.setattr(worker_watch.time, "monotonic", lambda: now_s[0])
    return now_s


@pytest.fixture
def watch(clock: list[float]) -> WorkerWatch:
    watch = WorkerWatch(Node(), 0, die)
    watch.on_assigned({0: 5, 1: 0})
    return watch


def test_it_is_behind_by_what_the_topic_holds_more(watch: WorkerWatch) -> None:
    watch.on_ends({0: 9, 1: 0})
    assert watch.lags() == {0: 4, 1: 0}
    watch.on_report(REPORT, cell_count=1)
    assert watch.lags() == {0: 3, 1: 0}


def test_standing_still_while_behind_ends_it(watch: WorkerWatch, clock: list[float]) -> None:
    watch.on_ends({0: 9, 1: 0})
    clock[0] += 59
    watch._check_progress()
    clock[0] += 2
    with pytest.raises(StandstillError, match="partition 0 is 4 messages behind"):
        watch._check_progress()


def test_a_batch_that_is_stored_is_an_advance(watch: WorkerWatch, clock: list[float]) -> None:
    watch.on_ends({0: 9, 1: 0})
    clock[0] += 59
    watch.on_report(REPORT, cell_count=1)
    clock[0] += 59
    watch._check_progress()


def test_having_nothing_to_do_is_no_standstill(watch: WorkerWatch, clock: list[float]) -> None:
    watch.on_ends({0: 5, 1: 0})
    clock[0] += 10_000
    watch._check_progress()


def test_waiting_for_the_store_has_an_end_of_its_own(
    watch: WorkerWatch, clock: list[float]
) -> None:
    watch.on_ends({0: 9, 1: 0})
    watch.on_store_retry(StoreAwayError("away"))
    clock[0] += 100
    watch._check_progress()


def test_when_readers_see_another_generation_it_is_started_anew() -> None:
    node = Node()
    watch = WorkerWatch(node, 0, die)
    watch._check_generation()
    node.generation = 1
    with pytest.raises(GenerationSwitchedError, match="generation 1 now, this worker writes 0"):
        watch._check_generation()
    WorkerWatch(node, None, die)._check_generation()
