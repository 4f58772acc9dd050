"""A worker stops where going on would lose or mix something, says what to do, and ends cleanly."""

import datetime as dt
import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kafka import TopicPartition

from infra.kafka.log import KafkaLog
from infra.kafka.topics import admin_of
from infra.services.clickhouse import ClickHouse
from schemas.message import draft_of
from schemas.tables import REJECTED, SUBMISSIONS
from tests.services.worker_world import WorkerProcess, WorkerWorld

pytestmark = pytest.mark.serial

BANK = "91310000XXBANK018C"


@pytest.fixture
def world(kafka_brokers: str, clickhouse_url: str, tmp_path: Path) -> Iterator[WorkerWorld]:
    with closing(WorkerWorld(kafka_brokers, clickhouse_url, tmp_path, partitions=1)) as world:
        yield world


def send(world: WorkerWorld, first: int, last: int, value: bytes = b"") -> None:
    with world.producer() as producer:
        producer.send(
            [
                draft_of(value, bank_id=BANK, seq=seq, complete_to=dt.date(2021, 3, 31))
                for seq in range(first, last + 1)
            ]
        )


def wait_until(condition, limit_s: float = 30) -> float:
    started_s = time.monotonic()
    while not condition():
        assert time.monotonic() - started_s < limit_s
        time.sleep(0.05)
    return time.monotonic() - started_s


def ended(worker: WorkerProcess, limit_s: float = 40) -> int | None:
    wait_until(lambda: not worker.is_running, limit_s)
    return worker.exit_code


def test_told_to_end_it_ends_within_ten_seconds_with_0(world: WorkerWorld) -> None:
    worker = world.start("a")
    send(world, 1, 5)
    wait_until(lambda: world.done() == {0: 5})
    started_s = time.monotonic()

    assert worker.stop() == 0
    assert time.monotonic() - started_s < 10


def partitions_of(worker: WorkerProcess) -> set[str] | None:
    """Return what the worker says it has; None before it has said anything."""
    lines = map(json.loads, worker.log_end(200).splitlines())
    said = [line["next_offsets"] for line in lines if line["message"] == "partitions assigned"]
    return set(said[-1]) if said else None


def test_one_that_is_left_without_a_partition_says_so_and_takes_over_later(
    world: WorkerWorld,
) -> None:
    workers = [world.start("a"), world.start("b")]
    wait_until(lambda: sorted(map(str, map(partitions_of, workers))) == ["set()", "{'0'}"])
    send(world, 1, 5)
    wait_until(lambda: world.done() == {0: 5})

    (holder,) = [worker for worker in workers if partitions_of(worker)]
    holder.kill()
    send(world, 6, 9)

    wait_until(lambda: world.done() == {0: 9})


def test_a_topic_made_anew_is_another_log(world: WorkerWorld) -> None:
    worker = world.start("a")
    send(world, 1, 3)
    wait_until(lambda: world.done() == {0: 3})
    worker.stop()
    with admin_of(world.address) as admin:
        admin.delete_topics([world.topic])
        wait_until(lambda: world.topic not in admin.list_topics())
    world.make_topics()
    send(world, 1, 9)

    worker = world.start("a")

    assert ended(worker) == 78
    assert "Nothing was read" in worker.log_end()
    assert "replay" in worker.log_end()
    assert world.done() == {0: 3}


def test_messages_that_kafka_deleted_unread_are_not_passed_over_unseen(world: WorkerWorld) -> None:
    send(world, 1, 9)
    with admin_of(world.address) as admin:
        admin.delete_records({TopicPartition(world.topic, 0): 4})

    worker = world.start("a")
    assert ended(worker) == 78
    assert "deleted everything before 4" in worker.log_end()

    world.start("a", "--skip-deleted")
    wait_until(lambda: world.done() == {0: 9})
    assert world.store.read(SUBMISSIONS)["offset"].tolist() == [4, 5, 6, 7, 8]


def test_what_is_wrong_is_kept_told_on_its_topic_and_the_worker_goes_on(world: WorkerWorld) -> None:
    world.start("a")
    send(world, 1, 1, b'{"type":"loan_vanished"}\n\xff\xfe\n')
    send(world, 2, 2)
    wait_until(lambda: world.done() == {0: 2})

    assert world.store.read(REJECTED)["code"].to_list() == ["unknown_type", "not_utf8"]
    told = KafkaLog(world.address, world.prefix + "rejected").read(0, 0, messages_max=10)
    assert [one.headers["code"] for one in told] == ["unknown_type", "not_utf8"]
    assert told[0].value == b'{"type":"loan_vanished"}'
    assert told[0].headers["bank_id"] == BANK


@pytest.mark.parametrize(
    ("setting", "address", "who"),
    [
        ("kafka_brokers", "127.0.0.1:9", "Kafka"),
        ("clickhouse_url", "clickhouse://u:s3cret@127.0.0.1:9/x", "ClickHouse"),
    ],
)
def test_one_that_is_missing_is_told_and_the_code_says_try_again(
    world: WorkerWorld, setting: str, address: str, who: str
) -> None:
    worker = world.start("a", store_retry_s="3", **{setting: address})

    assert ended(worker) == 75
    assert f"{who} " in worker.log_end()
    assert "asking again" in worker.log_end() or who == "Kafka"
    assert "cannot be reached" in worker.log_end()
    assert "s3cret" not in worker.log_end()


def test_a_store_that_stays_away_ends_it_and_nothing_is_lost(
    kafka_brokers: str, tmp_path: Path
) -> None:
    server = ClickHouse(tmp_path / "clickhouse")
    url = server.start(ends_with_caller=True)
    with closing(WorkerWorld(kafka_brokers, url, tmp_path, partitions=1)) as world:
        worker = world.start("a", store_retry_s="3")
        send(world, 1, 3)
        wait_until(lambda: world.done() == {0: 3})
        server.stop()
        send(world, 4, 6)

        assert ended(worker) == 75
        assert "asking again" in worker.log_end()
        server.start(ends_with_caller=True)
        world.start("a")
        wait_until(lambda: world.done() == {0: 6})
        assert world.store.read(SUBMISSIONS)["offset"].tolist() == list(range(6))
    server.stop()
