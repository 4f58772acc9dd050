"""Two Faust workers on a real Kafka, killed at random: every message is counted once.

What puhui rests on when it runs with many workers, before anything of puhui: Faust hands over
partitions, a small subclass of its consumer starts where the store is, and the group's own
offsets decide nothing.
"""

import os
import random
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, NoError
from kafka.structs import OffsetAndMetadata

from infra.clickhouse.migrate import migrate
from infra.clickhouse.server import ServerConnection
from infra.clickhouse.store import ClickHouseStore
from schemas.tables import CHECKPOINTS
from tests.conftest import in_database
from tests.services.faust_worker import SESSION_S

pytestmark = pytest.mark.serial

ROOT = Path(__file__).parents[2]
PARTITIONS = 6


class Worker:
    """A worker process; what it says is read as it comes."""

    def __init__(self, name: str, *arguments: str) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.services.faust_worker", *arguments, name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            # Faust paints its terminal, on the same line.
            self.lines.append(re.sub(r"\x1b\[\?\d+[lh]|\x08", "", line).rstrip())

    @property
    def assigned(self) -> set[int]:
        said = [line for line in list(self.lines) if line.startswith("assigned")]
        return {int(word) for word in said[-1].split()[1:]} if said else set()

    def handled(self) -> int:
        return sum(line.startswith("handled") for line in list(self.lines))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()


class World:
    """A topic, a database, workers, and the sums that must come out."""

    def __init__(self, brokers: str, url: str) -> None:
        self.brokers, self.url = brokers, url
        self.topic = f"smoke-{uuid.uuid4().hex}"
        self.expected = dict.fromkeys(range(PARTITIONS), 0)
        self.count = dict.fromkeys(range(PARTITIONS), 0)
        self.workers: list[Worker] = []
        self.admin = KafkaAdminClient(bootstrap_servers=brokers)
        self.admin.create_topics([NewTopic(self.topic, PARTITIONS, 1)])
        self.connection = ServerConnection(url)
        migrate(self.connection, now_ms=0)

    def start(self, name: str) -> Worker:
        self.workers.append(Worker(name, self.brokers, self.topic, self.url))
        return self.workers[-1]

    def produce(self, count: int) -> None:
        producer = KafkaProducer(bootstrap_servers=self.brokers, enable_idempotence=True)
        for number in range(count):
            partition = number % PARTITIONS
            producer.send(self.topic, str(number + 1).encode(), partition=partition)
            self.expected[partition] += number + 1
            self.count[partition] += 1
        producer.flush(timeout=30)
        producer.close()

    def stored(self) -> dict[int, tuple[int, int]]:
        rows = ClickHouseStore(self.connection).read(CHECKPOINTS)
        sums = [int(text) for text in rows["lanes"].to_list()]
        places = zip(rows["next_offset"].tolist(), sums, strict=True)
        return dict(zip(rows["partition"].tolist(), places, strict=True))

    def is_done(self) -> bool:
        wanted = {p: (self.count[p], self.expected[p]) for p in range(PARTITIONS)}
        return self.stored() == wanted

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
        self.connection.execute(f"drop database {self.connection.database}")
        self.connection.close()
        self.admin.close()


@pytest.fixture
def world(kafka_brokers: str, clickhouse_url: str) -> Iterator[World]:
    world = World(kafka_brokers, in_database(clickhouse_url, f"smoke_{os.getpid()}"))
    yield world
    world.close()


def seconds_until(condition: Callable[[], bool], world: World, limit_s: float) -> float:
    started_s = time.monotonic()
    while not condition():
        ended = [w for w in world.workers if w.process.poll() not in {None, -9}]
        last = [line for worker in world.workers for line in worker.lines[-4:]]
        assert not ended, last
        assert time.monotonic() - started_s < limit_s, last
        time.sleep(0.05)
    return time.monotonic() - started_s


def test_killed_workers_lose_nothing_and_count_nothing_twice(world: World) -> None:
    every = set(range(PARTITIONS))
    rng = random.Random(4)
    a, b = world.start("a"), world.start("b")
    joined_s = seconds_until(
        lambda: len(a.assigned) == len(b.assigned) == 3 and a.assigned | b.assigned == every,
        world,
        30,
    )
    world.produce(600)
    seconds_until(lambda: a.handled() > 20 and b.handled() > 20, world, 30)

    time.sleep(rng.uniform(0, 0.3))
    a.kill()
    taken_s = seconds_until(lambda: b.assigned == every, world, 30)
    a = world.start("a")
    again_s = seconds_until(lambda: len(a.assigned) == len(b.assigned) == 3, world, 30)
    world.produce(600)
    seconds_until(lambda: a.handled() > 20, world, 30)
    time.sleep(rng.uniform(0, 0.3))
    b.kill()
    b = world.start("b")  # By its name it is known: nobody waits for the end of its session.
    back_s = seconds_until(lambda: len(b.assigned) == 3, world, 30)
    seconds_until(world.is_done, world, 60)

    print(
        f"both joined after {joined_s:.1f} s; a killed worker's partitions were taken over after "
        f"{taken_s:.1f} s (session timeout {SESSION_S} s); the killed one joined again after "
        f"{again_s:.1f} s; one that was started at once was back after {back_s:.1f} s"
    )
    assert not [line for worker in world.workers for line in worker.lines if "died" in line]


def test_offsets_that_a_group_committed_ahead_skip_nothing(world: World) -> None:
    world.produce(120)
    ahead = {
        TopicPartition(world.topic, partition): OffsetAndMetadata(20, "", -1)
        for partition in range(PARTITIONS)
    }
    seconds_until(lambda: _commit(world, ahead), world, 30)

    worker = world.start("a")
    seconds_until(world.is_done, world, 30)

    firsts = [line for line in worker.lines if re.fullmatch(r"handled \d 0", line)]
    assert len(firsts) == PARTITIONS


def _commit(world: World, offsets: dict[TopicPartition, OffsetAndMetadata]) -> bool:
    """Tell whether the offsets were set; the coordinator of a new group takes a while."""
    try:
        answers = world.admin.alter_group_offsets(world.topic, offsets)
    except KafkaError:
        return False
    return set(answers.values()) == {NoError}
