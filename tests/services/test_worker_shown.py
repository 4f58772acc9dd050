"""A worker on a real Kafka and a real ClickHouse: what it shows of itself, and what it logs."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.kafka.address import KafkaAddress
from infra.kafka.producer import SubmissionProducer
from infra.kafka.topics import ensure_topics
from infra.settings import Settings
from schemas.message import CONTENT_NDJSON, Draft, draft_of
from schemas.wire import encode
from tests.conftest import in_database
from tests.schemas.decoding import BANK, draw

pytestmark = pytest.mark.serial

COMMAND = "from infra.cli import main; main()"
PREFIX = f"shown-{os.getpid()}-"
TOKEN = "a-token-that-must-not-be-logged"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PATIENCE_S = 60


class Worker:
    """A worker process, and where it shows itself."""

    def __init__(self, settings: dict[str, str], log: Path) -> None:
        environment = {f"PUHUI_{name.upper()}": text for name, text in settings.items()}
        self.log = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, "worker"],
                env={**os.environ, **environment, "PYTHONPATH": "."},
                stderr=stderr,
            )

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def url(self) -> str:
        for _ in waiting():
            for line in self.lines():
                if found := re.search(r"health at (http://\S+/)", line["message"]):
                    return found[1]
        raise AssertionError(self.log.read_text())

    def ask(self, path: str) -> tuple[int, str]:
        request = urllib.request.Request(
            self.url() + path, headers={"authorization": f"Bearer {TOKEN}"}
        )
        try:
            with OPENER.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def waiting() -> Iterator[None]:
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        yield
        time.sleep(0.2)


@pytest.fixture(scope="module")
def settings(kafka_brokers: str, clickhouse_url: str) -> dict[str, str]:
    return {
        "kafka_brokers": kafka_brokers,
        "kafka_prefix": PREFIX,
        "kafka_partitions": "2",
        "clickhouse_url": in_database(clickhouse_url, f"t_shown_{os.getpid()}"),
        "metrics_port": "0",
        "read_token": TOKEN,
        "log_format": "json",
    }


@pytest.fixture(scope="module")
def address(settings: dict[str, str]) -> KafkaAddress:
    known = Settings.from_env({f"PUHUI_{name.upper()}": text for name, text in settings.items()})
    address = KafkaAddress.from_settings(known)
    ensure_topics(address, known)
    return address


@pytest.fixture(scope="module")
def worker(
    settings: dict[str, str], address: KafkaAddress, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    worker = Worker(settings, tmp_path_factory.mktemp("worker") / "worker.log")
    yield worker
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(20) == 0, worker.log.read_text()


def submission(seq: int) -> Draft:
    events = [draw(event_id=f"event-{seq:04}-{number:05}") for number in range(3)]
    value = encode(events, CONTENT_NDJSON) + b"{}\n"
    return draft_of(value, bank_id=BANK, seq=seq, complete_to=None)


def test_it_becomes_ready_and_counts_what_it_stores(worker: Worker, address: KafkaAddress) -> None:
    with SubmissionProducer(address, f"{PREFIX}lending") as producer:
        producer.send([submission(1), submission(2), submission(2)])
    wanted = [
        'puhui_events_total{outcome="stored"} 6.0',
        'puhui_events_total{outcome="rejected"} 2.0',
        'puhui_submissions_total{outcome="accepted"} 2.0',
        'puhui_submissions_total{outcome="repeated"} 1.0',
        "puhui_assigned_partitions 2.0",
        "puhui_log_partitions 2.0",
        'puhui_lag_messages{partition="0"} 0.0',
        'puhui_stalled_seconds{partition="1"} 0.0',
    ]

    shown = ""
    for _ in waiting():
        status, shown = worker.ask("metrics")
        if status == 200 and all(f"{line}\n" in shown for line in wanted):
            break
    assert [line for line in wanted if f"{line}\n" not in shown] == []
    assert re.search(r"^puhui_batch_apply_seconds_sum 0\.\d*[1-9]", shown, re.MULTILINE)
    assert re.search(r"^puhui_batch_write_seconds_sum 0\.\d*[1-9]", shown, re.MULTILINE)
    assert worker.ask("readyz") == (200, '{"state":"ok","reasons":[]}')
    assert worker.ask("healthz") == (200, '{"state":"ok","reasons":[]}')


def test_every_line_of_its_log_is_an_object_and_none_has_the_token(worker: Worker) -> None:
    worker.url()
    lines = worker.lines()

    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    assert TOKEN not in worker.log.read_text("utf-8")


def test_two_workers_on_one_machine_need_no_ports_chosen_for_them(
    worker: Worker, settings: dict[str, str], tmp_path: Path
) -> None:
    taken = re.search(r":(\d+)/", worker.url())[1]
    second = Worker({**settings, "metrics_port": taken}, tmp_path / "second.log")
    try:
        assert second.url() != worker.url()
        assert any(f"port {taken} is taken" in line["message"] for line in second.lines())
    finally:
        second.process.kill()
        second.process.wait()
