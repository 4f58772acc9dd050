"""The driver without a broker: any Log, one process. Embedded mode, replay and simulation.

It keeps no place of its own: where to read on is what the store's checkpoint says.
"""

from collections.abc import Callable

from schemas.message import Message
from streams.pipeline import Pipeline
from streams.ports import BatchReport, Log

_MESSAGES_MAX = 1_000
# What an event takes on the wire, about: bounds a batch before anything of it is decoded.
_BYTES_AN_EVENT = 256


class LogTooShortError(RuntimeError):
    """The store has handled more messages than the log holds: it is not the same log any more."""

    def __init__(self, partition: int, next_offset: int, end: int) -> None:
        super().__init__(
            f"partition {partition}: the store has handled messages up to offset {next_offset}, "
            f"the log ends at {end}. Nothing was read: new messages would take the places of old "
            "ones and be skipped. Restore the log, or replay it into a new generation"
        )


def _ignore(report: BatchReport) -> None:
    """Count nothing."""


class Loop:
    """Brings the messages of a log to a pipeline, batch by batch."""

    def __init__(self, log: Log, pipeline: Pipeline, *, batch_events_max: int = 50_000) -> None:
        self._log = log
        self._pipeline = pipeline
        self._batch_bytes_max = batch_events_max * _BYTES_AN_EVENT

    def run_to_end(self, on_report: Callable[[BatchReport], None] = _ignore) -> int:
        """Handle everything that is in the log now; return the number of batches.

        Raises LogTooShortError where the log ends before what the store has handled.
        """
        batches = 0
        for partition in self._log.partitions:
            end = self._log.end(partition)
            if self._pipeline.next_offset(partition) > end:
                raise LogTooShortError(partition, self._pipeline.next_offset(partition), end)
            while (offset := self._pipeline.next_offset(partition)) < end:
                messages = self._log.read(partition, offset, messages_max=_MESSAGES_MAX)
                for batch in self._batches([m for m in messages if m.offset < end]):
                    on_report(self._pipeline.handle(batch))
                    batches += 1
        return batches

    def _batches(self, messages: list[Message]) -> list[list[Message]]:
        """Cut messages into batches of a bounded size; each holds at least one."""
        batches: list[list[Message]] = []
        room = 0
        for message in messages:
            if not batches or len(message.value) > room:
                batches.append([])
                room = self._batch_bytes_max
            batches[-1].append(message)
            room -= len(message.value)
        return batches
