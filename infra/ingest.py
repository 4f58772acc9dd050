"""Takes submissions into the embedded log and through the pipeline, one caller at a time.

Everything that this process receives comes this way: imports, the demo, what is posted. So a
submission gets the next number of its bank's lane, and its sender gets the report of exactly
what it sent.
"""

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from infra.embedded_log import EmbeddedLog
from schemas.message import CONTENT_NDJSON, Draft, Message, draft_of
from streams.loop import Loop
from streams.pipeline import Pipeline
from streams.ports import BatchReport

OnReport = Callable[[BatchReport], None]


class Outgoing(NamedTuple):
    """What a bank sends, without its number. No events and a date says: complete up to there."""

    bank_id: str
    value: bytes
    complete_to: dt.date | None = None
    content_type: str = CONTENT_NDJSON


class Taken(NamedTuple):
    """The places that submissions got, in order, and what became of their events."""

    messages: list[Message]
    reports: list[BatchReport]


class WayIn(Protocol):
    """Takes submissions and tells what became of exactly these."""

    def take(self, outgoing: Sequence[Outgoing]) -> Taken: ...

    def send(self, drafts: Sequence[Draft]) -> Sequence[Message]:
        """Send ``drafts`` as they are; return them with their places once they are handled."""
        ...


class Ingest:
    """The only writer of one process."""

    def __init__(
        self,
        log: EmbeddedLog,
        pipeline: Pipeline,
        loop: Loop,
        *,
        on_report: OnReport = lambda _: None,
        writing: AbstractContextManager[Any] | None = None,
    ) -> None:
        """Bring submissions to ``loop``; whoever holds ``writing`` keeps them out."""
        self._log, self._pipeline, self._loop = log, pipeline, loop
        self._on_report = on_report
        self._lock = writing or threading.Lock()

    def go_on_with(self, pipeline: Pipeline, loop: Loop) -> None:
        """Write another generation from now on. Whoever calls this holds ``writing``."""
        self._pipeline, self._loop = pipeline, loop

    def catch_up(self) -> None:
        """Handle what the log held when this process started."""
        with self._lock:
            self._loop.run_to_end(on_report=self._on_report)

    def take(self, outgoing: Sequence[Outgoing]) -> Taken:
        """Give ``outgoing`` their numbers, append them, return when all has been handled."""
        return self._take(lambda: self._numbered(outgoing))

    def take_drafts(self, drafts: Sequence[Draft]) -> Taken:
        """Do the same for submissions that brought their numbers, without those sent before."""
        return self._take(lambda: [draft for draft in drafts if not self._was_sent(draft)])

    def take_numbered(self, drafts: Sequence[Draft]) -> Taken:
        """Do the same, in whatever order the numbers come: the pipeline drops what is repeated."""
        return self._take(lambda: list(drafts))

    def next_seq(self, bank_id: str, lane: int) -> int:
        """Return the seq after the highest one that was taken of a bank's lane."""
        with self._lock:
            self._loop.run_to_end(on_report=self._on_report)
            return self._pipeline.next_seq(bank_id, lane)

    def send(self, drafts: Sequence[Draft]) -> Sequence[Message]:
        """Append ``drafts`` as they are; see WayIn."""
        return self.take_numbered(drafts).messages

    def _take(self, drafts: Callable[[], list[Draft]]) -> Taken:
        reports: list[BatchReport] = []

        def report(batch: BatchReport) -> None:
            reports.append(batch)
            self._on_report(batch)

        with self._lock:
            # A process that died here left messages behind: they come first, and are not ours.
            self._loop.run_to_end(on_report=self._on_report)
            messages = self._log.append(drafts())
            self._loop.run_to_end(on_report=report)
        return Taken(messages, reports)

    def _numbered(self, outgoing: Sequence[Outgoing]) -> list[Draft]:
        drafts = []
        next_seq: dict[str, int] = {}
        for sent in outgoing:
            seq = next_seq.get(sent.bank_id) or self._pipeline.next_seq(sent.bank_id, 0)
            next_seq[sent.bank_id] = seq + 1
            drafts.append(
                draft_of(
                    sent.value,
                    bank_id=sent.bank_id,
                    seq=seq,
                    complete_to=sent.complete_to,
                    content_type=sent.content_type,
                )
            )
        return drafts

    def _was_sent(self, draft: Draft) -> bool:
        bank_id, lane = draft.headers["bank"], int(draft.headers["lane"])
        return int(draft.headers["seq"]) < self._pipeline.next_seq(bank_id, lane)
