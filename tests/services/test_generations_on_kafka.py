"""Replay from Kafka, and partitions added by a new topic, with workers and readers all the while."""

import itertools
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from infra.cli import cli
from infra.kafka.address import KafkaAddress
from infra.kafka.log import KafkaLog
from infra.kafka.producer import SubmissionProducer
from infra.kafka.topics import ensure_topics, identity_of
from infra.new_topic import begin_move, copy_on, move_of, show_move, standing
from infra.operations import Operations
from infra.replaying import ReplayRequest, replay
from infra.server_node import ServerNode
from infra.settings import Settings
from schemas.message import (
    CONTENT_NDJSON,
    RECEIVED_HEADER,
    Draft,
    Message,
    draft_of,
    lane_of,
)
from schemas.tables import EVENTS, MESSAGES, READMISSIONS, SUBMISSIONS
from schemas.wire import encode
from streams.copies import copied_place
from streams.digest import state_digest
from streams.evaluate import read_snapshot
from streams.generations import next_offsets
from tests.conftest import in_database
from tests.event_stories import random_events, submissions
from tests.job import stored
from tests.quarantine_stories import kept_out, troubled_story
from tests.schemas.decoding import BANK, draw

pytestmark = pytest.mark.serial

ROOT = Path(__file__).parents[2]
DRAFTS = troubled_story(2)
WORKER = [sys.executable, "-c", "from infra.cli import main; main()", "worker"]


class World:
    """A cluster's topics, a database, and workers."""

    def __init__(self, brokers: str, url: str) -> None:
        prefix = f"gen-{uuid.uuid4().hex[:8]}-"
        database = in_database(url, f"gen_{os.getpid()}_{uuid.uuid4().hex[:8]}")
        self.settings = Settings(
            clickhouse_url=database,
            kafka_brokers=brokers,
            kafka_prefix=prefix,
            kafka_partitions=2,
            metrics_port=0,
        )
        self.address = KafkaAddress.from_settings(self.settings)
        ensure_topics(self.address, self.settings)
        self.node = ServerNode(self.settings)

    @property
    def variables(self) -> dict[str, str]:
        return {
            "PUHUI_CLICKHOUSE_URL": self.settings.clickhouse_url,
            "PUHUI_KAFKA_BROKERS": self.settings.kafka_brokers,
            "PUHUI_KAFKA_PREFIX": self.settings.kafka_prefix,
            "PUHUI_KAFKA_PARTITIONS": "2",
            "PUHUI_METRICS_PORT": "0",
        }

    def send(self, drafts: list[Draft], topic: str = "lending") -> None:
        with SubmissionProducer(self.address, self.settings.kafka_prefix + topic) as producer:
            producer.send(drafts)

    @contextmanager
    def worker(self, generation: int | None = None) -> Iterator[None]:
        which = [] if generation is None else ["--generation", str(generation)]
        process = subprocess.Popen([*WORKER, *which], cwd=ROOT, env=os.environ | self.variables)
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)

    def wait_until_handled(self, count: int, generation: int = 0) -> None:
        wait_until(lambda: sum(next_offsets(self.node.store, generation).values()) >= count)

    def close(self) -> None:
        self.node.connection.execute(f"drop database {self.node.connection.database}")
        self.node.close()


def wait_until(condition: Callable[[], bool], limit_s: float = 60) -> None:
    give_up_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < give_up_s
        time.sleep(0.05)


@pytest.fixture
def world(kafka_brokers: str, clickhouse_url: str) -> Iterator[World]:
    world = World(kafka_brokers, clickhouse_url)
    yield world
    world.close()


def test_replayed_from_kafka_and_from_the_kept_copy_the_state_is_the_live_one(
    world: World,
) -> None:
    world.send(DRAFTS)
    with world.worker():
        world.wait_until_handled(len(DRAFTS))
        of_kafka = replay(world.node, ReplayRequest(source="kafka"))
        of_store = replay(world.node, ReplayRequest(source="store"))
        dealt = replay(world.node, ReplayRequest(source="store", partitions=11))

    for report in (of_kafka, of_store, dealt):
        assert (report.is_equal, report.is_still) == (True, True)
        assert report.message_count == len(DRAFTS)
    live = next_offsets(world.node.store, 0)
    assert next_offsets(world.node.store, of_kafka.generation) == live
    assert next_offsets(world.node.store, of_store.generation) == live
    assert len(stored(world.node.store, READMISSIONS)) % 4 == 0


def test_workers_go_on_from_a_replay_that_readers_were_switched_to(world: World) -> None:
    half = len(DRAFTS) // 2
    world.send(DRAFTS[:half])
    with world.worker():
        world.wait_until_handled(half)
    assert world.node.ingest.generation == 0
    report = replay(world.node, ReplayRequest(source="store", is_shown=True))
    assert world.node.generation == world.node.ingest.generation == report.generation == 1

    world.send(DRAFTS[half:])
    with world.worker():  # It writes what readers see.
        world.wait_until_handled(len(DRAFTS), generation=1)

    again = Operations(world.node).run("replay", {"source": "kafka"})["rows"][0]
    assert (again["is_equal"], again["message_count"]) == (True, len(DRAFTS))
    assert sum(next_offsets(world.node.store, 0).values()) == half


class Reader:
    """Notes which generation and vector readers see."""

    def __init__(self, node: ServerNode) -> None:
        self._node, self._is_stopping = node, threading.Event()
        self.seen: list[tuple[int, tuple[int, ...]]] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while not self._is_stopping.is_set():
            snapshot = read_snapshot(self._node.store)
            self.seen.append((snapshot.generation, tuple(sorted(snapshot.vector))))

    def stop(self) -> None:
        self._is_stopping.set()
        self._thread.join()


def test_partitions_are_added_by_a_new_topic_and_one_switch(world: World) -> None:
    node, late = world.node, 5
    world.send(DRAFTS[: -2 * late])
    with world.worker():
        world.wait_until_handled(len(DRAFTS) - 2 * late)
        move = begin_move(node, 7)
        begun = copy_on(node, move)
        assert (begun.copied_count, begun.partition_count) == (len(DRAFTS) - 2 * late, 7)
        assert copy_on(node, move_of(node, 1)).copied_count == 0, "each is copied once"
        with world.worker(generation=1):
            world.send(DRAFTS[-2 * late : -late])  # Banks know of nothing yet.
            world.wait_until_handled(len(DRAFTS) - late)
            reader = Reader(node)
            shown = show_move(node, move, are_differences_accepted=False)
            wait_until(lambda: reader.seen[-1][0] == 1)
            reader.stop()
            assert (shown.is_equal, shown.is_shown, shown.copied_count) == (True, True, late)
            assert (shown.uncopied_count, shown.behind_count) == (0, 0)

            world.send(DRAFTS[-late:])  # To the old topic, by a bank that did not hear of it.
            wait_until(lambda: standing(node, move).uncopied_count == late)
            assert copy_on(node, move).copied_count == late
            world.wait_until_handled(len(DRAFTS), generation=1)

    assert {generation for generation, _ in reader.seen} == {0, 1}
    assert {vector for generation, vector in reader.seen if generation == 0} == {(0, 1)}
    assert node.topic == move.topic == f"{world.settings.kafka_prefix}lending.g1"
    assert node.producer.identity.topic == move.topic
    check_is_the_whole_story(world)


def test_a_bank_goes_from_one_lane_to_four_with_the_same_switch(world: World) -> None:
    node = world.node
    drafts = submissions(random_events(7, 300), lanes=1, partitions=1)
    banks = {draft.headers["bank"] for draft in drafts}
    many = min(banks)
    world.send(drafts)
    with world.worker():
        world.wait_until_handled(len(drafts))
        move = begin_move(node, 5, {many: 4})
        begun = copy_on(node, move)
        of_many = sum(draft.headers["bank"] == many for draft in drafts)
        assert begun.copied_count == len(drafts) + 3 * of_many
        assert copy_on(node, move).copied_count == 0
        with world.worker(generation=1):
            shown = show_move(node, move, are_differences_accepted=False)
            assert (shown.is_equal, shown.is_shown, shown.uncopied_count) == (True, True, 0)

            # From now on it sends in four lanes, each numbered on.
            event = draw(event_id="after-the-switch-0001", bank_id=many)
            lane = lane_of(event.borrower_id, 4)
            seq = node.numbers.next_seq(many, lane)
            assert seq == of_many + 1
            value = encode([event], CONTENT_NDJSON)
            facts = {"bank_id": many, "seq": seq, "complete_to": None}
            old, new = (
                draft_of(value, lane=lane, lanes=4, **facts),
                draft_of(value, lane=0, lanes=1, **facts),
            )
            world.send([old, new], "lending.g1")
            world.wait_until_handled(begun.copied_count + 2, generation=1)

    told = stored(node.store, SUBMISSIONS, "generation", "seq", "lanes", "outcome", "bank_id")
    latest = sorted(
        (lanes, outcome) for g, n, lanes, outcome, b in told if (g, n, b) == (1, seq, many)
    )
    assert latest == [(1, "refused"), (4, "accepted")]


def check_is_the_whole_story(world: World) -> None:
    """The new generation is what one run over the old topic gives, at the times of the old one."""
    node = world.node
    old = world.settings.kafka_prefix + "lending"
    names = ("topic", "received_at_ms", "value", "headers")
    rows = stored(node.store, MESSAGES, *names)
    times: dict[str, list[Any]] = {}
    for topic, received_at_ms, value, _ in rows:
        times.setdefault(topic, []).append((received_at_ms, value))
    copied = sorted(times[f"{old}.g1"])
    assert set(times[old]) <= set(copied)
    assert len(copied) == len(DRAFTS)
    from_kafka = replay(node, ReplayRequest(source="kafka"))
    assert from_kafka.is_equal
    assert state_digest(node.store, 1) == from_kafka.state_digest


def test_a_bank_cannot_date_its_messages_back(world: World) -> None:
    """What says when a copy was received first means nothing in the topic that banks write to."""
    draft = DRAFTS[0]._replace(headers={**DRAFTS[0].headers, RECEIVED_HEADER: "1"})
    world.send([draft])
    with world.worker():
        world.wait_until_handled(1)

    (received_at_ms,) = [ms for (ms,) in stored(world.node.store, MESSAGES, "received_at_ms")]
    assert received_at_ms > 1_600_000_000_000


def test_a_move_is_begun_with_its_topic_and_its_number(world: World) -> None:
    world.send(DRAFTS[:3])
    move = begin_move(world.node, 4)

    assert identity_of(world.address, move.topic).partitions == 4
    assert standing(world.node, move).uncopied_count == 3
    with pytest.raises(ValueError, match="generation 0: it is written from the first topic"):
        move_of(world.node, 0)
    with pytest.raises(ValueError, match="generation 5: it is written from the first topic"):
        move_of(world.node, 5)


def test_copying_that_breaks_off_goes_on_and_copies_each_message_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.send(DRAFTS)
    move = begin_move(world.node, 5)
    monkeypatch.setattr("infra.new_topic._MESSAGES_AT_ONCE", 9)
    sends = itertools.count(1)
    send = SubmissionProducer.send

    def breaking(producer: SubmissionProducer, drafts: list[Draft]) -> Any:
        # The last piece gets there in part: what has no place in some partitions is not on disk.
        is_last = next(sends) % 3 == 0
        sent = send(producer, drafts[: len(drafts) // 2] if is_last else drafts)
        if is_last:
            raise KeyboardInterrupt
        return sent

    breaks = 0
    with monkeypatch.context() as patched:
        patched.setattr(SubmissionProducer, "send", breaking)
        while True:
            try:
                copy_on(world.node, move)
            except KeyboardInterrupt:
                breaks += 1
            else:
                break

    assert breaks >= 3
    with closing(KafkaLog(world.address, move.topic)) as log:
        copies = [
            copied_place(move.topic, message.headers)
            for partition in log.partitions
            for message in read_all(log, partition)
        ]
    assert len(copies) == len(set(copies)) == len(DRAFTS)


def read_all(log: KafkaLog, partition: int) -> list[Message]:
    messages: list[Message] = []
    while len(messages) < log.end(partition):
        messages += log.read(partition, len(messages), messages_max=1_000)
    return messages


def test_what_was_kept_out_is_released_and_sent_again_through_kafka(world: World) -> None:
    world.send(kept_out(3))
    with world.worker():
        world.wait_until_handled(4)
        operations = Operations(world.node)
        with pytest.raises(ValueError, match="puhui rejected release"):
            operations.run("rejected_replay", {})
        released = operations.run("rejected_release", {"bank_id": BANK, "lane": 0})
        done = operations.run("rejected_replay", {"code": "bank_quarantined"})
        again = operations.run("rejected_replay", {"code": "bank_quarantined"})

    assert released["rows"] == [{"bank_id": BANK, "lane": 0}]
    (counts,) = done["counts"]
    assert (counts["rejected_count"], counts["readmitted_count"]) == (3, 3)
    assert (again["rows"], again["counts"]) == ([], [])
    assert len(stored(world.node.store, EVENTS)) == 3


def puhui(world: World, *words: str) -> Any:
    result = CliRunner().invoke(cli, list(words), env=world.variables)
    return json.loads(result.stdout)["rows"][0] if result.exit_code == 0 else result.output


def test_the_command_begins_a_move_goes_on_with_it_and_looks_at_it(world: World) -> None:
    world.send(DRAFTS[:6])
    begun = puhui(world, "replay", "--from-store", "--partitions", "4", "--to-new-topic", "--json")
    world.send(DRAFTS[6:9])
    seen = puhui(world, "replay", "--check", "--generation", "1", "--json")
    gone_on = puhui(world, "replay", "--to-new-topic", "--generation", "1", "--json")

    names = ("copied_count", "uncopied_count", "behind_count")
    assert [begun[name] for name in ("generation", "partition_count", *names)] == [1, 4, 6, 0, 6]
    assert [seen[name] for name in names] == [0, 3, 6]
    assert [gone_on[name] for name in names] == [3, 0, 9]

    told = puhui(world, "replay", "--to-new-topic", "--show")
    assert "--show comes when workers have filled the generation" in told
    told = puhui(world, "replay", "--to-new-topic")
    assert "begins a move with --partitions N" in told
    told = puhui(world, "replay", "--check")
    assert "generation 0: it is written from the first topic" in told


def test_nothing_is_shown_while_nobody_handles_the_copies(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.new_topic.CATCH_UP_S", 0.5)
    world.send(DRAFTS[:6])
    move = begin_move(world.node, 4)

    with pytest.raises(ValueError, match="Start puhui worker --generation 1, and run this again"):
        show_move(world.node, move, are_differences_accepted=False)

    assert world.node.generation == 0
