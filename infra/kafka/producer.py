"""Writes submissions to Kafka: idempotent, acknowledged by all replicas, each lane in order."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

from kafka import KafkaProducer

from infra.kafka.address import KafkaAddress
from infra.kafka.placing import partition_of
from infra.kafka.topics import MESSAGE_BYTES_MAX, LogIdentity, identity_of, told_by
from schemas.message import Draft, key_of, lane_in

TIMEOUT_S = 60


class Place(NamedTuple):
    """Where a message lies, and when the broker took it in."""

    topic: str
    partition: int
    offset: int
    received_at_ms: int


class SubmissionProducer:
    """A producer for one topic of submissions. Close it, or use ``with``."""

    def __init__(self, address: KafkaAddress, topic: str) -> None:
        """Look at the topic; raise KafkaError where the cluster or the topic is not there."""
        self._address = address
        self.identity: LogIdentity = identity_of(address, topic)
        with told_by(address):
            self._producer = KafkaProducer(
                **address.client_options(),
                enable_idempotence=True,
                acks="all",
                linger_ms=1,
                batch_size=2**20,
                max_request_size=MESSAGE_BYTES_MAX,
                delivery_timeout_ms=TIMEOUT_S * 1_000,
                max_block_ms=TIMEOUT_S * 1_000,
                retries=2**31 - 1,
            )

    def send(self, drafts: Sequence[Draft]) -> list[Place]:
        """Write ``drafts``, each lane in their order, and return once every one is on disk.

        Raises KafkaAwayError when that did not happen in time: some may be there and some not, and
        the same seqs can be sent again.
        """
        with told_by(self._address):
            futures = [self._post(draft) for draft in drafts]
            self._producer.flush(timeout=TIMEOUT_S)
            sent = [future.get(timeout=TIMEOUT_S) for future in futures]
        return [Place(m.topic, m.partition, m.offset, m.timestamp) for m in sent]

    def post(self, draft: Draft, on_sent: Callable[[Place], None]) -> None:
        """Hand one draft over and go on; ``on_sent`` is told its place, in another thread."""
        with told_by(self._address):
            self._post(draft).add_callback(
                lambda m: on_sent(Place(m.topic, m.partition, m.offset, m.timestamp))
            )

    def flush(self) -> None:
        """Return once everything handed over is on disk."""
        with told_by(self._address):
            self._producer.flush(timeout=TIMEOUT_S)

    def _post(self, draft: Draft) -> Any:
        bank_id, lane = lane_in(draft.headers)
        return self._producer.send(
            self.identity.topic,
            value=draft.value,
            key=key_of(bank_id, lane),
            partition=partition_of(bank_id, lane, self.identity.partitions),
            headers=[(name, text.encode()) for name, text in draft.headers.items()],
        )

    def close(self) -> None:
        """Send what is left and let the cluster go."""
        self._producer.close(timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
