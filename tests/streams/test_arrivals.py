"""What Kafka brings is taken in order, bounded, and a hole is an error."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from schemas.message import Message
from streams.arrivals import Arrivals, HoleError


def message(offset: int, partition: int = 0, size_bytes: int = 10, at_ms: int = 0) -> Message:
    return Message("lending", partition, offset, at_ms, {}, b"x" * size_bytes)


def run(story: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(story, 5))


async def filled(arrivals: Arrivals, *messages: Message) -> Arrivals:
    for one in messages:
        await arrivals.put(one, f"token {one.offset}")
    return arrivals


def offsets(batch) -> list[int]:
    return [one.offset for one in batch.messages]


def test_a_batch_is_all_that_waits_of_one_partition_the_oldest_first() -> None:
    async def story() -> None:
        arrivals = Arrivals(1_000)
        arrivals.expect({0: 5, 1: 0})
        await filled(arrivals, message(5, at_ms=30), message(0, 1, at_ms=20), message(6, at_ms=40))

        first, second = await arrivals.take(), await arrivals.take()

        assert (first.messages[0].partition, offsets(first)) == (1, [0])
        assert (offsets(second), second.tokens) == ([5, 6], ["token 5", "token 6"])

    run(story())


def test_a_batch_has_a_bound_and_a_larger_message_is_one_of_its_own() -> None:
    async def story() -> list[list[int]]:
        arrivals = Arrivals(100)
        arrivals.expect({0: 0})
        sizes = [60, 30, 20, 150]
        await filled(arrivals, *(message(n, size_bytes=size) for n, size in enumerate(sizes)))
        return [offsets(await arrivals.take()) for _ in range(3)]

    assert run(story()) == [[0, 1], [2], [3]]


def test_who_brings_too_much_waits_until_some_is_taken() -> None:
    async def story() -> None:
        arrivals = Arrivals(100)
        arrivals.expect({0: 0})
        await filled(arrivals, message(0, size_bytes=100), message(1, size_bytes=100))
        waiting = asyncio.ensure_future(arrivals.put(message(2), "token"))
        await asyncio.sleep(0.01)
        assert not waiting.done()

        await arrivals.take()
        await asyncio.wait_for(waiting, 1)

    run(story())


def test_what_was_fetched_before_a_seek_is_dropped_until_the_next_one_comes() -> None:
    async def story() -> list[int]:
        arrivals = Arrivals(1_000)
        arrivals.expect({0: 0})
        await filled(arrivals, *(message(n) for n in range(3)))
        arrivals.expect({0: 1})
        stale = [message(7), message(8), message(0)]
        await filled(arrivals, *stale, message(1), message(2), message(9, partition=3))
        return offsets(await arrivals.take())

    assert run(story()) == [1, 2]


def test_what_comes_twice_is_dropped_and_what_is_missing_is_an_error() -> None:
    async def story() -> None:
        arrivals = Arrivals(1_000)
        arrivals.expect({0: 0})
        await filled(arrivals, message(0), message(0), message(1))
        with pytest.raises(HoleError, match=r"lending\[0\]@3: expected offset 2"):
            await arrivals.put(message(3), "token")

    run(story())
