"""A topic as a log for one process to read: replay, reconcile. Implements streams.ports.Log."""

from collections.abc import Sequence
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from infra.kafka.address import KafkaAddress, KafkaAwayError, KafkaError
from infra.kafka.topics import MESSAGE_BYTES_MAX, LogIdentity, identity_of, told_by
from schemas.message import Message
from streams.copies import as_first_received

_POLL_MS = 500
_WAIT_POLLS = 60


class KafkaLog:
    """Reads a topic by place, without a group. Close it in the end."""

    def __init__(self, address: KafkaAddress, topic: str) -> None:
        """Look at the topic; raise KafkaError where the cluster or the topic is not there."""
        self._address = address
        self._identity: LogIdentity = identity_of(address, topic)
        with told_by(address):
            self._consumer = KafkaConsumer(
                **address.client_options(),
                enable_auto_commit=False,
                max_partition_fetch_bytes=MESSAGE_BYTES_MAX,
                fetch_max_bytes=4 * MESSAGE_BYTES_MAX,
                fetch_max_wait_ms=50,
            )
        self._places = {
            partition: TopicPartition(topic, partition) for partition in self.partitions
        }
        self._reading = -1
        self._position = -1
        self._ahead: list[Any] = []  # Fetched and not yet asked for, of ``_reading``.

    @property
    def identity(self) -> str:
        return str(self._identity)

    @property
    def topic(self) -> str:
        return self._identity.topic

    @property
    def partitions(self) -> Sequence[int]:
        return range(self._identity.partitions)

    def end(self, partition: int) -> int:
        with told_by(self._address):
            place = self._places[partition]
            return int(self._consumer.end_offsets([place])[place])

    def beginning(self, partition: int) -> int:
        """Return the oldest offset that the topic still holds."""
        with told_by(self._address):
            place = self._places[partition]
            return int(self._consumer.beginning_offsets([place])[place])

    def read(self, partition: int, offset: int, *, messages_max: int) -> Sequence[Message]:
        """Return messages from ``offset`` on; none at the end."""
        if (partition, offset) != (self._reading, self._position):
            self._seek(partition, offset)
        if not self._ahead:
            self._fetch(partition, offset)
        taken, self._ahead = self._ahead[:messages_max], self._ahead[messages_max:]
        if taken:
            self._position = taken[-1].offset + 1
        return [_message(record) for record in taken]

    def close(self) -> None:
        self._consumer.close()

    def _seek(self, partition: int, offset: int) -> None:
        beginning = self.beginning(partition)
        if offset < beginning:
            raise KafkaError(
                f"Kafka {self._address}: {self._identity.topic}[{partition}] begins at "
                f"{beginning}, offset {offset} was deleted; read what the store has kept "
                "(--from-store)"
            )
        place = self._places[partition]
        self._consumer.assign([place])
        self._consumer.seek(place, offset)
        self._reading, self._position, self._ahead = partition, offset, []

    def _fetch(self, partition: int, offset: int) -> None:
        end = self.end(partition)
        with told_by(self._address):
            for _ in range(_WAIT_POLLS):
                if offset >= end:
                    return
                found = self._consumer.poll(timeout_ms=_POLL_MS, max_records=10_000)
                self._ahead = found.get(self._places[partition], [])
                if self._ahead:
                    return
        raise KafkaAwayError(
            f"Kafka {self._address}: {self._identity.topic}[{partition}] ends at {end}, but "
            f"nothing came from offset {offset} on; look whether its leader is well"
        )


def _message(record: Any) -> Message:
    headers = {name: (text or b"").decode(errors="replace") for name, text in record.headers}
    return as_first_received(
        Message(
            record.topic,
            record.partition,
            record.offset,
            record.timestamp,
            headers,
            record.value or b"",
        )
    )
