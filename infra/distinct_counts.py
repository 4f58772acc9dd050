"""Distinct borrowers for the pages, counted beside everything else.

Counting reads every account, so it happens in a thread of its own, only when somebody asked,
and while data move not more often than once in ``gap_s`` for a quarter. Whoever asks is
answered at once with the newest count there is, and told which data version it is of.
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from infra.distinct_answers import distinct_rows
from infra.web.distinct import CURRENT, NOTHING, Counted
from infra.web.live import LiveView
from schemas.codes import Population
from schemas.quarter import Quarter
from schemas.results import Results
from streams.distinct_borrowers import read_counted
from streams.ports import Store

_LOG = logging.getLogger(__name__)

GAP_S = 5.0
QUARTERS_KEPT_MAX = 8  # Rows only, a few hundred kB each.


class _Kept(NamedTuple):
    data_version: int
    rows: Mapping[Population, list[dict[str, Any]]]
    done_s: float  # On the clock of time.monotonic.
    is_failed: bool


class DistinctCounts:
    """Counts what was asked for. ``start`` it, and ``stop`` it in the end."""

    def __init__(self, store: Store, live: LiveView, *, gap_s: float = GAP_S) -> None:
        """Count in ``store``, over the banks that the newest results of ``live`` have."""
        self._store, self._live, self._gap_s = store, live, gap_s
        self._turn = threading.Condition()
        self._wanted: dict[str, None] = {}  # Quarters, in the order in which they were asked for.
        self._kept: dict[str, _Kept] = {}
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="distinct-counts", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the count under way and stop."""
        with self._turn:
            self._is_stopping = True
            self._turn.notify()
        if self._thread.is_alive():
            self._thread.join()

    def counted(self, data_version: int, quarter: str, population: str) -> Counted:
        """Return the newest count, and have another made where it is of an older version."""
        with self._turn:
            kept = self._kept.get(quarter)
            is_current = kept is not None and kept.data_version >= data_version
            if not is_current or (kept is not None and kept.is_failed):
                self._wanted[quarter] = None
                self._turn.notify()
        if kept is None:
            return NOTHING
        rows = kept.rows.get(Population(population), [])
        state = "failed" if kept.is_failed else CURRENT if is_current else "counting"
        return Counted(state, kept.data_version, rows)

    def _run(self) -> None:
        while (quarter := self._next_quarter()) is not None:
            results: Results | None = self._live.current.results
            if results is None:
                continue
            kept = self._count(results, quarter)
            with self._turn:
                self._kept.pop(quarter, None)
                self._kept[quarter] = kept
                while len(self._kept) > QUARTERS_KEPT_MAX:
                    del self._kept[next(iter(self._kept))]

    def _count(self, results: Results, quarter: str) -> _Kept:
        rows: Mapping[Population, list[dict[str, Any]]] = {}
        is_failed = False
        try:
            # Read after the results: what came in between may be counted already.
            counted = read_counted(self._store, results.generation, Quarter.parse(quarter))
            rows = distinct_rows(results, counted, Quarter.parse(quarter))
        except Exception:  # noqa: BLE001 - whatever it is, the pages go on without it
            _LOG.exception("distinct borrowers of %s could not be counted", quarter)
            is_failed = True
        return _Kept(results.data_version, rows, time.monotonic(), is_failed)

    def _next_quarter(self) -> str | None:
        """Wait for a quarter whose turn it is; None when it is time to stop."""
        with self._turn:
            while not self._is_stopping:
                waits = {quarter: self._wait_s(quarter) for quarter in self._wanted}
                due = [quarter for quarter, wait_s in waits.items() if wait_s <= 0]
                if due:
                    del self._wanted[due[0]]
                    return due[0]
                self._turn.wait(min(waits.values(), default=None))
        return None

    def _wait_s(self, quarter: str) -> float:
        kept = self._kept.get(quarter)
        return 0.0 if kept is None else kept.done_s + self._gap_s - time.monotonic()
