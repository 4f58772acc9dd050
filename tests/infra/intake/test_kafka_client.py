"""A bank's program over a real Kafka: every lane in order, never far ahead, and resumed anywhere."""

import datetime as dt
import json
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from infra.cli import cli
from infra.ingest import Outgoing
from infra.intake.client import SendError, SubmissionClient
from infra.intake.refusals import RefusedError
from infra.intake.submitter import KafkaSubmitter
from infra.intake.wiring import intake_of
from infra.kafka.address import KafkaAddress, KafkaAwayError
from infra.kafka.log import KafkaLog
from infra.kafka.numbers import KafkaNumbers, handled_in
from infra.kafka.placing import partition_of
from infra.kafka.producer import Place, SubmissionProducer
from infra.kafka.topics import ensure_topics
from infra.reference_data import load_lpr
from infra.server_node import ServerNode
from infra.services.kafka import Kafka
from infra.settings import Settings
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON, Draft, Message, lane_of
from schemas.tables import EVENTS, SUBMISSIONS
from schemas.wire import encode, event_json
from streams.loop import Loop
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from tests.conftest import in_database
from tests.identities import firm_id
from tests.infra.intake.desk import draft, draws, facts_of
from tests.job import stored
from tests.schemas.decoding import BANK, draw

pytestmark = pytest.mark.serial

LANES = 4


@pytest.fixture
def settings(kafka_brokers: str, tmp_path: Path) -> Settings:
    settings = Settings(
        kafka_brokers=kafka_brokers,
        kafka_prefix=f"intake-{uuid.uuid4().hex[:8]}-",
        kafka_partitions=3,
        data=str(tmp_path),
    )
    ensure_topics(KafkaAddress.from_settings(settings), settings)
    return settings


class Bench:
    """A producer and a reader of one topic."""

    def __init__(self, settings: Settings) -> None:
        self.address, self.topic = (
            KafkaAddress.from_settings(settings),
            settings.kafka_prefix + "lending",
        )
        self.producer = SubmissionProducer(self.address, self.topic)
        self.log = KafkaLog(self.address, self.topic)
        self.store = MemoryStore()
        numbers = KafkaNumbers(
            KafkaLog(self.address, self.topic), lambda: handled_in(self.store, 0)
        )
        self.submitter = KafkaSubmitter(lambda: self.producer, lambda: numbers)

    def messages(self) -> list[Message]:
        found = []
        for partition in self.log.partitions:
            end, at = self.log.end(partition), self.log.beginning(partition)
            while at < end:
                read = self.log.read(partition, at, messages_max=1000)
                found += read
                at = read[-1].offset + 1
        return found

    def seqs(self) -> dict[int, list[int]]:
        """The seqs of every lane, in the order of the log."""
        by_lane: dict[int, list[int]] = {}
        for message in self.messages():
            by_lane.setdefault(int(message.headers["lane"]), []).append(int(message.headers["seq"]))
        return by_lane

    def handle_all(self) -> None:
        """Do what workers do."""
        pipeline = Pipeline(self.store, lpr=load_lpr(), log_identity=self.log.identity)
        Loop(self.log, pipeline).run_to_end(lambda _: None)


@pytest.fixture
def bench(settings: Settings) -> Iterator[Bench]:
    bench = Bench(settings)
    yield bench
    bench.producer.close()
    bench.log.close()


def events(first: int, count: int):
    return [
        draw(event_id=f"kafka-draw-{n:08d}", borrower_id=firm_id(n % 97))
        for n in range(first, first + count)
    ]


@pytest.mark.parametrize("content_type", [CONTENT_NDJSON, CONTENT_ARROW])
def test_every_event_arrives_once_in_its_lane_and_every_lane_is_in_order(
    bench: Bench, content_type: str
) -> None:
    with SubmissionClient(bench.submitter, BANK, lanes=LANES, content_type=content_type) as client:
        client.add_many(events(0, 6000))
        client.add_many(event_json(event) for event in events(6000, 3000))
        client.complete(dt.date(2021, 3, 31))
    bench.handle_all()

    assert sorted(bench.seqs()) == list(range(LANES))
    for lane, seqs in bench.seqs().items():
        assert seqs == list(range(1, len(seqs) + 1)), lane
    for message in bench.messages():
        lane = int(message.headers["lane"])
        assert message.partition == partition_of(BANK, lane, 3)
        assert message.headers["content-type"] == content_type
    assert len(stored(bench.store, EVENTS)) == 9000
    assert {row[0] for row in stored(bench.store, SUBMISSIONS, "outcome")} == {"accepted"}
    last = {int(m.headers["lane"]): m.headers["complete-to"] for m in bench.messages()}
    assert last == dict.fromkeys(range(LANES), "2021-03-31")
    assert lane_of(firm_id(1), LANES) in last


class SlowSubmitter:
    """Lets through what it is told to, and counts what is on its way at once."""

    def __init__(self, real) -> None:
        self.real, self.next_seq = real, real.next_seq
        self.gate = threading.Semaphore(0)
        self.submitted: list[Draft] = []
        self.failing = False

    def submit(self, drafts: Sequence[Draft]) -> list[Place]:
        self.gate.acquire()
        if self.failing:
            raise KafkaAwayError("no broker answers")
        self.submitted += drafts
        return self.real.submit(drafts)


def test_adding_waits_while_too_much_is_not_acknowledged(bench: Bench) -> None:
    slow = SlowSubmitter(bench.submitter)
    client = SubmissionClient(slow, BANK, unacknowledged_max=3)
    added = []

    def add() -> None:
        for event in events(0, 10_000):
            client.add(event)
            added.append(event)

    adding = threading.Thread(target=add, daemon=True)
    adding.start()
    _until(lambda: len(added) == 2999)
    time.sleep(0.3)
    assert len(added) == 2999  # The third submission is full, and its last event waits.

    slow.gate.release()
    _until(lambda: len(added) == 3999)
    time.sleep(0.2)
    assert len(added) == 3999

    slow.gate.release(100)
    adding.join(30)
    client.close()
    assert bench.seqs() == {0: list(range(1, 11))}


def test_a_lone_event_does_not_wait_for_others(bench: Bench) -> None:
    client = SubmissionClient(bench.submitter, BANK, linger_s=0.1)

    client.add(events(0, 1)[0])

    _until(lambda: bench.seqs() == {0: [1]})
    client.close()


def test_a_failed_send_says_what_was_not_acknowledged_and_the_next_client_sends_it(
    bench: Bench,
) -> None:
    """It fails after Kafka has taken the first of them: which is then there twice, and counts once."""
    slow = SlowSubmitter(bench.submitter)
    slow.gate.release(2)
    client = SubmissionClient(slow, BANK, unacknowledged_max=100)
    client.add_many(events(0, 5500))
    _until(lambda: len(slow.submitted) == 2)
    slow.failing = True
    slow.gate.release()

    with pytest.raises(SendError, match="no broker answers") as failed:
        client.flush()
    unacknowledged = failed.value.unacknowledged
    assert [int(one.headers["seq"]) for one in unacknowledged] == [3, 4, 5, 6]
    with pytest.raises(SendError):
        client.close()
    bench.submitter.submit(unacknowledged[:1])  # It had arrived, only its answer had not.

    again = SubmissionClient(bench.submitter, BANK)
    again.resend(unacknowledged)
    again.add_many(events(5500, 10))
    again.close()
    bench.handle_all()

    assert bench.seqs() == {0: [1, 2, 3, 3, 4, 5, 6, 7]}
    assert len(stored(bench.store, EVENTS)) == 5510


def test_numbering_goes_on_behind_what_no_worker_has_seen(bench: Bench) -> None:
    for first in (0, 3000, 6000):
        with SubmissionClient(bench.submitter, BANK, lanes=2) as client:
            client.add_many(events(first, 3000))
        if first == 3000:
            bench.handle_all()
    bench.handle_all()

    for seqs in bench.seqs().values():
        assert seqs == list(range(1, len(seqs) + 1))
    assert len(stored(bench.store, EVENTS)) == 9000


def test_a_broker_that_stops_and_comes_back_costs_nothing(
    kafka_service: Kafka, bench: Bench
) -> None:
    client = SubmissionClient(bench.submitter, BANK, lanes=2)
    client.add_many(events(0, 2500))
    kafka_service.kill()
    client.add_many(events(2500, 1000))
    kafka_service.start(ends_with_caller=True)
    client.add_many(events(3500, 1500))
    client.close()
    bench.handle_all()

    for seqs in bench.seqs().values():
        # A submission whose answer was lost may stand there twice, never behind a later one.
        assert list(dict.fromkeys(seqs)) == sorted(set(seqs)) == list(range(1, max(seqs) + 1))
    assert len(stored(bench.store, EVENTS)) == 5000


def test_the_door_to_kafka_gives_receipts_and_keeps_them_on_the_server(
    settings: Settings, clickhouse_url: str
) -> None:
    url = in_database(clickhouse_url, f"t_intake_{uuid.uuid4().hex[:8]}")
    answers = []
    for _ in range(2):  # Two lives of the process.
        with ServerNode(msgspec.structs.replace(settings, clickhouse_url=url)) as node:
            intake = intake_of(node, settings)
            answers.append(intake.take(draft(1, draws(1, 3))))
            next_seq = intake.next_seq(BANK, 0)

    first, again = answers
    facts = facts_of(first.document)
    assert facts["topic"] == settings.kafka_prefix + "lending"
    assert facts["partition"] == partition_of(BANK, 0, 3)
    assert abs(facts["received_at_ms"] - time.time() * 1000) < 60_000
    assert again.document == first.document
    assert (first.is_known, again.is_known) == (False, True)
    assert next_seq == 2


def test_what_lies_in_the_log_without_a_receipt_is_found_before_any_worker_has_seen_it(
    settings: Settings, clickhouse_url: str
) -> None:
    """Its door died before it could answer, or it was sent straight to Kafka."""
    url = in_database(clickhouse_url, f"t_intake_{uuid.uuid4().hex[:8]}")
    with ServerNode(msgspec.structs.replace(settings, clickhouse_url=url)) as node:
        intake = intake_of(node, settings)
        (place, _) = node.producer.send([draft(1, draws(1, 3)), draft(2, draws(4, 3))])
        with pytest.raises(RefusedError) as refused:
            intake.take(draft(1, draws(7, 3)))
        answer = intake.take(draft(1, draws(1, 3)))

    facts = facts_of(answer.document)
    assert (facts["offset"], facts["received_at_ms"]) == (place.offset, place.received_at_ms)
    assert (refused.value.code, refused.value.facts["next_seq"]) == ("duplicate_seq_conflict", 3)
    log = KafkaLog(KafkaAddress.from_settings(settings), settings.kafka_prefix + "lending")
    assert log.end(place.partition) == 2  # Nothing was sent a second time.
    log.close()


def test_an_import_goes_on_behind_what_a_bank_has_sent_and_no_worker_has_seen(
    settings: Settings, clickhouse_url: str
) -> None:
    """With the same seq its events would be dropped as a conflict."""
    url = in_database(clickhouse_url, f"t_intake_{uuid.uuid4().hex[:8]}")
    with ServerNode(msgspec.structs.replace(settings, clickhouse_url=url)) as node:
        (place,) = node.producer.send([draft(1, draws(1, 3))])
        taken = []
        value = encode(draws(4, 3), CONTENT_NDJSON)
        importing = threading.Thread(
            target=lambda: taken.append(node.ingest.take([Outgoing(BANK, value)])), daemon=True
        )
        importing.start()
        log = KafkaLog(KafkaAddress.from_settings(settings), node.topic)
        _until(lambda: log.end(place.partition) == 2)
        pipeline = Pipeline(node.store, lpr=load_lpr(), log_identity=log.identity)
        Loop(log, pipeline).run_to_end(lambda _: None)
        importing.join(30)
        log.close()

        assert taken[0].messages[0].headers["seq"] == "2"
        assert taken[0].reports[0].stored_count == 3
        assert {row[0] for row in stored(node.store, SUBMISSIONS, "outcome")} == {"accepted"}


def test_a_file_goes_straight_to_kafka_and_again_changes_nothing(
    settings: Settings, clickhouse_url: str, tmp_path: Path
) -> None:
    env = {
        "PUHUI_KAFKA_BROKERS": settings.kafka_brokers,
        "PUHUI_KAFKA_PREFIX": settings.kafka_prefix,
        "PUHUI_CLICKHOUSE_URL": in_database(clickhouse_url, f"t_send_{uuid.uuid4().hex[:8]}"),
        "PUHUI_DATA": str(tmp_path / "data"),
    }
    file = tmp_path / "events.ndjson"
    file.write_bytes(encode(events(0, 2500), CONTENT_NDJSON))
    words = ["send", str(file), "--kafka", "--lanes", "2", "--json"]

    first, again = (CliRunner().invoke(cli, words, env=env) for _ in range(2))

    assert first.exit_code == again.exit_code == 0, first.output + again.output
    rows = [json.loads(result.stdout)["rows"] for result in (first, again)]
    assert {row["state"] for row in rows[0]} == {"received"}
    assert {row["state"] for row in rows[1]} == {"known"}
    assert [row["signature"] for row in rows[0]] == [row["signature"] for row in rows[1]]
    assert sum(row["event_count"] for row in rows[0]) == 2500


def _until(is_so, timeout_s: float = 20) -> None:
    ends_at = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < ends_at, "it never came"
        time.sleep(0.02)
