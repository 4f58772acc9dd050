"""A worker in small: Faust over Kafka, its place and its sums in ClickHouse. The victim of a test.

For each partition the store has one row: the next offset, and the sum of the numbers in all
messages before it. Faust brings messages; where it starts is what the store says, whatever the
group committed. A message that is not the next one ends the process before anything is written.
"""

import asyncio
import os
import sys
import tempfile
import traceback
from typing import Any, NoReturn

import aiokafka
import faust
import numpy as np
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from infra.clickhouse.server import ServerConnection
from infra.clickhouse.store import ClickHouseStore
from schemas.tables import CHECKPOINTS
from tests.contracts.store_rows import rows_of

SESSION_S = 6
FETCH_WAIT_MS = 50


class Sums:
    """What the store knows of each partition of a topic."""

    def __init__(self, url: str, topic: str) -> None:
        self._store = ClickHouseStore(ServerConnection(url))
        self._topic = topic
        self.next_offset: dict[int, int] = {}
        self.sum: dict[int, int] = {}

    def load(self, partitions: set[int]) -> dict[int, int]:
        rows = self._store.read(CHECKPOINTS, {"log_identity": self._topic})
        stored = zip(
            rows["partition"].tolist(),
            rows["next_offset"].tolist(),
            rows["lanes"].to_list(),
            strict=True,
        )
        found = {partition: (offset, int(total)) for partition, offset, total in stored}
        for partition in partitions:
            self.next_offset[partition], self.sum[partition] = found.get(partition, (0, 0))
        return {partition: self.next_offset[partition] for partition in partitions}

    def take(self, partition: int, offset: int, number: int) -> str:
        """Add the number of the next message; say what became of it."""
        expected = self.next_offset[partition]
        assert offset <= expected, f"gap in {partition}: {offset} came, {expected} was next"
        if offset < expected:
            return "again"
        self._add(partition, offset, number)
        return "handled"

    def _add(self, partition: int, offset: int, number: int) -> None:
        self.sum[partition] += number
        self.next_offset[partition] = offset + 1
        row = rows_of(
            CHECKPOINTS,
            1,
            partition=np.array([partition]),
            next_offset=np.array([offset + 1]),
            version=np.array([offset + 1]),
            log_identity=self._topic,
            lanes=str(self.sum[partition]),
        )
        self._store.insert(CHECKPOINTS, row)


class QuickThread(driver.AIOKafkaConsumerThread):
    """Faust waits 1.5 s for a fetch to fill and has no setting for it."""

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


class StoreConsumer(driver.Consumer):
    """Starts where the store is, not where the group has committed."""

    sums: Sums

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return QuickThread(self, loop=self.loop, beacon=self.beacon)

    async def seek_to_committed(self) -> dict[TP, int]:
        mine = {place.partition: place for place in self.assignment()}
        loaded = await asyncio.to_thread(self.sums.load, set(mine))
        offsets = {mine[partition]: offset for partition, offset in loaded.items()}
        await self.seek_wait(offsets)
        say("assigned", *sorted(mine))
        return offsets


class StoreTransport(driver.Transport):
    Consumer = StoreConsumer


def say(*words: object) -> None:
    # Not print: Faust takes that for its log.
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def die(reason: str) -> NoReturn:
    say("died", reason)
    os._exit(3)


def make_app(brokers: str, topic_name: str, url: str, name: str) -> faust.App:
    app = faust.App(
        topic_name,  # The group: one of its own, as the topic.
        broker=f"kafka://{brokers}",
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="puhui-faust-"),  # Else Faust makes one where it stands.
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=1,
        consumer_group_instance_id=name,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=0.5,
        stream_buffer_maxsize=16,
    )
    sums = Sums(url, topic_name)
    StoreConsumer.sums = sums
    app.transport = StoreTransport(app.conf.broker_consumer, app)
    topic = app.topic(topic_name, value_type=bytes, value_serializer="raw")

    @app.agent(topic, concurrency=1)
    async def add(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            try:
                # In a thread, so that a slow insert never delays the heartbeat.
                said = await asyncio.to_thread(
                    sums.take, message.partition, message.offset, int(message.value)
                )
            except BaseException:
                die(traceback.format_exc().replace("\n", "|"))
            say(said, message.partition, message.offset)

    return app


if __name__ == "__main__":
    faust.Worker(make_app(*sys.argv[1:]), loglevel="warning").execute_from_commandline()
