"""Brings submissions into the log: over Kafka, or into the embedded log of this process.

``submit`` returns when the log has them for good; no worker is waited for.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from infra.ingest import Ingest
from infra.kafka.numbers import KafkaNumbers, Lying
from infra.kafka.producer import Place, SubmissionProducer
from schemas.message import Draft


class Submitter(Protocol):
    """The way into a log."""

    def submit(self, drafts: Sequence[Draft]) -> list[Place]:
        """Return where ``drafts`` lie, once they do.

        After an error some may lie there, and all may be sent again: a seq counts once.
        """
        ...

    def next_seq(self, bank_id: str, lane: int) -> int:
        """Return the seq after the highest one in the log, whether or not a worker has seen it."""
        ...


class Log(Submitter, Protocol):
    """A log that can be looked into."""

    def find(self, bank_id: str, lane: int, seq: int) -> Lying | None:
        """Return what lies under this seq and was not handled yet."""
        ...


class EmbeddedSubmitter:
    """Into the log of this process, and through its pipeline."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    def submit(self, drafts: Sequence[Draft]) -> list[Place]:
        taken = self._ingest.take_numbered(drafts)
        return [
            Place(message.topic, message.partition, message.offset, message.received_at_ms)
            for message in taken.messages
        ]

    def next_seq(self, bank_id: str, lane: int) -> int:
        return self._ingest.next_seq(bank_id, lane)

    def find(self, bank_id: str, lane: int, seq: int) -> None:  # noqa: ARG002
        """Return None: here everything is handled before anybody is answered."""
        return


class KafkaSubmitter:
    """Into Kafka. Safe to use from several threads."""

    def __init__(
        self, producer: Callable[[], SubmissionProducer], numbers: Callable[[], KafkaNumbers]
    ) -> None:
        """Send by ``producer``; both are asked for each time, as the topic may become another."""
        self._producer, self._numbers = producer, numbers

    def submit(self, drafts: Sequence[Draft]) -> list[Place]:
        return self._producer().send(drafts)

    def next_seq(self, bank_id: str, lane: int) -> int:
        return self._numbers().next_seq(bank_id, lane)

    def find(self, bank_id: str, lane: int, seq: int) -> Lying | None:
        return self._numbers().find(bank_id, lane, seq)
