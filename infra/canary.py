"""A message a minute that means nothing, timed from its sending to the moment it can be read.

The whole way is measured as a bank's submission goes it: producer, broker, worker, store, reader.
One worker does it, the one that has partition 0; every time for another lane, so that in a while
every partition is tried.
"""

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from infra.kafka.producer import SubmissionProducer
from schemas.message import CANARY, control_of
from schemas.tables import CHECKPOINTS
from streams.ports import Store

PERIOD_S = 60.0
MISSING_AFTER_S = 30.0
LANES = 64
_POLL_S = 0.01

_LOG = logging.getLogger("puhui.canary")


class Canary:
    """Enter it to begin."""

    def __init__(
        self,
        store: Store,
        producer: SubmissionProducer,
        *,
        generation: int,
        is_ours: Callable[[], bool],
        on_done: Callable[[float], None],
        on_missing: Callable[[], None],
        period_s: float = PERIOD_S,
    ) -> None:
        """Time the way from ``producer`` to ``store``.

        Args:
            store: where it is read.
            producer: of the lending topic.
            generation: which generation is read.
            is_ours: whether it is this process that does it.
            on_done: told the seconds.
            on_missing: told when it could not be sent, or not be read in time.
            period_s: how often.

        """
        self._store, self._producer, self._generation = store, producer, generation
        self._is_ours, self._on_done, self._on_missing = is_ours, on_done, on_missing
        self._period_s = period_s
        self._lane = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="canary", daemon=True)

    def fly(self) -> float | None:
        """Send one and return the seconds until it could be read; None if it could not."""
        self._lane = (self._lane + 1) % LANES
        started_s = time.perf_counter()
        (place,) = self._producer.send([control_of(CANARY, bank_id="canary", lane=self._lane)])
        where: dict[str, int | str] = {
            "generation": self._generation,
            "partition": place.partition,
        }
        while (took_s := time.perf_counter() - started_s) < MISSING_AFTER_S:
            next_offset = self._store.read(CHECKPOINTS, where, columns=("next_offset",))
            if (next_offset["next_offset"] > place.offset).any():
                return took_s
            if self._stopping.wait(_POLL_S):
                return None
        return None

    def _run(self) -> None:
        while not self._stopping.wait(self._period_s):
            if not self._is_ours():
                continue
            try:
                took_s = self.fly()
            except Exception as error:  # noqa: BLE001 - whatever it is, it did not arrive
                _LOG.warning("the canary could not fly: %s", error)
                took_s = None
            if self._stopping.is_set():
                return
            if took_s is None:
                self._on_missing()
            else:
                self._on_done(took_s)

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
        self._thread.join(2)
