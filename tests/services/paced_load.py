"""Submissions sent at a steady pace, as banks do, while something is done to who reads them."""

import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

from infra.kafka.producer import Place, SubmissionProducer
from schemas.message import Draft


class Sent(NamedTuple):
    """A message that the broker has confirmed, and when it was handed to the producer."""

    posted_s: float
    place: Place


class PacedLoad:
    """A thread that posts ``drafts``, ``rate`` a second, until told to hurry."""

    def __init__(
        self, producer: SubmissionProducer, drafts: Sequence[Draft], *, messages_a_second: float
    ) -> None:
        self.sent: list[Sent] = []
        self._producer, self._drafts = producer, drafts
        self._pause_s = 1 / messages_a_second
        self._hurry = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def finish(self, *, hurry: bool = True) -> list[Sent]:
        """Return once everything is confirmed; with ``hurry`` the rest is sent at once."""
        if hurry:
            self._hurry.set()
        self._thread.join()
        if self._fault is not None:
            raise self._fault
        assert len(self.sent) == len(self._drafts)
        return self.sent

    def _run(self) -> None:
        try:
            due_s = time.monotonic()
            for draft in self._drafts:
                due_s += self._pause_s
                self._hurry.wait(max(0.0, due_s - time.monotonic()))
                self._post(draft, time.monotonic())
            self._producer.flush()
        except BaseException as fault:
            self._fault = fault

    def _post(self, draft: Draft, posted_s: float) -> None:
        self._producer.post(draft, lambda place: self.sent.append(Sent(posted_s, place)))


def ends_of(sent: Sequence[Sent], partitions: int) -> list[int]:
    """Return how far each partition must be handled until all that was sent is."""
    ends = [0] * partitions
    for _, place in sent:
        ends[place.partition] = max(ends[place.partition], place.offset + 1)
    return ends
