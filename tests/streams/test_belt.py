"""Batches are prepared one ahead of what is stored, in order, and acknowledged when stored."""

import asyncio
import threading
from typing import Any, NoReturn

import pytest

from schemas.message import Message
from streams.arrivals import Arrivals
from streams.belt import Belt


class Died(BaseException):
    pass


def die(error: BaseException) -> NoReturn:
    raise Died(str(error))


class SlowDesk:
    """Remembers what it did; stores only when it may."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.may_store = threading.Event()

    def start(self, partitions):
        self.done.append(f"start {list(partitions)}")
        return dict.fromkeys(partitions, 0)

    def prepare(self, messages):
        self.done.append(f"prepare {messages[0].offset}")
        return messages[0].offset

    def store(self, prepared):
        self.may_store.wait(5)
        self.done.append(f"store {prepared}")


def message(offset: int) -> Message:
    return Message("lending", 0, offset, 0, {}, b"x" * 10)


async def on_belt(desk: Any, story) -> list[int]:
    arrivals, acknowledged = Arrivals(10), []
    belt = Belt(arrivals, desk, die)
    tasks = [
        asyncio.ensure_future(belt.prepare()),
        asyncio.ensure_future(belt.store(acknowledged.append)),
    ]
    try:
        await asyncio.wait_for(story(belt, arrivals, acknowledged), 5)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if not task.cancelled() and isinstance(task.exception(), Died):
            raise task.exception()
    return acknowledged


async def until(condition) -> None:
    while not condition():  # noqa: ASYNC110 - what threads do sets no event
        await asyncio.sleep(0.005)


def test_while_one_is_stored_the_next_is_prepared_and_none_is_acknowledged() -> None:
    desk = SlowDesk()

    async def story(belt, arrivals, acknowledged) -> None:
        await belt.start([0])
        for offset in range(3):
            await arrivals.put(message(offset), offset)
        await until(lambda: "prepare 2" in desk.done)
        assert acknowledged == []
        desk.may_store.set()
        await until(lambda: len(acknowledged) == 3)

    assert asyncio.run(on_belt(desk, story)) == [0, 1, 2]
    assert [one for one in desk.done if one.startswith("store")] == [
        "store 0",
        "store 1",
        "store 2",
    ]


def test_partitions_are_taken_over_only_when_everything_under_way_is_stored() -> None:
    desk = SlowDesk()

    async def story(belt, arrivals, acknowledged) -> None:
        await belt.start([0])
        await arrivals.put(message(0), 0)
        await until(lambda: "prepare 0" in desk.done)
        again = asyncio.ensure_future(belt.start([0, 1]))
        await asyncio.sleep(0.02)
        assert not again.done()
        desk.may_store.set()
        await again

    asyncio.run(on_belt(desk, story))
    assert desk.done == ["start [0]", "prepare 0", "store 0", "start [0, 1]"]


@pytest.mark.parametrize("step", ["prepare", "store"])
def test_what_nobody_foresaw_ends_the_process_before_an_acknowledgement(step: str) -> None:
    desk = SlowDesk()
    desk.may_store.set()

    def broken(_):
        raise ZeroDivisionError("broken")

    setattr(desk, step, broken)
    seen: list[list[int]] = []

    async def story(belt, arrivals, acknowledged) -> None:
        seen.append(acknowledged)
        await belt.start([0])
        await arrivals.put(message(0), 0)
        await asyncio.sleep(0.1)

    with pytest.raises(Died, match="broken"):
        asyncio.run(on_belt(desk, story))
    assert seen == [[]]
