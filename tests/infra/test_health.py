"""What a process says of itself: over its own small server, and among the pages."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from litestar.testing import TestClient

from infra.clickhouse.connection import StoreError
from infra.health import Health, web_health, worker_health
from infra.health_server import HealthServer
from infra.lane_figures import LaneFigures
from infra.listening import ServerError
from infra.metrics import Metrics
from infra.read_token import with_read_token
from infra.web.app import create_app
from tests.identities import bank_id
from tests.infra.web_client import live_with

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answer(NamedTuple):
    status: int
    kind: str
    body: bytes

    @property
    def reasons(self) -> list[dict[str, str]]:
        return json.loads(self.body)["reasons"]


def ask(server: HealthServer, path: str, method: str = "GET", **headers: str) -> Answer:
    request = urllib.request.Request(server.url + path.lstrip("/"), headers=headers, method=method)
    try:
        with OPENER.open(request, timeout=10) as response:
            return Answer(response.status, response.headers["content-type"], response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers["content-type"], error.read())


class Clock:
    ms = 1_000_000

    def now_ms(self) -> int:
        return self.ms


class Store:
    """Stands for a connection to a server that may be away."""

    is_away = False

    def query(self, sql: str, params: object = None) -> Iterator[object]:
        if self.is_away:
            raise StoreError("clickhouse://puhui@10.0.0.7:9000/puhui: no answer")
        yield sql


class HangingStore(Store):
    """Stands for a server that takes the question and says nothing."""

    def __init__(self) -> None:
        self.question_count = 0
        self.goes_on = threading.Event()

    def query(self, sql: str, params: object = None) -> Iterator[object]:
        self.question_count += 1
        self.goes_on.wait(30)
        yield sql


class Worker:
    """A worker's health with all that can be wrong with it, at hand."""

    def __init__(self) -> None:
        self.clock, self.store = Clock(), Store()
        self.metrics = Metrics(self.clock)
        self.is_assigned = True
        self.health = worker_health(
            self.metrics, self.store, is_assigned=lambda: self.is_assigned, stalled_s_max=60
        )


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def server(worker: Worker) -> Iterator[HealthServer]:
    with HealthServer(worker.health, host="127.0.0.1", port=0) as server:
        yield server


def test_a_worker_that_is_well_says_so(server: HealthServer) -> None:
    for path in ("/healthz", "/readyz"):
        answer = ask(server, path)
        assert (answer.status, json.loads(answer.body)) == (200, {"state": "ok", "reasons": []})


def test_metrics_are_shown_as_prometheus_reads_them(worker: Worker, server: HealthServer) -> None:
    worker.metrics.on_store_retry()
    answer = ask(server, "/metrics")

    assert answer.status == 200
    assert answer.kind.startswith("text/plain; version=0.0.4")
    assert b"puhui_store_retries_total 1.0\n" in answer.body


def test_a_partition_that_does_not_move_makes_a_worker_sick(
    worker: Worker, server: HealthServer
) -> None:
    worker.metrics.on_lag(4, 10, 1.0)
    worker.clock.ms += 60_000
    assert ask(server, "/healthz").status == 200
    worker.clock.ms += 1_000
    answer = ask(server, "/healthz")

    assert answer.status == 503
    (reason,) = answer.reasons
    assert reason["code"] == "stalled"
    assert "分区 4" in reason["zh"]
    assert reason["en"] == "partition 4 is behind and has not moved for 61 s"
    # A restart would help, but it can still do its work for others: it stays ready.
    assert ask(server, "/readyz").status == 200


def test_a_worker_without_partitions_or_store_is_not_ready_but_alive(
    worker: Worker, server: HealthServer
) -> None:
    worker.is_assigned, worker.store.is_away = False, True
    answer = ask(server, "/readyz")

    assert answer.status == 503
    assert [reason["code"] for reason in answer.reasons] == ["not_assigned", "store_away"]
    assert all(reason["zh"] and reason["en"] for reason in answer.reasons)
    assert b"10.0.0.7" not in answer.body  # Where the store is, is for the log.
    assert ask(server, "/healthz").status == 200


def test_a_store_that_hangs_is_away_and_nobody_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infra.health.ANSWER_S", 0.05)
    store = HangingStore()
    health = web_health(Metrics(Clock()), store, lanes_of(store))

    for _ in range(3):
        assert [reason.code for reason in health.ready()] == ["store_away"]
        assert b"puhui_receipts_total" in health.exposition()
    assert store.question_count == 2  # Each question is open, and not put again.
    store.goes_on.set()
    monkeypatch.setattr("infra.health.ANSWER_S", 10)
    assert health.ready() == []
    assert b"puhui_quarantined_lanes 2.0" in health.exposition()


def test_what_is_not_there_and_what_is_not_asked_for(server: HealthServer) -> None:
    assert ask(server, "/nowhere").status == 404
    assert ask(server, "/metrics?x=1").status == 200
    assert ask(server, "/readyz", "HEAD").body == b""
    assert ask(server, "/metrics", "POST").status == 501


def test_a_browser_that_was_led_here_under_another_name_reads_nothing(
    server: HealthServer,
) -> None:
    answer = ask(server, "/metrics", host="rebound.example")

    assert answer.status == 421
    assert b"puhui_" not in answer.body


def test_another_address_than_loopback_needs_a_token(worker: Worker) -> None:
    with pytest.raises(ServerError, match="PUHUI_READ_TOKEN"):
        HealthServer(worker.health, host="0.0.0.0", port=0)


def test_where_there_is_a_token_metrics_need_it_and_health_does_not(worker: Worker) -> None:
    with HealthServer(worker.health, host="0.0.0.0", port=0, read_token="schlüssel") as server:
        assert ask(server, "/metrics").status == 401
        assert ask(server, "/metrics", authorization="Bearer wrong").status == 401
        right = "Bearer schlüssel".encode().decode("latin-1")
        assert ask(server, "/metrics", authorization=right).status == 200
        assert ask(server, "/healthz", host="worker-2:8711").status == 200
        assert ask(server, "/readyz").status == 200


def test_a_port_that_is_taken_is_said(worker: Worker, server: HealthServer) -> None:
    port = int(server.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(ServerError, match="PUHUI_METRICS_PORT"):
        HealthServer(worker.health, host="127.0.0.1", port=port)


def test_a_caller_who_says_nothing_keeps_nobody_else_waiting(server: HealthServer) -> None:
    port = int(server.url.rstrip("/").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)):
        assert ask(server, "/healthz").status == 200


def test_a_closed_server_leaves_its_port_and_no_thread(worker: Worker) -> None:
    with HealthServer(worker.health, host="127.0.0.1", port=0) as server:
        port = int(server.url.rstrip("/").rpartition(":")[2])
    HealthServer(worker.health, host="127.0.0.1", port=port).close()

    assert "health-server" not in {
        thread.name for thread in threading.enumerate() if thread.is_alive()
    }


def lanes_of(store: Store) -> Callable[[], LaneFigures]:
    def read_lanes() -> LaneFigures:
        list(store.query("lanes"))
        return LaneFigures({bank_id(1): (1, 4)}, quarantined_count=2, missing_count=3)

    return read_lanes


def web_client(health: Health | None) -> TestClient:
    app = create_app(live_with(), token="t", is_synthetic=False, health=health)
    return TestClient(app, base_url="http://127.0.0.1:8000")


def test_the_pages_have_the_same_three_addresses() -> None:
    store = Store()
    client = web_client(web_health(Metrics(Clock()), store, lanes_of(store)))

    assert client.get("/healthz").json() == {"state": "ok", "reasons": []}
    assert client.get("/readyz").status_code == 200
    assert "puhui_quarantined_lanes 2.0" in client.get("/metrics").text
    assert "puhui_missing_submissions 3.0" in client.get("/metrics").text
    assert "puhui_receipts_total" in client.get("/metrics").text
    assert client.get("/metrics").headers["content-type"].startswith("text/plain; version=0.0.4")
    store.is_away = True
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert [reason["code"] for reason in answer.json()["reasons"]] == ["store_away"]
    assert "puhui_quarantined_lanes 2.0" in client.get("/metrics").text  # As it was.
    assert client.get("/healthz").status_code == 200


def test_pages_without_health_have_none_of_them() -> None:
    assert web_client(None).get("/healthz").status_code == 404


def test_behind_the_read_token_only_health_is_open() -> None:
    app = create_app(
        live_with(),
        token="t",
        is_synthetic=False,
        health=web_health(Metrics(Clock()), Store(), lanes_of(Store())),
    )
    guarded = with_read_token(app, read_token="secret", command_token="t")
    client = TestClient(guarded, base_url="http://127.0.0.1:8000")

    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.get("/metrics").status_code == 401
    bearer = {"authorization": "Bearer secret"}
    assert client.get("/metrics", headers=bearer).status_code == 200
