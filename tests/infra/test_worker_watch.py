"""A worker that is behind and does not advance is ended; one that has nothing to do is not."""

from typing import NoReturn

import pytest

from infra.clickhouse.server import StoreAwayError
from infra.metrics import Metrics
from infra.worker_watch import GenerationSwitchedError, StandstillError, WorkerWatch
from streams.ports import BatchReport
from tests.infra.test_metrics import shown

REPORT = BatchReport(0, 6, *[0] * 10)


def die(error: BaseException) -> NoReturn:
    raise error


class Node:
    generation = 0


class Clock:
    ms = 1_000_000

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(clock: Clock) -> WorkerWatch:
    watch = WorkerWatch(Node(), 0, die, Metrics(clock), clock)
    watch.on_assigned({0: 5, 1: 0})
    return watch


def test_it_is_behind_by_what_the_topic_holds_more(watch: WorkerWatch) -> None:
    watch.on_ends({0: 9, 1: 0})
    assert watch.lags() == {0: 4, 1: 0}
    watch.on_report(REPORT, cell_count=1)
    assert watch.lags() == {0: 3, 1: 0}


def test_standing_still_while_behind_ends_it(watch: WorkerWatch, clock: Clock) -> None:
    watch.on_ends({0: 9, 1: 0})
    clock.ms += 59_000
    watch._check_progress()
    clock.ms += 2_000
    with pytest.raises(StandstillError, match="partition 0 is 4 messages behind"):
        watch._check_progress()


def test_a_batch_that_is_stored_is_an_advance(watch: WorkerWatch, clock: Clock) -> None:
    watch.on_ends({0: 9, 1: 0})
    clock.ms += 59_000
    watch.on_report(REPORT, cell_count=1)
    clock.ms += 59_000
    watch._check_progress()


def test_having_nothing_to_do_is_no_standstill(watch: WorkerWatch, clock: Clock) -> None:
    watch.on_ends({0: 5, 1: 0})
    clock.ms += 10_000_000
    watch._check_progress()


def test_waiting_for_the_store_has_an_end_of_its_own(watch: WorkerWatch, clock: Clock) -> None:
    watch.on_ends({0: 9, 1: 0})
    watch.on_store_retry(StoreAwayError("away"))
    clock.ms += 100_000
    watch._check_progress()


def test_when_readers_see_another_generation_it_is_started_anew() -> None:
    node = Node()
    watch = WorkerWatch(node, 0, die)
    watch._check_generation()
    node.generation = 1
    with pytest.raises(GenerationSwitchedError, match="generation 1 now, this worker writes 0"):
        watch._check_generation()
    WorkerWatch(node, None, die)._check_generation()


def test_the_metrics_tell_how_old_the_oldest_message_is_that_is_not_stored() -> None:
    clock = Clock()
    metrics = Metrics(clock)
    watch = WorkerWatch(Node(), 0, die, metrics, clock)
    assert not watch.is_assigned
    watch.on_assigned({0: 5})
    assert watch.is_assigned

    def lag(end: int) -> tuple[float, float]:
        watch.on_ends({0: end})
        samples = shown(metrics)
        name = '{partition="0"}'
        return samples["puhui_lag_messages" + name], samples["puhui_lag_seconds" + name]

    assert lag(5) == (0, 0)
    clock.ms += 3_600_000
    assert lag(5) == (0, 0)  # Nothing came: nothing is late.
    clock.ms += 2_000
    assert lag(9) == (4, 2)
    clock.ms += 10_000
    watch.on_report(REPORT._replace(oldest_received_at_ms=clock.ms - 11_500), cell_count=7)
    assert lag(9) == (3, 11.5)
    assert shown(metrics)["puhui_cells_in_memory"] == 7


def test_a_worker_that_takes_an_old_backlog_over_says_how_old_it_is() -> None:
    clock = Clock()
    metrics = Metrics(clock)
    watch = WorkerWatch(Node(), 0, die, metrics, clock)
    watch.on_assigned({0: 5})
    watch.on_report(REPORT._replace(oldest_received_at_ms=clock.ms - 600_000), cell_count=7)
    watch.on_ends({0: 9})

    assert shown(metrics)['puhui_lag_seconds{partition="0"}'] == 600
