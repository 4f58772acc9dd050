"""The log of the embedded mode: submissions in order, kept in the store's own messages table.

It takes the place of Kafka where there is no broker. A message is on disk before ``append``
returns, so whatever was acknowledged is read again after a crash, from the offset that the
pipeline's checkpoint names.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import msgspec
import numpy as np

from schemas.message import TOPIC_LENDING, Draft, Message
from schemas.tables import MESSAGES
from streams.kept_log import message_rows
from streams.ports import Clock, Store

RECENT_BYTES_MAX = 64 * 2**20  # What the loop reads next is nearly always what was just appended.


class EmbeddedLog:
    """Implements streams.ports.Log, and takes drafts. Safe to use from several threads."""

    def __init__(
        self, store: Store, clock: Clock, topic: str = TOPIC_LENDING, partitions: int = 1
    ) -> None:
        self._store = store
        self._clock = clock
        self._topic = topic
        self._lock = threading.Lock()
        self._recent: OrderedDict[tuple[int, int], Message] = OrderedDict()
        self._recent_bytes = 0
        self._ends: dict[int, int] = {}
        self._newest_ms = 0
        for partition in range(partitions):
            self._ends[partition] = self._find_end(partition)

    @property
    def identity(self) -> str:
        return f"embedded/{self._topic}"

    @property
    def partitions(self) -> Sequence[int]:
        return tuple(self._ends)

    def end(self, partition: int) -> int:
        return self._ends[partition]

    def append(self, drafts: Sequence[Draft]) -> list[Message]:
        """Give every draft its place and time, and return once all are on disk.

        A process killed in here may leave some of the drafts behind, none of them acknowledged;
        what stands behind a hole is written over by what comes next.
        """
        if not drafts:
            return []
        with self._lock:
            # Never backwards, even if the machine's clock is set back: order is order of arrival.
            self._newest_ms = max(self._newest_ms, self._clock.now_ms())
            ends = dict(self._ends)
            messages = []
            for draft in drafts:
                offset = ends[draft.partition]
                ends[draft.partition] = offset + 1
                messages.append(
                    Message(
                        self._topic,
                        draft.partition,
                        offset,
                        self._newest_ms,
                        dict(draft.headers),
                        draft.value,
                    )
                )
            self._write(messages)
            self._remember(messages)
            self._ends = ends
        return messages

    def read(self, partition: int, offset: int, *, messages_max: int) -> Sequence[Message]:
        """Return messages from ``offset`` on, at most ``messages_max``; none at the end."""
        last = min(offset + messages_max, self._ends[partition])
        return [self._message(partition, at) for at in range(offset, last)]

    def _message(self, partition: int, offset: int) -> Message:
        # Read once, as a rule: what was handled need not be remembered.
        recent = self._recent.pop((partition, offset), None)
        if recent is not None:
            self._recent_bytes -= len(recent.value)
            return recent
        rows = self._store.read(
            MESSAGES, {"topic": self._topic, "partition": partition, "offset": offset}
        )
        assert rows["offset"].size == 1, f"{self._topic}[{partition}]@{offset} is not in the log"
        return Message(
            self._topic,
            partition,
            offset,
            int(rows["received_at_ms"][0]),
            msgspec.json.decode(rows["headers"].to_list()[0], type=dict[str, str]),
            rows["value"][0],
        )

    def _find_end(self, partition: int) -> int:
        rows = self._store.read(
            MESSAGES,
            {"topic": self._topic, "partition": partition},
            columns=["offset", "received_at_ms"],
        )
        if rows["offset"].size:
            self._newest_ms = max(self._newest_ms, int(rows["received_at_ms"].max()))
        # Not the highest offset: behind a hole stands only what was never acknowledged.
        holes = np.flatnonzero(rows["offset"] != np.arange(rows["offset"].size))
        return int(holes[0]) if holes.size else int(rows["offset"].size)

    def _write(self, messages: list[Message]) -> None:
        self._store.insert(MESSAGES, message_rows(messages))

    def _remember(self, messages: list[Message]) -> None:
        for message in messages:
            self._recent[message.partition, message.offset] = message
            self._recent_bytes += len(message.value)
        while self._recent_bytes > RECENT_BYTES_MAX:
            _, dropped = self._recent.popitem(last=False)
            self._recent_bytes -= len(dropped.value)
