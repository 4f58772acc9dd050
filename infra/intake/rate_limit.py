"""How much one principal may send: a bucket of requests and one of bytes, refilled all the time.

A bucket may run into debt by one body, whose size is known only when it was read; who comes next
waits until the debt is paid.
"""

import threading
from collections import defaultdict
from typing import NamedTuple

from streams.ports import Clock

BURST_S = 4  # A bucket holds what comes in so many seconds.


class Limits(NamedTuple):
    """What one principal may send, on average."""

    requests_per_s: int
    bytes_per_s: int


class _Bucket:
    def __init__(self, per_s: int, now_ms: int) -> None:
        # In thousandths, so that a millisecond brings a whole number.
        self._per_ms, self._most = per_s, per_s * BURST_S * 1000
        self._left, self._at_ms = self._most, now_ms

    def refill(self, now_ms: int) -> None:
        passed_ms = max(0, now_ms - self._at_ms)
        self._left = min(self._most, self._left + passed_ms * self._per_ms)
        self._at_ms = now_ms

    def take(self, taken_count: int) -> None:
        self._left -= taken_count * 1000

    def wait_ms(self, needed_count: int) -> int:
        """Return how long until so much is there; 0 for now."""
        return max(0, -(-(needed_count * 1000 - self._left) // self._per_ms))


class RateLimit:
    """The buckets of every principal, in this process."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: defaultdict[str, tuple[_Bucket, _Bucket]] = defaultdict(
            lambda: (
                _Bucket(limits.requests_per_s, clock.now_ms()),
                _Bucket(limits.bytes_per_s, clock.now_ms()),
            )
        )

    def admit(self, principal_id: str) -> int:
        """Count a request; return how many seconds it must wait, 0 where it may go on."""
        with self._lock:
            requests, sent_bytes = self._buckets[principal_id]
            for bucket in (requests, sent_bytes):
                bucket.refill(self._clock.now_ms())
            wait_ms = max(requests.wait_ms(1), sent_bytes.wait_ms(0))
            if not wait_ms:
                requests.take(1)
        return -(-wait_ms // 1000)

    def charge(self, principal_id: str, size_bytes: int) -> None:
        """Count the bytes of a body that was read, whatever becomes of it."""
        with self._lock:
            self._buckets[principal_id][1].take(size_bytes)
