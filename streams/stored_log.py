"""The kept copy of the messages as a log: as it was, or dealt anew to other partitions."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from schemas.message import Message, lane_in
from schemas.tables import MESSAGES
from schemas.units import Int64Array
from streams.ports import Store
from streams.submissions import PartitionOf

_PIECE_BYTES = 16 * 2**20  # About what one read brings.
_SPAN_PIECES = 4  # Of what one read passes over to find what it wants.
_HEADERS: msgspec.json.Decoder[dict[str, str]] = msgspec.json.Decoder(dict[str, str])


class StoredLog:
    """The kept messages of one topic, with their partitions, offsets and times of receipt.

    Implements streams.ports.Log. What is kept later is not part of it.
    """

    def __init__(
        self,
        store: Store,
        topic: str,
        *,
        identity: str,
        partitions: int = 1,
        received_before_ms: int | None = None,
    ) -> None:
        """Look at what is kept of ``topic``.

        Args:
            store: where the copy is.
            topic: as the messages name it.
            identity: of the log that was copied: who goes on from here reads that.
            partitions: how many it has at least; some may have no message yet.
            received_before_ms: leave out what was received then or later; None: nothing.

        """
        self._store, self._topic, self._identity = store, topic, identity
        self._before_ms = received_before_ms
        columns = ("partition", "offset", "received_at_ms")
        rows = store.read(MESSAGES, {"topic": topic}, columns=columns)
        count = int(rows["partition"].max(initial=partitions - 1)) + 1
        is_known = np.ones(rows["offset"].size, np.bool_)
        if received_before_ms is not None:
            is_known = rows["received_at_ms"] < received_before_ms
        self._offsets = [rows["offset"][(rows["partition"] == n) & is_known] for n in range(count)]
        self._piece_messages = 16

    @property
    def topic(self) -> str:
        return self._topic

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def partitions(self) -> Sequence[int]:
        return range(len(self._offsets))

    @property
    def piece_messages(self) -> int:
        """How many messages one read should bring, by what they weighed so far."""
        return self._piece_messages

    def end(self, partition: int) -> int:
        offsets = self._offsets[partition]
        return int(offsets[-1]) + 1 if offsets.size else 0

    def read(self, partition: int, offset: int, *, messages_max: int) -> Sequence[Message]:
        """Return messages from ``offset`` on; offsets that the log never had are passed over."""
        offsets = self._offsets[partition]
        first = int(np.searchsorted(offsets, offset))
        chosen = offsets[first : first + min(messages_max, self._piece_messages)]
        if not chosen.size:
            return []
        return self.between(partition, int(chosen[0]), int(chosen[-1]) + 1)

    def between(self, partition: int, first: int, end: int) -> list[Message]:
        """Return what is kept, and known by then, from offset ``first`` up to before ``end``."""
        where: dict[str, int | str] = {"topic": self._topic, "partition": partition}
        rows = self._store.read(MESSAGES, where, within=("offset", first, end))
        messages = [
            Message(self._topic, partition, offset, received_at_ms, _HEADERS.decode(headers), value)
            for offset, received_at_ms, headers, value in zip(
                rows["offset"].tolist(),
                rows["received_at_ms"].tolist(),
                rows["headers"].to_list(),
                rows["value"],
                strict=True,
            )
            if self._before_ms is None or received_at_ms < self._before_ms
        ]
        weight = sum(len(message.value) for message in messages) // max(len(messages), 1)
        self._piece_messages = min(max(_PIECE_BYTES // (weight + 256), 1), 10_000)
        return messages

    def in_order(self) -> "Dealing":
        """Return the places of all messages in the order in which they came, and their lanes."""
        parts = [
            (rows["partition"], rows["offset"], rows["received_at_ms"], rows["headers"].to_list())
            for rows in self._store.read_batches(
                MESSAGES,
                {"topic": self._topic},
                columns=("partition", "offset", "received_at_ms", "headers"),
            )
        ]
        if not parts:
            empty = np.zeros(0, np.int64)
            return Dealing(empty, empty, [])
        partition, offset, received = (
            np.concatenate([part[column] for part in parts]) for column in range(3)
        )
        lanes = [lane_in(_HEADERS.decode(text)) for part in parts for text in part[3]]
        came = received.copy()
        for number in np.unique(partition).tolist():
            here = partition == number
            # In a partition nothing came before what lies before it, whatever the times say.
            came[here] = np.maximum.accumulate(received[here])
        order = np.lexsort((offset, partition, came))
        return Dealing(partition[order], offset[order], [lanes[n] for n in order.tolist()])


class Dealing(NamedTuple):
    """Where messages lie, in the order in which they came, and to which lane each belongs."""

    partition: Int64Array
    offset: Int64Array
    lanes: list[tuple[str, int]]


class DealtLog:
    """The messages of a stored log dealt to another number of partitions, each lane in order.

    Implements streams.ports.Log. The offsets are new, so no live log continues it.
    """

    def __init__(
        self, source: StoredLog, partitions: int, partition_of: Callable[[str, int, int], int]
    ) -> None:
        """Deal ``source``; ``partition_of`` says where bank and lane go among so many."""
        self._source, self._count = source, partitions
        dealing = source.in_order()
        new = np.array([partition_of(*lane, partitions) for lane in dealing.lanes], np.int64)
        self._places = [
            (dealing.partition[new == number], dealing.offset[new == number])
            for number in range(partitions)
        ]
        self.partition_of: PartitionOf = lambda bank_id, lane: partition_of(
            bank_id, lane, partitions
        )

    @property
    def identity(self) -> str:
        return f"{self._source.identity} dealt to {self._count}"

    @property
    def partitions(self) -> Sequence[int]:
        return range(self._count)

    def end(self, partition: int) -> int:
        return int(self._places[partition][1].size)

    def read(self, partition: int, offset: int, *, messages_max: int) -> Sequence[Message]:
        """Return messages from ``offset`` on, as far as one read of each source should go."""
        piece = self._source.piece_messages
        sources, offsets = (
            column[offset : offset + min(messages_max, piece)] for column in self._places[partition]
        )
        found: dict[tuple[int, int], Message] = {}
        size = sources.size
        for source in np.unique(sources).tolist():
            here = np.flatnonzero(sources == source)
            too_far = here[offsets[here] - offsets[here[0]] >= _SPAN_PIECES * piece]
            size = min(size, int(too_far[0])) if too_far.size else size
        for source in np.unique(sources[:size]).tolist():
            wanted = offsets[:size][sources[:size] == source]
            for message in self._source.between(source, int(wanted[0]), int(wanted[-1]) + 1):
                found[source, message.offset] = message
        places = zip(sources[:size].tolist(), offsets[:size].tolist(), strict=True)
        return [
            found[place]._replace(partition=partition, offset=offset + number)
            for number, place in enumerate(places)
        ]
