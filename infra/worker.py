"""One worker: takes partitions of the lending topic over, and keeps in ClickHouse what they say.

Where anything happens that was not foreseen, the process ends at once and somebody starts it
again: what is stored is whole between any two rows, so that is always safe.
"""

import logging
import os
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn, TypeVar

from infra.canary import Canary
from infra.clickhouse.patient import PatientStore
from infra.clickhouse.server import StoreAwayError
from infra.health import Health, worker_health
from infra.health_server import HealthServer
from infra.kafka.address import KafkaAddress, KafkaAwayError, KafkaError
from infra.kafka.log import KafkaLog
from infra.kafka.placing import partition_of
from infra.kafka.producer import SubmissionProducer
from infra.kafka.rejected_topic import RejectedTopic
from infra.kafka.topics import TOPIC_REJECTED
from infra.listening import PortTakenError
from infra.metrics import Metrics
from infra.server_node import ServerNode
from infra.settings import Settings
from infra.worker_watch import WorkerWatch
from schemas.message import Message
from schemas.tables import CHECKPOINTS
from streams.faust_app import Broker, FaustCrashedError, build_app, run_app
from streams.future import FUTURE_DAYS_MAX
from streams.generations import shown_generation, topic_name, topic_number
from streams.loop import LogTooShortError
from streams.partition_memory import WrongLogError
from streams.pipeline import Pipeline
from streams.stages import Stage

EXIT_UNFORESEEN, EXIT_AWAY, EXIT_WRONG_LOG = 70, 75, 78
END_WITHIN_S = 9
STALLED_GRACE_S = 60  # Longer than the store is asked again: what stands still then, hangs.
ASK_AGAIN_S = 2.0
_BYTES_AN_EVENT = 256

_Reached = TypeVar("_Reached")

_LOG = logging.getLogger("puhui.worker")


class LogForgotError(RuntimeError):
    """Kafka has deleted messages before they were handled."""

    def __init__(self, topic: str, partition: int, next_offset: int, beginning: int) -> None:
        super().__init__(
            f"{topic}[{partition}]: the store comes to offset {next_offset}, but Kafka has deleted "
            f"everything before {beginning}. Nothing was read. Have the banks of this partition "
            "send what is missing again (puhui gaps names it), then start once with --skip-deleted"
        )


class LendingDesk:
    """Handles the messages of the partitions that this worker has; see streams.belt.Desk."""

    def __init__(
        self,
        node: ServerNode,
        log: KafkaLog,
        rejected: RejectedTopic,
        watch: WorkerWatch,
        settings: Settings,
        *,
        generation: int,
        is_deleted_skipped: bool = False,
    ) -> None:
        self._node, self._log, self._watch = node, log, watch
        self._is_deleted_skipped = is_deleted_skipped
        self._generation = generation
        self._patience_s = settings.store_retry_s
        self._store = PatientStore(
            node.store, patience_s=settings.store_retry_s, on_retry=watch.on_store_retry
        )
        partitions = len(log.partitions)
        self._pipeline = Pipeline(
            self._store,
            lpr=node.lpr,
            generation=generation,
            log_identity=log.identity,
            future_days_max=FUTURE_DAYS_MAX,
            partition_of=lambda bank_id, lane: partition_of(bank_id, lane, partitions),
            is_log_kept=True,
            on_rejected=rejected.publish,
            stopwatch=time.perf_counter,
        )
        self._next_offsets: dict[int, int] = {}

    def start(self, partitions: Sequence[int]) -> Mapping[int, int]:
        """Take over ``partitions``; raise where the log is not the one the store knows."""
        give_up_s = time.monotonic() + self._patience_s
        while True:
            try:
                self._next_offsets = self._taken_over(partitions)
            except StoreAwayError as error:
                # Half way through reading what is known: from the beginning, while there is time.
                if time.monotonic() + ASK_AGAIN_S > give_up_s:
                    raise
                self._watch.on_store_retry(error)
                time.sleep(ASK_AGAIN_S)
            else:
                return dict(self._next_offsets)

    def _taken_over(self, partitions: Sequence[int]) -> dict[int, int]:
        for gone in set(self._next_offsets) - set(partitions):
            self._pipeline.close(gone)
        # What a dead worker sent is written after its death.
        self._node.server.wait_for_inserts()
        stored = self._stored_offsets()
        next_offsets = {}
        for partition in partitions:
            if stored.get(partition, 0) != self._next_offsets.get(partition, -1):
                self._pipeline.close(partition)  # Another worker had it meanwhile.
            next_offsets[partition] = self._begin_at(partition)
        return next_offsets

    def _stored_offsets(self) -> dict[int, int]:
        where = {"generation": self._generation}
        rows = self._store.read(CHECKPOINTS, where, columns=("partition", "next_offset"))
        return dict(zip(rows["partition"].tolist(), rows["next_offset"].tolist(), strict=True))

    def _begin_at(self, partition: int) -> int:
        next_offset = self._pipeline.next_offset(partition)
        beginning, end = self._log.beginning(partition), self._log.end(partition)
        if next_offset > end:
            raise LogTooShortError(partition, next_offset, end)
        if next_offset < beginning:
            if not self._is_deleted_skipped:
                raise LogForgotError(self._log.topic, partition, next_offset, beginning)
            _LOG.warning(
                "deleted messages are skipped",
                extra={"partition": partition, "first": next_offset, "last": beginning - 1},
            )
            return beginning
        return next_offset

    def prepare(self, messages: Sequence[Message]) -> list[Stage]:
        """Do all the work on ``messages`` but the storing."""
        partition, first = messages[0].partition, messages[0].offset
        expected = self._next_offsets.get(partition)
        assert first == expected, f"{messages[0].place} came, {expected} is next"
        stages = self._pipeline.prepare(messages)
        self._next_offsets[partition] = stages[-1].next_offset
        return stages

    def store(self, prepared: list[Stage]) -> None:
        """Store it; a store that is away is asked again for a while."""
        report = self._pipeline.store(prepared)
        self._watch.on_report(report, cell_count=self._pipeline.cell_count)


def run_worker(
    settings: Settings,
    *,
    member: str = "",
    generation: int | None = None,
    is_deleted_skipped: bool = False,
) -> None:
    """Work until SIGTERM or SIGINT; raise KafkaError or StoreError where that cannot begin."""
    address = KafkaAddress.from_settings(settings)
    with _patiently(settings, lambda: ServerNode(settings)) as node:
        shown = shown_generation(node.store)
        written = shown if generation is None else generation
        topic = topic_name(topic_number(node.store, written), settings.kafka_prefix)
        log = _patiently(settings, lambda: KafkaLog(address, topic))
        producer = SubmissionProducer(address, topic)
        rejected = RejectedTopic(address, settings.kafka_prefix + TOPIC_REJECTED, topic)
        metrics = Metrics(node.clock)
        metrics.on_log(len(log.partitions))
        watch = WorkerWatch(node, None if generation is not None else shown, die, metrics)
        health = worker_health(
            metrics,
            node.connection,
            is_assigned=lambda: watch.is_assigned,
            stalled_s_max=settings.store_retry_s + STALLED_GRACE_S,
        )
        desk = LendingDesk(
            node,
            log,
            rejected,
            watch,
            settings,
            generation=written,
            is_deleted_skipped=is_deleted_skipped,
        )
        app = build_app(
            _broker(address, settings, f"{topic}-{written}", topic, member),
            desk,
            watch,
            batch_bytes_max=settings.batch_events_max * _BYTES_AN_EVENT,
            die=die,
        )
        canary = Canary(
            node.store,
            producer,
            generation=written,
            is_ours=lambda: watch.has_partition(0),
            on_done=metrics.on_canary,
            on_missing=metrics.on_canary_missing,
        )
        with _health_server(health, settings), watch, canary:
            try:
                run_app(app, on_stop=lambda: end_within(END_WITHIN_S))
            except FaustCrashedError as error:
                die(error)
        producer.close()
        rejected.close()
        log.close()


def _patiently(settings: Settings, reach: Callable[[], _Reached]) -> _Reached:
    """Return what ``reach`` gives; ask again for a while where a server is away."""
    give_up_s = time.monotonic() + settings.store_retry_s
    while True:
        try:
            return reach()
        except (StoreAwayError, KafkaAwayError) as error:
            if time.monotonic() + ASK_AGAIN_S > give_up_s:
                raise
            _LOG.warning("asking again in %.0f s: %s", ASK_AGAIN_S, error)
        time.sleep(ASK_AGAIN_S)


def _health_server(health: Health, settings: Settings) -> HealthServer:
    host, port, token = settings.metrics_host, settings.metrics_port, settings.read_token
    try:
        server = HealthServer(health, host=host, port=port, read_token=token)
    except PortTakenError:
        # By another worker on this machine, most likely: no reason not to work.
        server = HealthServer(health, host=host, port=0, read_token=token)
        _LOG.warning("port %d is taken, PUHUI_METRICS_PORT names another", port)
    _LOG.info("metrics and health at %s", server.url)
    return server


def _broker(
    address: KafkaAddress, settings: Settings, written: str, topic: str, member: str
) -> Broker:
    return Broker(
        brokers=address.brokers,
        # One group for what is written from one topic: all members subscribe to the same.
        group=f"puhui-{written}",
        topic=topic,
        member=member,
        session_timeout_s=settings.session_timeout_s,
        fetch_wait_ms=settings.fetch_wait_ms,
        sasl_mechanism=address.sasl_mechanism,
        username=address.username,
        password=address.password,
        tls=_tls(address) if address.is_encrypted else None,
    )


def _tls(address: KafkaAddress) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=address.ca_file or None)
    if address.cert_file:
        context.load_cert_chain(address.cert_file, address.key_file or None)
    return context


def die(error: BaseException) -> NoReturn:
    """End the process at once, saying why: anything softer lets Faust commit what failed."""
    if isinstance(error, StoreAwayError | KafkaAwayError):
        code = EXIT_AWAY
        _LOG.critical("%s", error)
    elif isinstance(error, WrongLogError | LogTooShortError | LogForgotError | KafkaError):
        code = EXIT_WRONG_LOG
        _LOG.critical("%s", error)
    else:
        code = EXIT_UNFORESEEN
        _LOG.critical("unforeseen, the process ends", exc_info=error)
    logging.shutdown()
    os._exit(code)


def end_within(seconds: float) -> None:
    """Make sure that the process has ended ``seconds`` from now; what is stored is whole."""
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()
