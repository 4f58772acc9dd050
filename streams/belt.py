"""Brings arrivals to the desk: while one batch is stored, the next is prepared.

Each in a thread of its own, so that neither delays the group's heartbeat; batches are stored in
the order in which they were prepared. At most three are under way.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, Protocol

from schemas.message import Message
from streams.arrivals import Arrivals


class Desk(Protocol):
    """Who does the work. ``store`` comes from one thread, all else from another; all may block."""

    def start(self, partitions: Sequence[int]) -> Mapping[int, int]:
        """Take these partitions, and no others, over; return where to read each from."""
        ...

    def prepare(self, messages: Sequence[Message]) -> Any:
        """Do all the work on messages of one partition but the storing."""
        ...

    def store(self, prepared: Any) -> None:
        """Store what was prepared."""
        ...


class Belt:
    """Two tasks on the event loop: ``prepare`` and ``store``, both without an end."""

    def __init__(
        self, arrivals: Arrivals, desk: Desk, die: Callable[[BaseException], NoReturn]
    ) -> None:
        self._arrivals, self._desk, self._die = arrivals, desk, die
        self._preparing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")
        self._storing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._prepared: asyncio.Queue[tuple[Any, list[Any]]] = asyncio.Queue(maxsize=1)
        self._under_way_count = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def prepare(self) -> None:
        """Prepare batch after batch."""
        loop = asyncio.get_running_loop()
        while True:
            batch = await self._arrivals.take()
            self._under_way_count += 1
            self._idle.clear()
            try:
                prepared = await loop.run_in_executor(
                    self._preparing, self._desk.prepare, batch.messages
                )
            except Exception as error:  # noqa: BLE001 - the driver would go on without the batch
                self._die(error)
            await self._prepared.put((prepared, batch.tokens))

    async def store(self, acknowledge: Callable[[Any], object]) -> None:
        """Store what is prepared, then acknowledge every message of it."""
        loop = asyncio.get_running_loop()
        while True:
            prepared, tokens = await self._prepared.get()
            try:
                await loop.run_in_executor(self._storing, self._desk.store, prepared)
            except Exception as error:  # noqa: BLE001 - likewise
                self._die(error)
            for token in tokens:
                acknowledge(token)
            self._under_way_count -= 1
            if not self._under_way_count:
                self._idle.set()

    async def start(self, partitions: Sequence[int]) -> Mapping[int, int]:
        """Let the desk take ``partitions`` over once everything under way is stored."""
        await self.come_to_rest()
        loop = asyncio.get_running_loop()
        try:
            offsets = await loop.run_in_executor(self._preparing, self._desk.start, partitions)
        except Exception as error:  # noqa: BLE001 - the driver would start where it likes
            self._die(error)
        self._arrivals.expect(offsets)
        return offsets

    async def come_to_rest(self) -> None:
        """Take nothing more, and return when everything under way is stored."""
        self._arrivals.pause()
        await self._idle.wait()
