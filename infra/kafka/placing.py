"""In which partition a bank's lane is: as Kafka's own clients place a key by themselves."""

from functools import lru_cache

from kafka.partitioner.default import murmur2

from schemas.message import key_of


@lru_cache(maxsize=65_536)
def partition_of(bank_id: str, lane: int, partitions: int) -> int:
    """Return murmur2 of the key ``bank/lane``, made positive, modulo ``partitions``."""
    return int(murmur2(key_of(bank_id, lane)) & 0x7FFFFFFF) % partitions
