"""The embedded log: places are given once, and what was acknowledged is never lost."""

import pytest

from infra.embedded_log import EmbeddedLog
from schemas.message import Draft
from streams.memory_store import Killed, MemoryStore


class StandingClock:
    def __init__(self, now_ms: int = 1_000) -> None:
        self.time_ms = now_ms

    def now_ms(self) -> int:
        return self.time_ms


def drafts(*values: bytes) -> list[Draft]:
    return [Draft(0, {"bank": "B", "seq": "1"}, value) for value in values]


def values(log: EmbeddedLog, offset: int = 0, messages_max: int = 100) -> list[bytes]:
    return [message.value for message in log.read(0, offset, messages_max=messages_max)]


def test_offsets_follow_each_other_over_appends_and_restarts() -> None:
    store = MemoryStore()
    log = EmbeddedLog(store, StandingClock())
    log.append(drafts(b"a", b"b"))
    log = EmbeddedLog(store, StandingClock())
    log.append(drafts(b"c"))

    assert log.end(0) == 3
    assert values(log) == [b"a", b"b", b"c"]
    assert [m.offset for m in log.read(0, 1, messages_max=1)] == [1]
    assert log.read(0, 3, messages_max=10) == []


def test_a_message_read_after_a_restart_is_the_one_appended() -> None:
    store = MemoryStore()
    (appended,) = EmbeddedLog(store, StandingClock(7)).append(drafts(b"\x00\xff"))

    (read,) = EmbeddedLog(store, StandingClock(9)).read(0, 0, messages_max=1)

    assert read == appended
    assert read.received_at_ms == 7


def test_time_of_arrival_never_goes_back() -> None:
    store = MemoryStore()
    EmbeddedLog(store, StandingClock(500)).append(drafts(b"a"))

    (later,) = EmbeddedLog(store, StandingClock(100)).append(drafts(b"b"))

    assert later.received_at_ms == 500


@pytest.mark.parametrize("died_before_row", range(4))
def test_a_killed_append_leaves_a_prefix_and_the_next_one_goes_on(died_before_row: int) -> None:
    store = MemoryStore()
    log = EmbeddedLog(store, StandingClock())
    log.append(drafts(b"acknowledged"))
    asked = 0

    def kill() -> bool:
        nonlocal asked
        asked += 1
        return asked == died_before_row + 1

    store.kill = kill
    if died_before_row < 3:
        with pytest.raises(Killed):
            log.append(drafts(b"x", b"y", b"z"))
    store.kill = None

    restarted = EmbeddedLog(store, StandingClock())
    restarted.append(drafts(b"next"))

    assert values(restarted)[0] == b"acknowledged"
    assert values(restarted)[-1] == b"next"
    assert values(restarted)[1:-1] == [b"x", b"y", b"z"][: restarted.end(0) - 2]


def test_what_stands_behind_a_hole_is_written_over() -> None:
    store = MemoryStore()
    log = EmbeddedLog(store, StandingClock())
    log.append(drafts(b"a", b"lost", b"behind the hole"))
    # A block may be left in any part: take the middle row away.
    rows = store._rows["messages"]
    del rows[("lending", 0, 1)]

    restarted = EmbeddedLog(store, StandingClock())
    assert restarted.end(0) == 1
    restarted.append(drafts(b"new 1", b"new 2"))

    assert values(EmbeddedLog(store, StandingClock())) == [b"a", b"new 1", b"new 2"]


def test_messages_no_longer_in_memory_are_read_from_the_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infra.embedded_log.RECENT_BYTES_MAX", 10)
    log = EmbeddedLog(MemoryStore(), StandingClock())
    for number in range(5):
        log.append(drafts(b"%d" % number * 6))

    assert len(log._recent) == 1
    assert values(log) == [b"%d" % number * 6 for number in range(5)]
