"""The driver over Kafka: many workers, one group. The only module that imports Faust.

Faust shares partitions out, fetches and holds back; it is not trusted with correctness (each
distrust is a test in tests/services). Where a partition starts is what the desk says, which asks
the store; what the group committed serves lag dashboards.
"""

import logging
import ssl
import tempfile
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn, Protocol

import aiokafka  # type: ignore[import-untyped, unused-ignore]
import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from schemas.message import Message
from streams.arrivals import Arrivals
from streams.belt import Belt, Desk
from streams.copies import as_first_received

_LOG = logging.getLogger("puhui.worker")
_MESSAGE_BYTES_MAX = 16 * 2**20
_STREAM_BUFFER = 64
_OPENING_S_MAX = 3_600.0
_REQUEST_TIMEOUT_MS = 40_000
_LOOK_S = 2.0  # How often the ends of the partitions are asked for.


class Broker(NamedTuple):
    """How Faust reaches the cluster and joins the group."""

    brokers: str
    group: str
    topic: str
    member: str = ""  # Known by this name, a worker that starts again need not be waited for.
    session_timeout_s: float = 8
    fetch_wait_ms: int = 50
    sasl_mechanism: str = ""
    username: str = ""
    password: str = ""
    tls: ssl.SSLContext | None = None


class Watcher(Protocol):
    """Who wants to know how it goes. Called from the event loop: must not block."""

    def on_assigned(self, next_offsets: Mapping[int, int]) -> None: ...

    def on_ends(self, ends: Mapping[int, int]) -> None: ...


def build_app(
    broker: Broker,
    desk: Desk,
    watcher: Watcher,
    *,
    batch_bytes_max: int,
    die: Callable[[BaseException], NoReturn],
) -> faust.App:
    """Return a worker's app; ``run_app`` runs it.

    Args:
        broker: the cluster, the group and the topic.
        desk: does the work.
        watcher: is told of assignments and of how far the topic goes.
        batch_bytes_max: about how much one batch holds; a larger message is a batch of its own.
        die: ends the process at once. Whatever leaves the body of an agent is committed by Faust
            as done.

    """
    app = _app_of(broker)
    arrivals = Arrivals(batch_bytes_max)
    belt = Belt(arrivals, desk, die)
    app.transport = _transport(app, broker, belt, watcher)
    topic = app.topic(broker.topic, value_type=bytes, value_serializer="raw")

    @app.agent(topic, concurrency=1)
    async def bring(stream: Any) -> None:
        try:
            # Acknowledged when stored, not when taken: Faust would commit what is in flight.
            async for event in stream.noack().events():
                await arrivals.put(_message(event.message), event)
        except Exception as error:  # noqa: BLE001 - Faust would commit it as done
            die(error)

    @app.task
    async def prepare() -> None:
        await belt.prepare()

    @app.task
    async def store() -> None:
        await belt.store(lambda event: event.ack())

    _follow_group(app, broker, belt, watcher)
    return app


def _follow_group(app: faust.App, broker: Broker, belt: Belt, watcher: Watcher) -> None:
    """Let go what is revoked, hear of what is left, and look how far the topic goes."""

    @app.timer(_LOOK_S)
    async def look() -> None:
        places = [place for place in app.consumer.assignment() if place.topic == broker.topic]
        try:
            ends = await app.consumer.highwaters(*places) if places else {}
        except aiokafka.errors.KafkaError as error:
            _LOG.warning("the ends of the partitions are not known: %s", error)
            return
        watcher.on_ends({place.partition: int(end or 0) for place, end in ends.items()})

    @app.on_partitions_revoked.connect
    async def let_go(*_: Any, **__: Any) -> None:
        # What is under way is stored before the next worker reads where to start.
        await belt.come_to_rest()

    @app.on_partitions_assigned.connect
    async def take_over(_app: Any, assigned: set[TP], **_: Any) -> None:
        # Faust seeks where it has something; who was left with nothing must let go too.
        if not any(place.topic == broker.topic for place in assigned):
            watcher.on_assigned(await belt.start([]))


def _app_of(broker: Broker) -> faust.App:
    return faust.App(
        broker.group,
        broker=[f"kafka://{one}" for one in broker.brokers.split(",")],
        broker_credentials=_credentials(broker),
        store="memory://",  # No Faust tables: what is known is kept in ClickHouse.
        datadir=tempfile.mkdtemp(prefix="puhui-faust-"),  # Else Faust makes one where it stands.
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        broker_session_timeout=broker.session_timeout_s,
        broker_heartbeat_interval=1,
        # Opening a large partition, or waiting for a store that is away, must not look like death.
        # Faust takes the second for how long a worker may take to find its place.
        broker_max_poll_interval=_OPENING_S_MAX,
        broker_request_timeout=_OPENING_S_MAX,
        consumer_group_instance_id=broker.member or None,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=_MESSAGE_BYTES_MAX,
        broker_commit_interval=1.0,
        stream_buffer_maxsize=_STREAM_BUFFER,
        stream_wait_empty=False,
    )


def run_app(app: faust.App, *, on_stop: Callable[[], None]) -> None:
    """Run until SIGTERM or SIGINT; then call ``on_stop``, leave the group and return.

    Raises FaustCrashedError where Faust ended by itself.
    """
    runner = _Runner(app, quiet=True, redirect_stdouts=False)
    runner.spinner = None  # It paints the terminal.
    runner.on_told = on_stop
    runner.run()


class FaustCrashedError(RuntimeError):
    """Faust ended without being told to."""


class _Runner(faust.Worker):
    """Leaves logs and the terminal as they are."""

    on_told: Callable[[], None]

    async def _stop_on_signal(self, signal: Any) -> None:
        self.on_told()
        await super()._stop_on_signal(signal)

    def _setup_logging(self) -> None:
        pass

    def run(self) -> None:
        try:
            self.execute_from_commandline()
        except SystemExit as end:
            reason = self.crash_reason or self.app.crash_reason
            if end.code or reason:
                raise FaustCrashedError(f"Faust ended by itself: {reason!r}") from reason


def _transport(app: faust.App, broker: Broker, belt: Belt, watcher: Watcher) -> driver.Transport:
    class QuickThread(driver.AIOKafkaConsumerThread):
        def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
            consumer = super()._create_worker_consumer(transport)
            # Faust waits 1.5 s for a fetch to fill, and has no setting for it.
            consumer._fetch_max_wait_ms = broker.fetch_wait_ms  # noqa: SLF001
            for client in (consumer, consumer._client):  # noqa: SLF001
                client._request_timeout_ms = _REQUEST_TIMEOUT_MS  # noqa: SLF001
            return consumer

    class StoreConsumer(driver.Consumer):
        def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
            return QuickThread(self, loop=self.loop, beacon=self.beacon)

        async def seek_to_committed(self) -> dict[TP, int]:
            places = {tp.partition: tp for tp in self.assignment() if tp.topic == broker.topic}
            offsets = await belt.start(sorted(places))
            wanted = {places[partition]: offset for partition, offset in offsets.items()}
            await self.seek_wait(wanted)
            watcher.on_assigned(offsets)
            return wanted

    class StoreTransport(driver.Transport):
        Consumer = StoreConsumer

    return StoreTransport(app.conf.broker_consumer, app)


def _credentials(broker: Broker) -> Any:
    if broker.sasl_mechanism:
        return faust.SASLCredentials(
            mechanism=broker.sasl_mechanism,
            username=broker.username,
            password=broker.password,
            ssl_context=broker.tls,
        )
    return faust.SSLCredentials(context=broker.tls) if broker.tls else None


def _message(message: Any) -> Message:
    headers = {name: bytes(text or b"").decode(errors="replace") for name, text in _pairs(message)}
    received_at_ms = round(message.timestamp * 1_000)
    return as_first_received(
        Message(
            message.topic,
            message.partition,
            message.offset,
            received_at_ms,
            headers,
            bytes(message.value or b""),
        )
    )


def _pairs(message: Any) -> Any:
    headers = message.headers or ()
    return headers.items() if isinstance(headers, Mapping) else headers
