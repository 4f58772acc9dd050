"""The system on a ClickHouse server and Kafka, without a data folder: production's processes."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from infra.clickhouse.migrate import migrate
from infra.clickhouse.server import ServerConnection
from infra.clickhouse.store import ClickHouseStore
from infra.clock import SystemClock
from infra.kafka.address import KafkaAddress
from infra.kafka.ingest import KafkaIngest
from infra.kafka.log import KafkaLog
from infra.kafka.numbers import KafkaNumbers, handled_in
from infra.kafka.placing import partition_of
from infra.kafka.producer import SubmissionProducer
from infra.kafka.topics import identity_of
from infra.settings import Settings
from infra.store_node import StoreNode
from streams.generations import topic_name, topic_number
from streams.ports import Clock, Log
from streams.submissions import PartitionOf


class ServerNode(StoreNode):
    """A connection to the store of a server, brought up to this version."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        """Open the server that is set; raise StoreError when it cannot be used."""
        self.settings = settings
        self.clock = clock or SystemClock()
        self._opening = threading.Lock()
        self._producer: SubmissionProducer | None = None
        self._ingest: KafkaIngest | None = None
        self._numbers: KafkaNumbers | None = None
        connection = ServerConnection(settings.clickhouse_url)
        try:
            self.applied_migrations = migrate(connection, now_ms=self.clock.now_ms())
        except BaseException:
            connection.close()
            raise
        self.server = self.connection = connection
        self.store = ClickHouseStore(connection)

    @property
    def topic(self) -> str:
        number = topic_number(self.store, self.generation)
        return topic_name(number, self.settings.kafka_prefix)

    @property
    def producer(self) -> SubmissionProducer:
        """The way to Kafka, opened at first use: reading figures needs no broker."""
        with self._opening:
            topic = self.topic
            if self._producer is not None and self._producer.identity.topic != topic:
                self._let_kafka_go()  # Readers see another generation now.
            if self._producer is None:
                address = KafkaAddress.from_settings(self.settings)
                self._producer = SubmissionProducer(address, topic)
            return self._producer

    @property
    def numbers(self) -> KafkaNumbers:
        """Which seqs the topic holds, whether or not a worker has seen them."""
        topic = self.producer.identity.topic
        with self._opening:
            if self._numbers is None:
                log = KafkaLog(KafkaAddress.from_settings(self.settings), topic)
                self._numbers = KafkaNumbers(log, lambda: handled_in(self.store, self.generation))
            return self._numbers

    @property
    def ingest(self) -> KafkaIngest:
        producer, numbers = self.producer, self.numbers
        with self._opening:
            generation = self.generation
            if self._ingest is None or self._ingest.generation != generation:
                self._ingest = KafkaIngest(self.store, producer, numbers, generation=generation)
            return self._ingest

    @property
    def partition_count(self) -> int:
        if not self.settings.kafka_brokers:
            return 1
        return identity_of(KafkaAddress.from_settings(self.settings), self.topic).partitions

    @property
    def partition_of(self) -> PartitionOf | None:
        """Where the messages of a lane belong; without Kafka nobody knows among how many."""
        if not self.settings.kafka_brokers:
            return None
        partitions = self.partition_count
        return lambda bank_id, lane: partition_of(bank_id, lane, partitions)

    @contextmanager
    def open_log(self) -> Iterator[Log | None]:
        """Give a reader a consumer of its own: one cannot be used by two threads."""
        if not self.settings.kafka_brokers:
            yield None
            return
        log = KafkaLog(KafkaAddress.from_settings(self.settings), self.topic)
        try:
            yield log
        finally:
            log.close()

    def kept_still(self) -> AbstractContextManager[Any]:
        """Keep nothing out: workers go on. Who needs one moment asks until he finds one."""
        return nullcontext()

    def close(self) -> None:
        """Let Kafka and the store go."""
        self._let_kafka_go()
        super().close()

    def _let_kafka_go(self) -> None:
        if self._producer is not None:
            self._producer.close()
        if self._numbers is not None:
            self._numbers.close()
        self._producer = self._ingest = self._numbers = None
