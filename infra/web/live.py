"""The newest results, handed from the thread that computes to the pages that show them.

``publish`` is called after a batch, from any thread. Handlers read ``current``, one immutable
snapshot: a page can never see half of a batch. Followers are woken on their own event loop and
get the newest snapshot, at most one message per ``message_gap_s``; what came in between is
skipped, never the newest.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

MESSAGE_GAP_S = 0.25  # Four messages a second are what an eye can follow.
BEAT_S = 10.0  # A silent stream and a dead one look the same: the page is told it is alive.


class LiveSnapshot(NamedTuple):
    """What was known after one batch. Never changed after it is made."""

    sequence: int  # 1, 2, 3… per published snapshot; 0 before the first one.
    results: Any
    extra: Mapping[str, Any]
    published_at_ms: int


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class LiveView:
    """The one place where computing and showing meet."""

    def __init__(
        self,
        *,
        now_ms: Callable[[], int] = _now_ms,
        message_gap_s: float = MESSAGE_GAP_S,
        beat_s: float = BEAT_S,
    ) -> None:
        self._now_ms = now_ms
        self._message_gap_s = message_gap_s
        self._beat_s = beat_s
        self._lock = threading.Lock()
        self._current = LiveSnapshot(0, None, MappingProxyType({}), 0)
        self._is_closed = False
        self._followers: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    @property
    def current(self) -> LiveSnapshot:
        """The newest snapshot; its sequence is 0 and its results None before the first one."""
        return self._current

    def publish(self, results: Any, extra: Mapping[str, Any] | None = None) -> None:
        """Make ``results`` the newest and wake every follower; called from any thread.

        ``results`` and the values in ``extra`` must not be changed afterwards.
        """
        with self._lock:
            self._current = LiveSnapshot(
                self._current.sequence + 1,
                results,
                MappingProxyType(dict(extra or {})),
                self._now_ms(),
            )
            self._wake()

    def close(self) -> None:
        """End every open stream, so that a server can stop; called from any thread."""
        with self._lock:
            self._is_closed = True
            self._wake()

    async def follow(self, seen: int = 0) -> AsyncIterator[LiveSnapshot | None]:
        """Yield the newest snapshot whenever there is one after ``seen``; None as a beat."""
        with self._woken() as woken:
            while not self._is_closed:
                # Cleared before reading: a snapshot published in between sets it again.
                woken.clear()
                snapshot = self._current
                if snapshot.sequence > seen:
                    seen = snapshot.sequence
                    yield snapshot
                    await asyncio.sleep(self._message_gap_s)
                    continue
                try:
                    await asyncio.wait_for(woken.wait(), self._beat_s)
                except TimeoutError:
                    yield None

    @contextlib.contextmanager
    def _woken(self) -> Iterator[asyncio.Event]:
        woken = asyncio.Event()
        with self._lock:
            self._followers[woken] = asyncio.get_running_loop()
        try:
            yield woken
        finally:
            with self._lock:
                del self._followers[woken]

    def _wake(self) -> None:
        for woken, loop in self._followers.items():
            # A loop that was closed without leaving its streams has nobody to wake.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(woken.set)
