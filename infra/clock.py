"""The time of the world."""

import time


class SystemClock:
    """Implements streams.ports.Clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000
