"""Is this process alive, is it ready, what does it count: three pages, whoever serves them.

    /healthz   alive: 503 when it is stuck and a restart would help
    /readyz    ready: 503 while it cannot do its work, for reasons of its own or of others
    /metrics   for Prometheus

What they say of a failure names partitions and services, never an address or a password: the
first two pages ask for no token.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import NamedTuple

import msgspec

from infra.clickhouse.connection import Connection
from infra.lane_figures import LaneFigures
from infra.metrics import Metrics
from infra.question import Question

ALIVE_PATH, READY_PATH, METRICS_PATH = "/healthz", "/readyz", "/metrics"
JSON_TYPE = "application/json; charset=utf-8"
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ANSWER_S = 3.0  # Who asks whether we are well gives up after some seconds himself.


class Reason(NamedTuple):
    """Why a process is not well, in both languages."""

    code: str
    zh: str
    en: str


class Health(NamedTuple):
    """What a process can say of itself. No reason means that all is well."""

    alive: Callable[[], Sequence[Reason]]
    ready: Callable[[], Sequence[Reason]]
    exposition: Callable[[], bytes]


class HealthPage(NamedTuple):
    """An answer, whoever sends it."""

    http_status: int
    media_type: str
    body: bytes


NOT_ASSIGNED = Reason(
    "not_assigned",
    "尚未分到分区: 正在加入消费组, 或 Kafka 无法连接",
    "no partitions assigned yet: it is joining the group, or Kafka cannot be reached",
)
STORE_AWAY = Reason(
    "store_away",
    "存储无应答: 请查看 ClickHouse 是否运行, 原因见日志",
    "the store does not answer: look whether ClickHouse runs; the log has the cause",
)


def worker_health(
    metrics: Metrics,
    connection: Connection,
    *,
    is_assigned: Callable[[], bool],
    stalled_s_max: float,
) -> Health:
    """Return the health of a worker.

    Args:
        metrics: its counters, and the watchdog that they feed.
        connection: to the store; asked when somebody asks whether the worker is ready.
        is_assigned: whether the group gave it its partitions, be it none.
        stalled_s_max: how long a partition may be behind without moving. Longer than the store
            is asked again: then the worker ends by itself.

    """
    store_reasons = _store_reasons(connection)

    def alive() -> list[Reason]:
        stalled_s = metrics.watchdog.stalled_s()
        return [_stalled(p, s) for p, s in sorted(stalled_s.items()) if s > stalled_s_max]

    def ready() -> list[Reason]:
        return [*([] if is_assigned() else [NOT_ASSIGNED]), *store_reasons()]

    return Health(alive, ready, metrics.exposition)


def web_health(
    metrics: Metrics, connection: Connection, read_lanes: Callable[[], LaneFigures]
) -> Health:
    """Return the health of a process that shows pages: it lives when it answers at all.

    What the lanes say is read when somebody asks for metrics; while the store is away, the last
    that was known is shown.
    """

    def read() -> None:
        figures = read_lanes()
        metrics.on_recent_events(figures.recent)
        metrics.on_quarantine(figures.quarantined_count)
        metrics.on_gaps(figures.missing_count)

    question = Question(read)

    def exposition() -> bytes:
        question.is_answered(within_s=ANSWER_S)
        return metrics.exposition()

    return Health(lambda: (), _store_reasons(connection), exposition)


def _store_reasons(connection: Connection) -> Callable[[], list[Reason]]:
    def ask() -> None:
        for _ in connection.query("SELECT 1 AS one"):
            pass

    question = Question(ask)
    return lambda: [] if question.is_answered(within_s=ANSWER_S) else [STORE_AWAY]


def _stalled(partition: int, stalled_s: float) -> Reason:
    return Reason(
        "stalled",
        f"分区 {partition} 有积压, 已 {stalled_s:.0f} 秒没有进展",
        f"partition {partition} is behind and has not moved for {stalled_s:.0f} s",
    )


def page_of(health: Health, path: str) -> HealthPage | None:
    """Return what ``path`` shows; None where there is nothing."""
    if path == METRICS_PATH:
        return HealthPage(HTTPStatus.OK, METRICS_TYPE, health.exposition())
    asked = {ALIVE_PATH: health.alive, READY_PATH: health.ready}.get(path)
    if asked is None:
        return None
    reasons = asked()
    body = {
        "state": "failing" if reasons else "ok",
        "reasons": [reason._asdict() for reason in reasons],
    }
    status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
    return HealthPage(status, JSON_TYPE, msgspec.json.encode(body))
