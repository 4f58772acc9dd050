"""A lane is where Kafka's own clients would put its key."""

from kafka.partitioner import DefaultPartitioner

from infra.kafka.placing import partition_of
from schemas.message import key_of


class Cluster:
    def topics(self):
        return {"lending"}

    def partitions_for_topic(self, _):
        return set(range(7))

    def available_partitions_for_topic(self, _):
        return set(range(7))


def test_a_lane_is_in_the_partition_that_a_client_chooses_by_itself() -> None:
    chosen = set()
    for number in range(300):
        bank_id, lane = f"91370000XXBANK{number:03d}C", number % 3
        key = key_of(bank_id, lane)
        partition = DefaultPartitioner().partition("lending", key, key, None, None, Cluster())
        assert partition_of(bank_id, lane, 7) == partition
        chosen.add(partition)
    assert chosen == set(range(7))


def test_partitions_are_those_of_the_java_client() -> None:
    """Published test values of org.apache.kafka.common.utils.Utils.murmur2."""
    from kafka.partitioner.default import murmur2

    published = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536}
    for key, expected in published.items():
        assert murmur2(key) == expected % 2**32
