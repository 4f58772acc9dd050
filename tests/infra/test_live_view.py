"""How pages are woken: at once, seldom enough for an eye, and never without the newest."""

import asyncio
import itertools
import threading
import time
from collections.abc import Callable

import pytest

from infra.web.live import LiveSnapshot, LiveView


def follow_for(
    live: LiveView, act: Callable[[], None], *, seconds: float
) -> list[tuple[float, LiveSnapshot | None]]:
    """What a follower got, and after how many seconds, while ``act`` ran in another thread."""

    async def run() -> list[tuple[float, LiveSnapshot | None]]:
        got: list[tuple[float, LiveSnapshot | None]] = []
        begin = time.monotonic()

        async def listen() -> None:
            async for snapshot in live.follow():
                got.append((time.monotonic() - begin, snapshot))  # noqa: PERF401 - told as it comes

        task = asyncio.create_task(listen())
        await asyncio.sleep(0)
        thread = threading.Thread(target=act)
        thread.start()
        await asyncio.sleep(seconds)
        task.cancel()
        thread.join()
        return got

    return asyncio.run(run())


def test_a_snapshot_published_in_another_thread_wakes_a_follower_at_once() -> None:
    live = LiveView()

    got = follow_for(live, lambda: live.publish("results"), seconds=0.3)

    assert [snapshot.results for _, snapshot in got if snapshot] == ["results"]
    assert got[0][0] < 0.15


def test_many_snapshots_become_few_messages_and_the_newest_is_never_left_out() -> None:
    live = LiveView()

    def burst() -> None:
        for n in range(1, 101):
            live.publish(n)
            time.sleep(0.005)

    got = follow_for(live, burst, seconds=1.4)

    told = [snapshot.results for _, snapshot in got if snapshot]
    assert told == sorted(set(told))
    assert told[-1] == 100
    assert len(told) <= 5
    gaps = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(got)]
    assert min(gaps) > 0.2


def test_a_stream_without_changes_beats() -> None:
    live = LiveView(beat_s=0.05)

    got = follow_for(live, lambda: None, seconds=0.3)

    assert len(got) >= 3
    assert {snapshot for _, snapshot in got} == {None}


def test_closing_ends_every_stream() -> None:
    live = LiveView()

    async def follow_to_the_end() -> str:
        asyncio.get_running_loop().call_later(0.05, live.close)
        async for _ in live.follow():
            pass
        return "ended"

    assert asyncio.run(asyncio.wait_for(follow_to_the_end(), 2)) == "ended"


def test_a_follower_that_left_is_forgotten_and_a_closed_loop_stops_no_publisher() -> None:
    live = LiveView()
    follow_for(live, lambda: None, seconds=0.05)

    assert live._followers == {}

    loop = asyncio.new_event_loop()
    live._followers[asyncio.Event()] = loop
    loop.close()
    live.publish("still published")
    assert live.current.results == "still published"


def test_what_is_published_cannot_be_changed_afterwards() -> None:
    live = LiveView()
    extra = {"events": 1}

    live.publish("results", extra)
    extra["events"] = 2

    assert live.current.extra == {"events": 1}
    with pytest.raises(TypeError):
        live.current.extra["events"] = 3  # type: ignore[index]
