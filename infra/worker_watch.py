"""Watches one worker: counts what it does, and ends it when it stands still though it should not.

Faust has been seen alive and idle after a rebalance; what counts is that offsets advance.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import NoReturn, Self

from infra.clickhouse.connection import StoreError
from infra.server_node import ServerNode
from streams.ports import BatchReport

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
    ) -> None:
        """Watch a worker that writes what readers see, or, with None, another generation."""
        self._node, self._shown_generation, self._die = node, shown_generation, die
        self._lock = threading.Lock()
        self._next_offsets: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._advanced_s: dict[int, float] = {}
        self._is_waiting_for_store = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def on_assigned(self, next_offsets: Mapping[int, int]) -> None:
        """Hear which partitions are ours now. Also of streams.faust_app.Watcher."""
        now_s = time.monotonic()
        with self._lock:
            self._next_offsets = dict(next_offsets)
            self._ends = {}
            self._advanced_s = dict.fromkeys(next_offsets, now_s)
            self._is_waiting_for_store = False
        places = {str(partition): offset for partition, offset in next_offsets.items()}
        _LOG.info("partitions assigned", extra={"next_offsets": places})

    def on_ends(self, ends: Mapping[int, int]) -> None:
        with self._lock:
            self._ends = dict(ends)

    def on_report(self, report: BatchReport, *, cell_count: int) -> None:
        now_s = time.monotonic()
        with self._lock:
            self._next_offsets[report.partition] = report.next_offset
            self._advanced_s[report.partition] = now_s
            self._is_waiting_for_store = False
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
        _LOG.warning("the store is away, asking again: %s", error)

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
            except (StandstillError, GenerationSwitchedError) as error:
                self._die(error)
            except StoreError as error:
                _LOG.warning("watching: %s", error)

    def _check_progress(self) -> None:
        now_s = time.monotonic()
        lags = self.lags()
        with self._lock:
            if self._is_waiting_for_store:
                return  # That has an end of its own.
            still = {
                partition: now_s - self._advanced_s[partition]
                for partition, lag in lags.items()
                if lag > 0
            }
        worst = max(still, key=lambda partition: still[partition], default=None)
        if worst is not None and still[worst] > STANDSTILL_S:
            raise StandstillError(
                f"partition {worst} is {lags[worst]} messages behind and has not advanced for "
                f"{still[worst]:.0f} s; the process ends so that it is started anew"
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
