"""Replays the messages into a new generation, compares it with the one readers see, and switches.

What is read is the log of the generation that readers see: kept messages or Kafka's own. Two
generations can be compared only while nothing moves: where workers go on, it is tried some times.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from infra.store_node import StoreNode
from streams.generations import (
    log_identity,
    next_generation,
    next_offsets,
    topic_number,
    write_from_topic,
)
from streams.pipeline import Pipeline
from streams.ports import Log, Store
from streams.replay import Comparison, begin, compare, read_again
from streams.stored_log import DealtLog, StoredLog
from streams.submissions import PartitionOf

TRIES_MAX = 10


class ReplayRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to replay from, into which generation, and whether readers shall see it."""

    source: Literal["store", "kafka"] = "store"
    partitions: Annotated[int, Meta(ge=0, le=1024)] = 0  # 0: those of the log.
    generation: Annotated[int, Meta(ge=0, le=65_535)] = 0  # 0: the next free one.
    is_shown: bool = False
    are_differences_accepted: bool = False


class ReplayReport(NamedTuple):
    """What was read, and how the new generation compares with the one readers saw."""

    generation: int
    compared_generation: int
    partition_count: int
    message_count: int  # Read now; a replay that goes on has read others before.
    event_count: int
    state_digest: str
    compared_digest: str
    is_equal: bool
    is_still: bool  # Nothing came in while the two were compared.
    differing_tables: tuple[str, ...]
    elapsed_s: float  # For reading, without comparing.
    events_per_s: int
    is_shown: bool


def replay(
    node: StoreNode, asked: ReplayRequest, *, seconds: Callable[[], float] = time.perf_counter
) -> ReplayReport:
    """Replay, compare, and let readers see the new generation where that is asked for.

    Raises ValueError where the request makes no sense, or where readers should see a generation
    that differs and nobody said that this is meant.
    """
    shown = node.generation
    generation = asked.generation or next_generation(node.store)
    _check(asked, generation, shown)
    started_s = seconds()
    with _logs(node, asked) as open_log:
        first = _read(node, generation, open_log())
        elapsed_s = seconds() - started_s
        with node.kept_still():
            rest, comparison, is_still = _settled(node, generation, shown, open_log)
            if asked.is_shown:
                check_difference(comparison, is_still=is_still, asked=asked)
                node.show(generation)
    event_count = first.event_count + rest.event_count
    return ReplayReport(
        generation=generation,
        compared_generation=shown,
        partition_count=rest.partition_count,
        message_count=first.message_count + rest.message_count,
        event_count=event_count,
        state_digest=comparison.state_digest,
        compared_digest=comparison.shown_digest,
        is_equal=comparison.is_equal,
        is_still=is_still,
        differing_tables=comparison.differing_tables,
        elapsed_s=round(elapsed_s, 3),
        events_per_s=round(first.event_count / elapsed_s) if elapsed_s else 0,
        is_shown=asked.is_shown,
    )


def _check(asked: ReplayRequest, generation: int, shown: int) -> None:
    if generation == shown:
        raise ValueError(
            f"generation {generation}: readers see it, and nothing may write over it. Leave "
            "--generation out for the next free one"
        )
    if asked.partitions and asked.source == "kafka":
        raise ValueError(
            "--partitions: Kafka's log has the partitions that it has; deal the kept messages "
            "anew with --from-store"
        )
    if asked.partitions and asked.is_shown:
        raise ValueError(
            "--partitions with --show: no topic has these places, so nobody could go on from "
            "there. Leave --show out to compare only; to add partitions: puhui replay --from-store "
            "--partitions N --to-new-topic (docs/how-to/generations.md)"
        )


def check_difference(comparison: Comparison, *, is_still: bool, asked: ReplayRequest) -> None:
    """Raise ValueError where readers would see something else, and nobody said they should."""
    if asked.are_differences_accepted or (comparison.is_equal and is_still):
        return
    if not is_still:
        raise ValueError(
            "readers see the old generation still: whenever the two were compared, messages came. "
            "Stop the workers for that long (Kafka keeps what comes), or say --accept-differences"
        )
    raise ValueError(
        "readers see the old generation still: the new one differs in "
        f"{', '.join(comparison.differing_tables)}. Look why; if the difference is meant, such as "
        "after a correction of a check, say --accept-differences"
    )


class _Source(NamedTuple):
    """A log to be replayed, and the one whose places the checkpoints of readers name."""

    log: Log
    original: Log
    partition_of: PartitionOf | None
    is_from_kafka: bool = False  # Then what is read is kept: Kafka forgets it.


class _Read(NamedTuple):
    message_count: int
    event_count: int
    partition_count: int


@contextmanager
def _logs(node: StoreNode, asked: ReplayRequest) -> Iterator[Callable[[], _Source]]:
    """Yield what opens the log as it is at that moment."""
    if asked.source == "kafka":
        with node.open_log() as log:
            if log is None or node.folder is not None:
                raise ValueError(
                    "--from-kafka: there is no Kafka here; a data folder keeps all its messages "
                    "itself. Use --from-store, or set PUHUI_CLICKHOUSE_URL and PUHUI_KAFKA_BROKERS"
                )
            source = _Source(log, log, node.partition_of, is_from_kafka=True)
            yield lambda: source
        return

    def stored() -> _Source:
        log = StoredLog(
            node.store,
            node.topic,
            identity=log_identity(node.store, node.generation),
            partitions=node.partition_count,
        )
        if not asked.partitions:
            return _Source(log, log, node.partition_of)
        # Here: kafka-python takes a while to load, which a folder has no use for otherwise.
        from infra.kafka.placing import partition_of  # noqa: PLC0415

        dealt = DealtLog(log, asked.partitions, partition_of)
        return _Source(dealt, log, dealt.partition_of)

    yield stored


def _read(node: StoreNode, generation: int, source: _Source) -> _Read:
    begin(node.store, generation, source.log)
    number = topic_number(node.store, node.generation)
    if number != topic_number(node.store, generation):
        write_from_topic(node.store, generation, number, now_ms=node.clock.now_ms())
    pipeline = Pipeline(
        node.store,
        lpr=node.lpr,
        generation=generation,
        log_identity=source.log.identity,
        future_days_max=node.future_days_max,
        partition_of=source.partition_of,
        is_log_kept=source.is_from_kafka,
    )
    done = read_again(source.log, pipeline)
    return _Read(done.message_count, done.event_count, len(source.log.partitions))


def _settled(
    node: StoreNode, generation: int, shown: int, open_log: Callable[[], _Source]
) -> tuple[_Read, Comparison, bool]:
    """Read what came meanwhile and compare, until nothing comes while that is done."""
    messages = events = 0
    for tries_left in range(TRIES_MAX, 0, -1):
        source = open_log()
        read = _read(node, generation, source)
        messages, events = messages + read.message_count, events + read.event_count
        found = compare_still(node.store, generation, shown, ends_of(source.original))
        if found.is_still or tries_left == 1:
            break
    done = _Read(messages, events, read.partition_count)
    return done, found.comparison, found.is_still


class StillComparison(NamedTuple):
    """A comparison, and whether both generations stood at the same place all the while."""

    comparison: Comparison
    is_still: bool


def compare_still(
    store: Store, generation: int, shown: int, ends: Mapping[int, int]
) -> StillComparison:
    """Compare, and look whether the shown generation stands at ``ends`` before and after."""
    before = _moved(next_offsets(store, shown))
    comparison = compare(store, generation, shown)
    after = _moved(next_offsets(store, shown))
    return StillComparison(comparison, before == after == _moved(ends))


def _moved(offsets: Mapping[int, int]) -> dict[int, int]:
    """Leave out partitions where nothing came yet: not everybody names them."""
    return {partition: offset for partition, offset in offsets.items() if offset}


def ends_of(log: Log) -> dict[int, int]:
    """Return the offset after the newest message, by partition."""
    return {partition: log.end(partition) for partition in log.partitions}
