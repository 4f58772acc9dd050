"""A real broker: topics with the partitions asked for, and nothing lost when it stops or dies."""

import uuid
from collections.abc import Iterator

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError

from infra.services.kafka import Kafka, has_broker

# One broker a process takes seconds to start: these run in one process.
pytestmark = pytest.mark.serial

PARTITIONS = 3


@pytest.fixture
def topic(kafka_brokers: str) -> Iterator[str]:
    name = f"smoke-{uuid.uuid4().hex}"
    admin = KafkaAdminClient(bootstrap_servers=kafka_brokers)
    admin.create_topics(
        [
            NewTopic(
                name,
                num_partitions=PARTITIONS,
                replication_factor=1,
                topic_configs={"message.timestamp.type": "LogAppendTime"},
            )
        ]
    )
    admin.close()
    yield name
    admin = KafkaAdminClient(bootstrap_servers=kafka_brokers)
    admin.delete_topics([name])
    admin.close()


def produce(brokers: str, topic: str, texts: list[str]) -> None:
    producer = KafkaProducer(bootstrap_servers=brokers, enable_idempotence=True, acks="all")
    sent = [
        producer.send(topic, text.encode(), partition=place % PARTITIONS)
        for place, text in enumerate(texts)
    ]
    producer.flush(timeout=30)
    for one in sent:
        one.get(timeout=30)
    producer.close()


def consumed(brokers: str, topic: str) -> dict[int, list[str]]:
    """Everything in the topic, by partition, in order of offset."""
    consumer = KafkaConsumer(bootstrap_servers=brokers, enable_auto_commit=False)
    places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    found: dict[int, list[str]] = {partition: [] for partition in range(PARTITIONS)}
    while any(consumer.position(place) < ends[place] for place in places):
        for place, records in consumer.poll(timeout_ms=500).items():
            assert records[0].offset == len(found[place.partition])
            found[place.partition] += [record.value.decode() for record in records]
    consumer.close()
    return found


def dealt(texts: list[str]) -> dict[int, list[str]]:
    return {partition: texts[partition::PARTITIONS] for partition in range(PARTITIONS)}


def test_what_is_produced_is_consumed_in_order_by_partition(kafka_brokers: str, topic: str) -> None:
    texts = [f"{n} 普惠" for n in range(1000)]

    produce(kafka_brokers, topic, texts)

    assert consumed(kafka_brokers, topic) == dealt(texts)


def test_a_topic_nobody_made_is_not_made_by_writing_to_it(kafka_service: Kafka) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka_service.brokers, max_block_ms=1_000)
    with pytest.raises(KafkaError):
        producer.send("no-such-topic", b"x").get(timeout=5)
    producer.close(timeout=1)

    admin = KafkaAdminClient(bootstrap_servers=kafka_service.brokers)
    assert "no-such-topic" not in admin.list_topics()
    admin.close()


def test_messages_survive_a_broker_that_stops_and_one_that_dies(
    kafka_service: Kafka, topic: str
) -> None:
    brokers = kafka_service.brokers
    produce(brokers, topic, ["a", "b", "c"])

    kafka_service.stop()
    assert not has_broker(brokers)
    assert kafka_service.start(ends_with_caller=True) == brokers
    produce(brokers, topic, ["d", "e", "f"])
    kafka_service.kill()
    assert kafka_service.start(ends_with_caller=True) == brokers

    assert consumed(brokers, topic) == dealt(["a", "b", "c", "d", "e", "f"])
