"""Asks a service that may never answer, and does not wait for ever.

A server that hangs keeps its connections open: who asks it is heard of again after minutes, if
at all. Whoever wants to know whether it answers cannot wait that long.
"""

import threading
from collections.abc import Callable

from infra.clickhouse.connection import StoreError


class _Asking(threading.Thread):
    def __init__(self, ask: Callable[[], None]) -> None:
        super().__init__(name="question", daemon=True)
        self._ask = ask
        self.is_answered = False

    def run(self) -> None:
        try:
            self._ask()
        except StoreError:
            return
        self.is_answered = True


class Question:
    """Asked by any number of threads, it is put once at a time."""

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._asking: _Asking | None = None

    def is_answered(self, *, within_s: float) -> bool:
        """Put the question, unless it is open already; tell whether the answer comes in time."""
        with self._lock:
            if self._asking is None or not self._asking.is_alive():
                self._asking = _Asking(self._ask)
                self._asking.start()
            asking = self._asking
        asking.join(within_s)
        return asking.is_answered
