"""The same on a ClickHouse server, whose SQL is seven years older."""

import time
import uuid

import pytest

from infra.clickhouse.server import ServerConnection
from infra.reconciler import Reconciler
from streams.reconcile import Level
from tests.reconcile_store import (
    DAMAGES,
    LPR,
    PARTITIONS,
    Damage,
    Job,
    SteadyClock,
    differences,
    emptied,
    named,
    of_level,
    story_of,
)


@pytest.mark.parametrize("seed", range(6))
def test_a_whole_store_agrees_with_itself_to_the_last_check(
    server: ServerConnection, seed: int
) -> None:
    result = Job(server, story_of(seed)).reconciled(is_deep=True)

    assert differences(result) == []
    assert of_level(result, Level.BEHIND) == []


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_a_row_deleted_by_hand_is_named_within_10_s(
    server: ServerConnection, damage: Damage
) -> None:
    said = named(Job(server, story_of(8)), damage)

    assert said.took_s < 10
    if damage.has_bank:
        assert said.finding.bank_id == said.row["bank_id"]
    if "quarter" in said.row:
        assert said.finding.quarter == said.row["quarter"]


def test_without_a_log_the_store_is_compared_with_itself(server: ServerConnection) -> None:
    assert differences(Job(server, story_of(8)).reconciler(has_log=False).run()) == []


@pytest.mark.serial
def test_offsets_of_a_real_topic_are_compared_with_what_is_stored(
    server: ServerConnection, kafka_brokers: str
) -> None:
    """Kafka, the pipeline with its kept copy, and the store, with a tail that nobody handled."""
    from infra.kafka.address import KafkaAddress
    from infra.kafka.log import KafkaLog
    from infra.kafka.producer import SubmissionProducer
    from infra.kafka.topics import admin_of, ensure_topics
    from infra.settings import Settings
    from streams.pipeline import Pipeline

    settings = Settings(
        kafka_brokers=kafka_brokers,
        kafka_prefix=f"reconcile-{uuid.uuid4().hex[:8]}.",
        kafka_partitions=PARTITIONS,
    )
    address = KafkaAddress.from_settings(settings)
    ensure_topics(address, settings)
    topic = f"{settings.kafka_prefix}lending"
    store = emptied(server)
    log = KafkaLog(address, topic)
    pipeline = Pipeline(store, lpr=LPR, log_identity=log.identity, is_log_kept=True)

    def handle() -> None:
        for partition in log.partitions:
            while (offset := pipeline.next_offset(partition)) < log.end(partition):
                pipeline.handle(log.read(partition, offset, messages_max=20))

    reconciler = Reconciler(store, server, generation=0, log=log, lpr=LPR, clock=SteadyClock())
    drafts = story_of(8)
    try:
        with SubmissionProducer(address, topic) as producer:
            producer.send(drafts[:30])
            handle()
            producer.send(drafts[30:])
        behind = reconciler.run()
        handle()
        whole = reconciler.run(is_deep=True)
        server.execute("alter table submissions delete where offset = 3 and partition = 0")
        began_s = time.monotonic()
        while not (lost := differences(reconciler.run(is_continuous=True))):
            assert time.monotonic() < began_s + 10
    finally:
        log.close()
        with admin_of(address) as admin:
            admin.delete_topics(
                [one for one in admin.list_topics() if settings.kafka_prefix in one]
            )

    assert differences(behind) == []
    assert {f.check for f in of_level(behind, Level.BEHIND)} == {"log_submissions"}
    assert differences(whole) == of_level(whole, Level.BEHIND) == []
    named_at = {f.where for f in lost if f.check == "log_submissions"}
    assert named_at == {f"{topic}[0]@3"}
