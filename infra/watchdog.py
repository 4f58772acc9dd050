"""Notices a partition that is behind and does not move, which nothing else would notice.

A worker that hangs still holds its partitions and answers every heartbeat; only the log knows
that nothing happens any more.
"""

import threading
from collections.abc import Collection
from dataclasses import dataclass

from streams.ports import Clock


@dataclass
class _Partition:
    offset: int = -1
    is_behind: bool = False
    moved_at_ms: int = 0  # Since when it stands still, if it does.


class Watchdog:
    """Told of lag and of progress; tells how long each partition has been stuck."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._partitions: dict[int, _Partition] = {}

    def on_assigned(self, partitions: Collection[int]) -> None:
        """Watch these and forget all others: another worker has them now."""
        with self._lock:
            self._partitions = {
                partition: self._partitions.get(partition, _Partition()) for partition in partitions
            }

    def on_lag(self, partition: int, messages: int) -> None:
        with self._lock:
            state = self._partitions.setdefault(partition, _Partition())
            if messages and not state.is_behind:
                # From now: what had nothing to do did not stand still.
                state.moved_at_ms = self._clock.now_ms()
            state.is_behind = messages > 0

    def on_advance(self, partition: int, offset: int, now_ms: int) -> None:
        with self._lock:
            state = self._partitions.setdefault(partition, _Partition())
            if offset != state.offset:
                state.offset, state.moved_at_ms = offset, now_ms

    def stalled_s(self) -> dict[int, float]:
        """Return for each partition how long it is behind without moving; 0.0 where it is not."""
        now_ms = self._clock.now_ms()
        with self._lock:
            return {
                partition: (now_ms - state.moved_at_ms) / 1000 if state.is_behind else 0.0
                for partition, state in self._partitions.items()
            }
