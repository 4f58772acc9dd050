"""A partition that is behind and does not move is noticed; one that moves or waits is not."""

import pytest

from infra.watchdog import Watchdog


class Clock:
    ms = 1_000_000

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_behind_and_not_moving_is_stalled(clock: Clock) -> None:
    watchdog = Watchdog(clock)
    watchdog.on_advance(0, 10, clock.ms)
    watchdog.on_lag(0, 5)
    clock.ms += 40_000
    watchdog.on_lag(0, 9)

    assert watchdog.stalled_s() == {0: 40.0}


def test_behind_and_moving_is_not_stalled(clock: Clock) -> None:
    watchdog = Watchdog(clock)
    watchdog.on_lag(0, 5)
    clock.ms += 40_000
    watchdog.on_advance(0, 11, clock.ms)

    assert watchdog.stalled_s() == {0: 0.0}


def test_telling_the_same_offset_again_is_no_progress(clock: Clock) -> None:
    watchdog = Watchdog(clock)
    watchdog.on_advance(0, 11, clock.ms)
    watchdog.on_lag(0, 5)
    clock.ms += 40_000
    watchdog.on_advance(0, 11, clock.ms)

    assert watchdog.stalled_s() == {0: 40.0}


def test_a_partition_with_nothing_to_do_may_rest_for_ever(clock: Clock) -> None:
    watchdog = Watchdog(clock)
    watchdog.on_advance(0, 11, clock.ms)
    watchdog.on_lag(0, 0)
    clock.ms += 86_400_000

    assert watchdog.stalled_s() == {0: 0.0}


def test_a_long_rest_does_not_count_once_there_is_work(clock: Clock) -> None:
    watchdog = Watchdog(clock)
    watchdog.on_advance(0, 11, clock.ms)
    watchdog.on_lag(0, 0)
    clock.ms += 86_400_000
    watchdog.on_lag(0, 1)
    clock.ms += 2_000

    assert watchdog.stalled_s() == {0: 2.0}


def test_what_was_taken_away_is_forgotten_and_begins_anew_when_it_comes_back(clock: Clock) -> None:
    watchdog = Watchdog(clock)
    watchdog.on_lag(0, 5)
    watchdog.on_assigned([1])
    clock.ms += 40_000
    assert watchdog.stalled_s() == {1: 0.0}

    watchdog.on_assigned([0, 1])
    watchdog.on_lag(0, 5)
    assert watchdog.stalled_s() == {0: 0.0, 1: 0.0}
