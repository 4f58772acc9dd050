"""Watches one worker: counts what it does, and ends it when it stands still though it should not.

Faust has been seen alive and idle after a rebalance; what counts is that offsets advance.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import NoReturn, Self

from infra.clickhouse.connection import StoreError
from infra.clock import SystemClock
from infra.metrics import Metrics
from infra.server_node import ServerNode
from streams.ports import BatchReport, Clock

CHECK_S = 2.0
STANDSTILL_S = 60.0

_LOG = logging.getLogger("puhui.worker")


class StandstillError(RuntimeError):
    """A partition has messages that nobody handles."""


class GenerationSwitchedError(RuntimeError):
    """Readers see another generation now; this worker's is no longer the one to write."""


class WorkerWatch:
    """Hears of everything a worker does. Enter it to begin watching."""

    def __init__(
        self,
        node: ServerNode,
        shown_generation: int | None,
        die: Callable[[BaseException], NoReturn],
        metrics: Metrics | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Watch a worker that writes what readers see, or, with None, another generation."""
        self._node, self._shown_generation, self._die = node, shown_generation, die
        self._metrics, self._clock = metrics or Metrics(), clock or SystemClock()
        self.is_assigned = False  # Until the group has given its share, be it nothing.
        self._lock = threading.Lock()
        self._next_offsets: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._known_ms: dict[int, int] = {}  # What was received until then is stored.
        self._is_waiting_for_store = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def on_assigned(self, next_offsets: Mapping[int, int]) -> None:
        """Hear which partitions are ours now. Also of streams.faust_app.Watcher."""
        with self._lock:
            self._next_offsets = dict(next_offsets)
            self._ends = {}
            self._is_waiting_for_store = False
            self._known_ms = dict.fromkeys(next_offsets, self._clock.now_ms())
        self._metrics.on_assigned(next_offsets)
        self.is_assigned = True
        places = {str(partition): offset for partition, offset in next_offsets.items()}
        _LOG.info("partitions assigned", extra={"next_offsets": places})

    def on_ends(self, ends: Mapping[int, int]) -> None:
        with self._lock:
            self._ends = dict(ends)
        now_ms, lags = self._clock.now_ms(), self.lags()
        with self._lock:
            self._known_ms |= {partition: now_ms for partition, lag in lags.items() if lag == 0}
            known_ms = dict(self._known_ms)
        for partition, lag in lags.items():
            age_s = max(now_ms - known_ms.get(partition, now_ms), 0) / 1000
            self._metrics.on_lag(partition, lag, age_s)

    def on_report(self, report: BatchReport, *, cell_count: int) -> None:
        with self._lock:
            self._next_offsets[report.partition] = report.next_offset
            self._is_waiting_for_store = False
            self._known_ms[report.partition] = report.oldest_received_at_ms
        self._metrics.on_report(report, self._clock.now_ms())
        self._metrics.on_cells(cell_count)
        _LOG.debug(
            "batch stored",
            extra={
                "partition": report.partition,
                "next_offset": report.next_offset,
                "events": report.event_count,
                "cells": cell_count,
            },
        )

    def on_store_retry(self, error: StoreError) -> None:
        with self._lock:
            self._is_waiting_for_store = True
        self._metrics.on_store_retry()
        _LOG.warning("the store is away, asking again: %s", error)

    def has_partition(self, partition: int) -> bool:
        with self._lock:
            return partition in self._next_offsets

    def lags(self) -> dict[int, int]:
        """Return how many messages each of our partitions is behind."""
        with self._lock:
            return {
                partition: max(self._ends[partition] - next_offset, 0)
                for partition, next_offset in self._next_offsets.items()
                if partition in self._ends
            }

    def _watch(self) -> None:
        while not self._stopping.wait(CHECK_S):
            try:
                self._check_progress()
                self._check_generation()
            except StoreError as error:
                _LOG.warning("watching: %s", error)
            except Exception as error:  # noqa: BLE001 - a worker that nobody watches must not go on
                self._die(error)

    def _check_progress(self) -> None:
        if self._is_waiting_for_store:
            return  # That has an end of its own.
        stalled_s = self._metrics.watchdog.stalled_s()
        worst = max(stalled_s, key=lambda partition: stalled_s[partition], default=None)
        if worst is not None and stalled_s[worst] > STANDSTILL_S:
            raise StandstillError(
                f"partition {worst} is {self.lags().get(worst, 0)} messages behind and has not "
                f"advanced for {stalled_s[worst]:.0f} s; the process ends so that it is started "
                "anew"
            )

    def _check_generation(self) -> None:
        shown = self._node.generation
        if self._shown_generation not in {None, shown}:
            raise GenerationSwitchedError(
                f"readers see generation {shown} now, this worker writes "
                f"{self._shown_generation}; the process ends so that it is started anew"
            )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join(CHECK_S)
