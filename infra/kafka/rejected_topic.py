"""Refused events on a topic of their own, for whoever wants to hear of them at once."""

from collections.abc import Mapping
from typing import Any

from kafka import KafkaProducer

from infra.kafka.address import KafkaAddress
from infra.kafka.producer import TIMEOUT_S
from infra.kafka.topics import MESSAGE_BYTES_MAX, told_by


class RejectedTopic:
    """Writes refused events; what is written again after a crash has the same key."""

    def __init__(self, address: KafkaAddress, topic: str, lending_topic: str) -> None:
        self._address, self._topic, self._lending_topic = address, topic, lending_topic
        with told_by(address):
            self._producer = KafkaProducer(
                **address.client_options(),
                enable_idempotence=True,
                acks="all",
                linger_ms=5,
                max_request_size=MESSAGE_BYTES_MAX + 2**16,  # A whole message and its reasons.
            )

    def publish(self, partition: int, rows: Mapping[str, Any]) -> None:
        """Write the rows of one batch, as streams.batch_rows.rejected_rows gives them, and wait.

        The key is the place, topic/partition/offset/position; headers say bank, code, field, found
        and expected; the value is what was sent.
        """
        named = ("bank_id", "event_id", "code", "field", "found", "expected")
        places = zip(rows["offset"].tolist(), rows["position"].tolist(), strict=True)
        with told_by(self._address):
            futures = [
                self._producer.send(
                    self._topic,
                    key=f"{self._lending_topic}/{partition}/{offset}/{position}".encode(),
                    value=rows["raw"][row],
                    headers=[(name, rows[name][row].encode()) for name in named],
                )
                for row, (offset, position) in enumerate(places)
            ]
            self._producer.flush(timeout=TIMEOUT_S)
            for future in futures:
                future.get(timeout=TIMEOUT_S)

    def close(self) -> None:
        self._producer.close(timeout=TIMEOUT_S)
