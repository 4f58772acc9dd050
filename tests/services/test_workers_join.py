"""A third worker comes and goes under load; offsets that somebody moved decide nothing."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import NoError
from kafka.structs import OffsetAndMetadata

from tests.services.clean_run import check_store, check_topic
from tests.services.killing import told
from tests.services.paced_load import PacedLoad
from tests.services.worker_world import PARTITIONS, WorkerWorld

pytestmark = pytest.mark.serial

PAUSE_MAX_S = 15
SEED = 5


@pytest.fixture
def world(kafka_brokers: str, clickhouse_url: str, tmp_path: Path) -> Iterator[WorkerWorld]:
    world = WorkerWorld(kafka_brokers, clickhouse_url, tmp_path)
    yield world
    world.close()


class Watch:
    """Notes, for each partition, the longest time without a step forward."""

    def __init__(self, world: WorkerWorld) -> None:
        self.longest_s = dict.fromkeys(range(PARTITIONS), 0.0)
        self._world = world
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        moved_s = dict.fromkeys(range(PARTITIONS), time.monotonic())
        before = self._world.done()
        while not self._is_over.wait(0.05):
            now = self._world.done()
            for partition in range(PARTITIONS):
                if now.get(partition, 0) > before.get(partition, 0):
                    moved_s[partition] = time.monotonic()
                still_s = time.monotonic() - moved_s[partition]
                self.longest_s[partition] = max(self.longest_s[partition], still_s)
            before = now


def test_a_worker_that_joins_and_leaves_changes_no_total_and_stops_nobody_for_long(
    world: WorkerWorld,
) -> None:
    drafts = told(SEED, 30_000)
    producer = world.producer()
    load = PacedLoad(producer, drafts, messages_a_second=150)
    workers = [world.start("a"), world.start("b")]
    load.start()
    world.wait_until_ready(workers)
    world.wait_until(lambda: len(world.done()) == PARTITIONS, 30, "every partition under way")

    watch = Watch(world)
    third = world.start("c")
    time.sleep(12)
    assert third.stop() == 0, third.log_end()
    time.sleep(8)
    assert not load.is_over, "the load ended too early to show a pause"
    watch.stop()

    load.finish()
    messages = world.messages()
    world.wait_until(lambda: world.has_done([len(p) for p in messages]), 60, "everything handled")
    producer.close()
    for worker in workers:
        assert worker.stop() == 0, worker.log_end()
    check_topic(drafts, messages)
    check_store(world.store, messages)
    print({partition: round(still_s, 1) for partition, still_s in watch.longest_s.items()})
    assert max(watch.longest_s.values()) <= PAUSE_MAX_S


def test_group_offsets_moved_ahead_by_hand_skip_nothing(world: WorkerWorld) -> None:
    drafts = told(SEED + 1, 6_000)
    half = len(drafts) // 2
    with world.producer() as producer:
        producer.send(drafts[:half])
        worker = world.start("a")
        messages = world.messages()
        world.wait_until(lambda: world.has_done([len(p) for p in messages]), 60, "first half")
        assert worker.stop() == 0, worker.log_end()
        producer.send(drafts[half:])
    messages = world.messages()
    ends = [len(partition) for partition in messages]
    # A member that is known by its name stays in the group until its session ends.
    world.wait_until(lambda: _are_moved(world, ends), 30, "offsets that may be moved")

    worker = world.start("a")
    world.wait_until(lambda: world.has_done([len(p) for p in messages]), 60, "second half")
    assert worker.stop() == 0, worker.log_end()
    check_topic(drafts, messages)
    check_store(world.store, messages)


def _are_moved(world: WorkerWorld, ends: list[int]) -> bool:
    """Commit for the workers' group that everything was handled; tell whether that was let."""
    ahead = {
        TopicPartition(world.topic, partition): OffsetAndMetadata(end, "", -1)
        for partition, end in enumerate(ends)
    }
    admin = KafkaAdminClient(bootstrap_servers=world.settings.kafka_brokers)
    try:
        groups = [group["group_id"] for group in admin.list_groups()]
        (group,) = [group for group in groups if world.prefix in group]
        return set(admin.alter_group_offsets(group, ahead).values()) == {NoError}
    finally:
        admin.close()
