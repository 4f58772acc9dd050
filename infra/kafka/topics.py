"""The topics: which there are, with what settings; made where missing, compared where there.

A topic that is there with another number of partitions, or whose time is not the broker's, is
reported and left as it is: adding partitions would move lanes, see docs/how-to/production.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from kafka.admin import ConfigResource, KafkaAdminClient, NewTopic
from kafka.errors import AuthorizationError, RetriableError, TopicAlreadyExistsError
from kafka.errors import KafkaError as ClientError

from infra.kafka.address import KafkaAddress, KafkaAwayError, KafkaError
from infra.settings import Settings
from streams.generations import topic_name

TOPIC_BILLS, TOPIC_REFERENCE = "bills", "reference"
TOPIC_REJECTED, TOPIC_ALERTS = "rejected", "alerts"
MESSAGE_BYTES_MAX = 16 * 2**20
_DAY_MS = 86_400_000


class TopicSpec(NamedTuple):
    """A topic as it has to be."""

    name: str
    partitions: int
    replication: int
    configs: dict[str, str]


class TopicState(NamedTuple):
    """A topic as it is: ``missing``, ``made``, ``ok`` or ``differs``, with every difference."""

    name: str
    state: str
    partitions: int
    topic_id: str
    differences: tuple[str, ...]


def topic_specs(settings: Settings) -> tuple[TopicSpec, ...]:
    """Return every topic that puhui uses.

    lending and bills keep a lane's order by key and are read by workers; reference is the newest
    row of every key; rejected and alerts are for others to read.
    """
    kept = _kept(settings)
    newest = _TIMED | {"cleanup.policy": "compact", "max.message.bytes": str(MESSAGE_BYTES_MAX)}
    many, copies = settings.kafka_partitions, settings.kafka_replication
    prefix = settings.kafka_prefix
    return (
        lending_spec(settings),
        TopicSpec(prefix + TOPIC_BILLS, many, copies, kept),
        TopicSpec(prefix + TOPIC_REFERENCE, 1, copies, newest),
        TopicSpec(prefix + TOPIC_REJECTED, 1, copies, kept | _room_for_reasons()),
        TopicSpec(prefix + TOPIC_ALERTS, 1, copies, kept),
    )


def lending_spec(settings: Settings, number: int = 0, partitions: int = 0) -> TopicSpec:
    """Return a topic of submissions: the first, or another with ``partitions``."""
    name = topic_name(number, settings.kafka_prefix)
    many = partitions or settings.kafka_partitions
    return TopicSpec(name, many, settings.kafka_replication, _kept(settings))


_TIMED = {"message.timestamp.type": "LogAppendTime"}


def _kept(settings: Settings) -> dict[str, str]:
    return _TIMED | {
        "cleanup.policy": "delete",
        "retention.ms": str(settings.kafka_retention_days * _DAY_MS),
        "max.message.bytes": str(MESSAGE_BYTES_MAX),
    }


def _room_for_reasons() -> dict[str, str]:
    """Return the bound for a whole message with what is wrong with it."""
    return {"max.message.bytes": str(MESSAGE_BYTES_MAX + 2**17)}


@contextmanager
def admin_of(address: KafkaAddress) -> Iterator[KafkaAdminClient]:
    """Give an admin client; say what the cluster answers in words that tell what to do."""
    with told_by(address):
        admin = KafkaAdminClient(**address.client_options(), request_timeout_ms=10_000)
        try:
            yield admin
        finally:
            admin.close()


@contextmanager
def told_by(address: KafkaAddress) -> Iterator[None]:
    """Turn errors of kafka-python into ours, which name the cluster and what to do."""
    try:
        yield
    except RetriableError as error:
        raise KafkaAwayError(
            f"Kafka {address}: it cannot be reached ({error}); look whether a broker is running, "
            "the address is right and, where it asks, user and password are"
        ) from error
    except AuthorizationError as error:
        raise KafkaError(
            f"Kafka {address}: the user may not do this ({error}); give it the right to read, "
            "write, create and describe the topics of puhui"
        ) from error
    except ClientError as error:
        raise KafkaError(f"Kafka {address}: {error}") from error


def ensure_topics(address: KafkaAddress, settings: Settings) -> list[TopicState]:
    """Make the topics that are missing, change none, and return how each is now."""
    with admin_of(address) as admin:
        before = _described(admin)
        missing = [spec for spec in topic_specs(settings) if spec.name not in before]
        for spec in missing:
            _make(admin, spec)
        after = _described(admin)
        made = {spec.name for spec in missing}
        return [
            state._replace(state="made") if state.name in made and state.state == "ok" else state
            for state in (_compared(admin, spec, after) for spec in topic_specs(settings))
        ]


def look_at_topics(address: KafkaAddress, settings: Settings) -> list[TopicState]:
    """Return how each topic is; change nothing."""
    with admin_of(address) as admin:
        described = _described(admin)
        return [_compared(admin, spec, described) for spec in topic_specs(settings)]


class LogIdentity(NamedTuple):
    """Which log a topic is. One that was made anew has another id, and is another log."""

    cluster_id: str
    topic: str
    topic_id: str
    partitions: int

    def __str__(self) -> str:
        return f"{self.cluster_id}/{self.topic}/{self.topic_id}"


def identity_of(address: KafkaAddress, topic: str) -> LogIdentity:
    """Return the identity of ``topic``; raise KafkaError where it is not there."""
    with admin_of(address) as admin:
        found = _described(admin).get(topic)
        if found is None:
            raise KafkaError(f"Kafka {address}: topic {topic} is not there; make it: puhui topics")
        cluster_id = str(admin.describe_cluster()["cluster_id"])
    return LogIdentity(cluster_id, topic, str(found["topic_id"]), len(found["partitions"]))


def make_topic(address: KafkaAddress, spec: TopicSpec) -> None:
    """Make one topic, which must not be there."""
    with admin_of(address) as admin:
        _make(admin, spec)


def _make(admin: KafkaAdminClient, spec: TopicSpec) -> None:
    new = NewTopic(spec.name, spec.partitions, spec.replication, topic_configs=spec.configs)
    try:
        admin.create_topics([new])
    except TopicAlreadyExistsError:
        return  # Somebody else was quicker; what it is like is compared afterwards.
    admin.wait_for_topics([spec.name])


def _described(admin: KafkaAdminClient) -> dict[str, dict[str, Any]]:
    return {str(topic["name"]): topic for topic in admin.describe_topics()}


def _compared(
    admin: KafkaAdminClient, spec: TopicSpec, described: dict[str, dict[str, Any]]
) -> TopicState:
    found = described.get(spec.name)
    if found is None:
        return TopicState(spec.name, "missing", 0, "", ("it is not there",))
    differences = []
    partitions = len(found["partitions"])
    if partitions != spec.partitions:
        differences.append(f"partitions: found {partitions}, expected {spec.partitions}")
    copies = min(len(partition["replica_nodes"]) for partition in found["partitions"])
    if copies != spec.replication:
        differences.append(f"replication: found {copies}, expected {spec.replication}")
    answer = admin.describe_configs([ConfigResource("TOPIC", spec.name)], config_filter="all")
    configs = answer["topic"][spec.name]
    for name, expected in spec.configs.items():
        value = str(configs.get(name, {}).get("value"))
        if value != expected:
            differences.append(f"{name}: found {value}, expected {expected}")
    state = "differs" if differences else "ok"
    return TopicState(spec.name, state, partitions, str(found["topic_id"]), tuple(differences))
