"""What Kafka has brought and nobody has handled yet: bounded, by partition, in order.

Lives on one event loop. After a seek some of what was fetched before may still arrive; it is
dropped until the message comes that is next. Then every message must be the next one: a hole
would be a loss, so it is an error.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.message import Message

_MESSAGES_MAX = 2_000  # Of one batch, however small.


class HoleError(RuntimeError):
    """A message is not the next one of its partition."""

    def __init__(self, message: Message, expected: int) -> None:
        super().__init__(
            f"{message.place}: expected offset {expected}. Nothing behind the hole was handled. "
            "The topic must be neither compacted nor written in transactions: puhui topics --check"
        )


class Batch(NamedTuple):
    """Messages of one partition, in order, and what the driver acknowledges them by."""

    messages: list[Message]
    tokens: list[Any]


@dataclass
class _Queue:
    """One partition: what is waiting, and the offset that comes next."""

    expected: int
    is_in_step: bool = False
    waiting: deque[tuple[Message, Any]] = field(default_factory=deque)


class Arrivals:
    """Messages on their way to the desk."""

    def __init__(self, batch_bytes_max: int) -> None:
        self._batch_bytes_max = batch_bytes_max
        self._queues: dict[int, _Queue] = {}
        self._held_bytes = 0
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()

    def pause(self) -> None:
        """Forget everything; what arrives is dropped until ``expect`` says what is wanted."""
        self._queues = {}
        self._held_bytes = 0
        self._emptied.set()

    def expect(self, next_offsets: Mapping[int, int]) -> None:
        """Take messages of these partitions from now on, each from its offset."""
        self.pause()
        self._queues = {partition: _Queue(offset) for partition, offset in next_offsets.items()}

    async def put(self, message: Message, token: Any) -> None:
        """Take a message in; wait while twice a batch is held. Raise HoleError for a hole."""
        while self._held_bytes >= 2 * self._batch_bytes_max:
            self._emptied.clear()
            await self._emptied.wait()
        queue = self._queues.get(message.partition)
        if queue is None or message.offset < queue.expected:
            return
        if message.offset > queue.expected:
            if queue.is_in_step:
                raise HoleError(message, queue.expected)
            return
        queue.is_in_step = True
        queue.expected += 1
        queue.waiting.append((message, token))
        self._held_bytes += len(message.value)
        self._filled.set()

    async def take(self) -> Batch:
        """Return the next batch: of the partition whose oldest message came first to the broker."""
        while not (filled := [queue for queue in self._queues.values() if queue.waiting]):
            self._filled.clear()
            await self._filled.wait()
        queue = min(filled, key=lambda one: one.waiting[0][0].received_at_ms)
        batch = Batch([], [])
        room = self._batch_bytes_max
        while queue.waiting and len(batch.messages) < _MESSAGES_MAX:
            message, token = queue.waiting[0]
            if batch.messages and len(message.value) > room:
                break
            queue.waiting.popleft()
            room -= len(message.value)
            self._held_bytes -= len(message.value)
            batch.messages.append(message)
            batch.tokens.append(token)
        self._emptied.set()
        return batch
