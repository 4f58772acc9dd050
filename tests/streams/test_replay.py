"""The same messages give the same state, at any number of partitions and killed anywhere."""

import itertools
import random
from collections.abc import Sequence

import pytest

from infra.kafka.placing import partition_of
from infra.reference_data import load_lpr
from schemas.message import Draft, Message
from schemas.tables import CHECKPOINTS, MESSAGES, READMISSIONS
from streams.digest import state_digest
from streams.generations import next_generation, next_offsets, show_generation, shown_generation
from streams.memory_store import Killed, MemoryStore
from streams.partition_memory import WrongLogError
from streams.pipeline import Pipeline
from streams.ports import Log
from streams.replay import Replayed, begin, compare, read_again
from streams.stored_log import DealtLog, StoredLog
from tests.job import ListLog, stored
from tests.quarantine_stories import troubled_story
from tests.simulation.world import story

LPR = load_lpr()
SOURCE_PARTITIONS = 2


def live_store(drafts: Sequence[Draft]) -> MemoryStore:
    """What workers leave who keep the messages too."""
    store, log = MemoryStore(), ListLog(drafts, SOURCE_PARTITIONS)
    pipeline = Pipeline(store, lpr=LPR, log_identity=log.identity, is_log_kept=True)
    read_again(log, pipeline)
    return store


def stored_log(store: MemoryStore) -> StoredLog:
    return StoredLog(store, "lending", identity=ListLog.identity, partitions=SOURCE_PARTITIONS)


def dealt(store: MemoryStore, partitions: int) -> DealtLog:
    return DealtLog(stored_log(store), partitions, partition_of)


def replay(store: MemoryStore, log: Log, generation: int = 1) -> Replayed:
    begin(store, generation, log)
    pipeline = Pipeline(store, lpr=LPR, generation=generation, log_identity=log.identity)
    return read_again(log, pipeline)


def all_of(log: Log, partition: int) -> list[Message]:
    messages: list[Message] = []
    while len(messages) < log.end(partition):
        messages += log.read(partition, len(messages), messages_max=10_000)
    return messages


STORIES = [story(seed, events=150) for seed in range(4)] + [troubled_story(s) for s in range(2)]


@pytest.mark.parametrize("drafts", STORIES, ids=range(len(STORIES)))
def test_replay_from_the_kept_messages_gives_the_state_digest(drafts: list[Draft]) -> None:
    store = live_store(drafts)

    read = replay(store, stored_log(store))

    assert read.message_count == len(drafts) == store.row_count(MESSAGES)
    assert compare(store, 1, 0).is_equal
    assert state_digest(store, 1) == state_digest(store, 0)
    assert next_offsets(store, 1) == next_offsets(store, 0)


@pytest.mark.parametrize("partitions", [1, 2, 6, 11])
@pytest.mark.parametrize("drafts", STORIES, ids=range(len(STORIES)))
def test_at_any_number_of_partitions_too(drafts: list[Draft], partitions: int) -> None:
    store = live_store(drafts)
    log = dealt(store, partitions)

    replay(store, log)

    assert sum(log.end(partition) for partition in log.partitions) == len(drafts)
    assert compare(store, 1, 0).differing_tables == ()


def test_a_message_keeps_its_time_and_its_bytes_whatever_its_partition() -> None:
    store = live_store(STORIES[0])
    log = dealt(store, 3)
    read = [message for partition in log.partitions for message in all_of(log, partition)]
    rows = stored(store, MESSAGES, "received_at_ms", "value")

    assert sorted((m.received_at_ms, m.value) for m in read) == sorted(rows)
    for partition in log.partitions:
        times = [m.received_at_ms for m in read if m.partition == partition]
        assert times == sorted(times)
        offsets = [m.offset for m in read if m.partition == partition]
        assert offsets == list(range(log.end(partition)))


def test_messages_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never all in memory: here a piece holds one message or two."""
    monkeypatch.setattr("streams.stored_log._PIECE_BYTES", 1_500)
    store = live_store(STORIES[1])
    log = dealt(store, 2)

    replay(store, log)

    assert compare(store, 1, 0).is_equal
    assert len(log.read(0, 0, messages_max=1_000)) < log.end(0) / 10


def test_offsets_that_the_log_never_had_are_passed_over() -> None:
    store = MemoryStore()
    log = ListLog(STORIES[0], SOURCE_PARTITIONS)
    for messages in log.messages:
        messages[:] = [m._replace(offset=3 * m.offset + 5) for m in messages]
    pipeline = Pipeline(store, lpr=LPR, log_identity=log.identity, is_log_kept=True)
    for messages in log.messages:
        pipeline.handle(messages)

    replay(store, stored_log(store))

    assert compare(store, 1, 0).is_equal
    assert next_offsets(store, 1) == next_offsets(store, 0)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("partitions", [0, 3])
def test_a_replay_that_is_killed_goes_on_where_it_was(seed: int, partitions: int) -> None:
    store = live_store(troubled_story(seed, events=60))
    rng = random.Random(seed)
    rows = itertools.count()
    first_death = rng.randrange(60)
    dying = store.copy(lambda: next(rows) == first_death or rng.random() < 0.002)
    deaths = 0
    while True:
        log = dealt(dying, partitions) if partitions else stored_log(dying)
        try:
            replay(dying, log)
        except Killed:
            deaths += 1
        else:
            break

    assert deaths
    assert compare(dying, 1, 0).is_equal


def test_the_number_of_a_replay_is_taken_before_it_has_read_anything() -> None:
    store = live_store(STORIES[0])
    assert next_generation(store) == 1
    begin(store, 1, stored_log(store))

    assert next_generation(store) == 2
    assert next_offsets(store, 1) == {0: 0, 1: 0}


def test_a_replay_of_another_dealing_does_not_go_on_with_this_one() -> None:
    store = live_store(STORIES[0])
    begin(store, 1, dealt(store, 3))

    with pytest.raises(WrongLogError, match="dealt to 3"):
        replay(store, dealt(store, 4))


def test_a_worker_goes_on_from_the_checkpoint_of_a_replay() -> None:
    half = len(STORIES[4]) // 2
    store = live_store(STORIES[4][:half])
    replay(store, stored_log(store))

    log = ListLog(STORIES[4], SOURCE_PARTITIONS)
    for generation in (0, 1):
        read_again(log, Pipeline(store, lpr=LPR, generation=generation, log_identity=log.identity))

    assert compare(store, 1, 0).is_equal
    assert state_digest(store, 1) == state_digest(live_store(STORIES[4]))


def test_re_admissions_are_replayed_with_their_origin() -> None:
    store = live_store(STORIES[4])
    replay(store, dealt(store, 5))
    live = stored(store, READMISSIONS, "generation", "origin", "outcome")

    assert len(live) > 4
    assert sorted(row[1:] for row in live if row[0] == 1) == sorted(
        row[1:] for row in live if row[0] == 0
    )


def test_a_difference_is_named_by_table() -> None:
    store = live_store(STORIES[0])
    log = stored_log(store)
    begin(store, 1, log)
    other = Pipeline(
        store, lpr=LPR, generation=1, log_identity=log.identity, future_days_max=-20_000
    )
    read_again(log, other)

    assert {"events", "rejected", "totals"} <= set(compare(store, 1, 0).differing_tables)


def test_showing_a_generation_works_although_the_clock_was_set_back() -> None:
    store = MemoryStore()
    show_generation(store, 1, now_ms=2_000)
    show_generation(store, 2, now_ms=1_000)

    assert shown_generation(store) == 2


def test_generations_take_no_notice_of_each_other() -> None:
    store = live_store(STORIES[0])
    before = stored(store, CHECKPOINTS), state_digest(store)
    replay(store, stored_log(store))

    checkpoints = [row for row in stored(store, CHECKPOINTS) if row[0] == 0]
    assert (checkpoints, state_digest(store)) == before
