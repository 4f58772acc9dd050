"""Moves the submissions to a topic with another number of partitions, and readers with it.

The messages are published again to a topic with a number, each lane in its order; workers fill a
generation from there; when both generations stand at the end of their topics and are equal, one row
lets readers and senders change over. What lands in the old topic afterwards is copied by the same
call. Which messages were copied is read from the copies: a copying that was killed goes on.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from infra.kafka.address import KafkaAddress
from infra.kafka.log import KafkaLog
from infra.kafka.producer import SubmissionProducer
from infra.kafka.topics import identity_of, lending_spec, make_topic
from infra.replaying import ReplayRequest, check_difference, compare_still, ends_of
from infra.server_node import ServerNode
from schemas.message import Draft, Message, lane_in
from schemas.tables import MESSAGES
from streams.copies import copied_place, copy_of
from streams.generations import (
    cut_lanes,
    fill_from_topic,
    lanes_of_banks,
    next_generation,
    next_offsets,
    source_number,
    topic_name,
    topic_number,
    write_from_topic,
)
from streams.lane_cut import cut
from streams.replay import Comparison, begin
from streams.stored_log import StoredLog

TRIES_MAX = 10
CATCH_UP_S = 60.0
_LOOK_S = 0.2
_MESSAGES_AT_ONCE = 1_000
_HEADERS: msgspec.json.Decoder[dict[str, str]] = msgspec.json.Decoder(dict[str, str])


class Move(NamedTuple):
    """From which topic to which, and the generation that is written from the second."""

    generation: int
    source: str
    topic: str


class MoveReport(NamedTuple):
    """What was copied, and how far the new generation is."""

    generation: int
    source: str
    topic: str
    partition_count: int
    copied_count: int
    uncopied_count: int  # In the old topic, and not in the new one.
    behind_count: int  # In the new topic, and not handled by a worker yet.
    is_equal: bool | None = None  # None: not compared yet.
    differing_tables: tuple[str, ...] = ()
    state_digest: str = ""
    compared_digest: str = ""
    is_shown: bool = False


def begin_move(
    node: ServerNode, partitions: int, lanes: Mapping[str, int] = MappingProxyType({})
) -> Move:
    """Make a topic with so many partitions and the number of a new generation.

    ``lanes`` are banks that will send in so many lanes, and what they sent is cut into so many.
    """
    number = next_generation(node.store)
    shown = topic_number(node.store, node.generation)
    spec = lending_spec(node.settings, number, partitions)
    make_topic(_address(node), spec)
    with closing(KafkaLog(_address(node), spec.name)) as log:
        if len(log.partitions) != partitions or any(ends_of(log).values()):
            raise ValueError(
                f"topic {spec.name}: it was there before, with {len(log.partitions)} partitions; "
                "expected a new one. See what it is, and delete it if nobody needs it"
            )
        # Before anything else, so that the number is taken.
        begin(node.store, number, log)
    for bank_id, lane_count in lanes.items():
        cut_lanes(node.store, number, bank_id, lane_count, now_ms=node.clock.now_ms())
    fill_from_topic(node.store, number, shown, now_ms=node.clock.now_ms())
    write_from_topic(node.store, number, number, now_ms=node.clock.now_ms())
    return move_of(node, number)


def move_of(node: ServerNode, generation: int) -> Move:
    """Return the move that ``generation`` belongs to; raise ValueError where there is none."""
    number = topic_number(node.store, generation)
    if not number:
        raise ValueError(
            f"generation {generation}: it is written from the first topic, so nothing is copied "
            "for it. Begin a move with puhui replay --from-store --partitions N --to-new-topic"
        )
    source = source_number(node.store, number)
    prefix = node.settings.kafka_prefix
    return Move(generation, topic_name(source, prefix), topic_name(number, prefix))


def copy_on(node: ServerNode, move: Move) -> MoveReport:
    """Copy what is not copied yet, and say how far the new generation is."""
    address = _address(node)
    uncopied = _uncopied(node, move)
    copied_count = 0
    with SubmissionProducer(address, move.topic) as producer:
        waiting: list[Draft] = []
        for draft in uncopied:
            waiting.append(draft)
            if len(waiting) == _MESSAGES_AT_ONCE:
                copied_count += len(producer.send(waiting))
                waiting = []
        copied_count += len(producer.send(waiting))
    return standing(node, move)._replace(copied_count=copied_count)


def standing(node: ServerNode, move: Move) -> MoveReport:
    """Return how much is not copied and not handled; change nothing."""
    partitions = identity_of(_address(node), move.topic).partitions
    uncopied_count = sum(1 for _ in _uncopied(node, move))
    behind = _behind(node, move)
    return MoveReport(
        move.generation, move.source, move.topic, partitions, 0, uncopied_count, behind
    )


def show_move(node: ServerNode, move: Move, *, are_differences_accepted: bool) -> MoveReport:
    """Let readers and senders change over once both generations stand at the end and are equal.

    Raises ValueError where they are not.
    """
    copied_count = 0
    for tries_left in range(TRIES_MAX, 0, -1):
        report = copy_on(node, move)
        copied_count += report.copied_count
        _wait_for_workers(node, move)
        with closing(KafkaLog(_address(node), move.source)) as old:
            ends = ends_of(old)
            found = compare_still(node.store, move.generation, node.generation, ends)
            is_still = found.is_still and ends == ends_of(old) and not _behind(node, move)
        if is_still or tries_left == 1:
            break
    asked = ReplayRequest(is_shown=True, are_differences_accepted=are_differences_accepted)
    check_difference(found.comparison, is_still=is_still, asked=asked)
    node.show(move.generation)
    # What a sender put into the old topic before it saw the switch.
    after = copy_on(node, move)
    return _told(after, found.comparison)._replace(
        copied_count=copied_count + after.copied_count, is_shown=True
    )


def _told(report: MoveReport, comparison: Comparison) -> MoveReport:
    return report._replace(
        is_equal=comparison.is_equal,
        differing_tables=comparison.differing_tables,
        state_digest=comparison.state_digest,
        compared_digest=comparison.shown_digest,
    )


def _address(node: ServerNode) -> KafkaAddress:
    return KafkaAddress.from_settings(node.settings)


def _messages(node: ServerNode, topic: str) -> Iterator[Message]:
    """Yield every message of a topic, each lane in order: what is kept, then Kafka's rest."""
    with closing(KafkaLog(_address(node), topic)) as log:
        kept = StoredLog(node.store, topic, identity=log.identity, partitions=len(log.partitions))
        for partition in log.partitions:
            for part in (kept, log):
                offset = 0 if part is kept else max(kept.end(partition), log.beginning(partition))
                while offset < part.end(partition):
                    messages = part.read(partition, offset, messages_max=_MESSAGES_AT_ONCE)
                    yield from messages
                    offset = messages[-1].offset + 1


def _uncopied(node: ServerNode, move: Move) -> Iterator[Draft]:
    """Yield the copies that are still to be made, each lane in order."""
    copied = _copied(node, move)
    lanes = lanes_of_banks(node.store, move.generation)
    for message in _messages(node, move.source):
        done = copied.get(message.partition, set())
        for part in cut(message, lanes):
            if (message.offset, lane_in(part.headers)[1]) not in done:
                yield copy_of(part)


def _copied(node: ServerNode, move: Move) -> dict[int, set[tuple[int, int]]]:
    """Return offset and lane of what was copied, by partition of the old topic.

    Each of them, not the highest: where a leader was away a later one may have arrived alone.
    """
    copied: dict[int, set[tuple[int, int]]] = {}
    kept_ends: dict[int, int] = {}

    def count(headers: Mapping[str, str]) -> None:
        place = copied_place(move.topic, headers)
        if place is not None:
            copied.setdefault(place[0], set()).add((place[1], lane_in(headers)[1]))

    columns = ("partition", "offset", "headers")
    for rows in node.store.read_batches(MESSAGES, {"topic": move.topic}, columns=columns):
        partitions, offsets = rows["partition"].tolist(), rows["offset"].tolist()
        texts = rows["headers"].to_list()
        for partition, offset, text in zip(partitions, offsets, texts, strict=True):
            kept_ends[partition] = offset + 1
            count(_HEADERS.decode(text))
    with closing(KafkaLog(_address(node), move.topic)) as log:
        for partition in log.partitions:
            offset = max(kept_ends.get(partition, 0), log.beginning(partition))
            while offset < log.end(partition):
                messages = log.read(partition, offset, messages_max=_MESSAGES_AT_ONCE)
                for message in messages:
                    count(message.headers)
                offset = messages[-1].offset + 1
    return copied


def _behind(node: ServerNode, move: Move) -> int:
    done = next_offsets(node.store, move.generation)
    with closing(KafkaLog(_address(node), move.topic)) as log:
        return sum(end - done.get(partition, 0) for partition, end in ends_of(log).items())


def _wait_for_workers(node: ServerNode, move: Move) -> None:
    """Wait while workers catch up; raise ValueError where nobody seems to be at it."""
    behind, since_s = _behind(node, move), time.monotonic()
    while behind:
        if time.monotonic() - since_s > CATCH_UP_S:
            raise ValueError(
                f"generation {move.generation} is {behind} messages behind {move.topic}, and for "
                f"{CATCH_UP_S:.0f} s nobody handled one. Readers see the old generation still. "
                f"Start puhui worker --generation {move.generation}, and run this again"
            )
        time.sleep(_LOOK_S)
        now = _behind(node, move)
        if now < behind:
            since_s = time.monotonic()
        behind = now
