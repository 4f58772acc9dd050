"""Readers see one generation or the other, never a mixture, while one is written and shown."""

import threading
from typing import Any

from infra.kafka.placing import partition_of
from infra.reference_data import load_lpr
from streams.evaluate import read_snapshot
from streams.generations import show_generation
from streams.pipeline import Pipeline
from streams.ports import Log, Store
from streams.replay import begin, compare, read_again
from streams.stored_log import DealtLog, StoredLog
from tests.job import ListLog
from tests.simulation.world import story

LPR = load_lpr()
DAYS_EARLIER = -1_000  # Events up to so long before receipt count in the other generation.
PARTITIONS = 2


class Reader:
    """Reads snapshots again and again, in a thread of its own."""

    def __init__(self, store: Store) -> None:
        self._store, self._is_stopping = store, threading.Event()
        self.seen: list[tuple[Any, ...]] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._is_stopping.is_set():
            self.seen.append(facts(self._store))

    def stop(self) -> None:
        while not self.seen:
            pass
        self._is_stopping.set()
        self._thread.join()


def facts(store: Store) -> tuple[Any, ...]:
    """What a reader can tell generations apart by."""
    snapshot = read_snapshot(store)
    sums = tuple(int(column.sum()) for _, column in sorted(snapshot.rows.sums.items()))
    registers = len(snapshot.positions), len(snapshot.banks), len(snapshot.indicators)
    return snapshot.generation, tuple(sorted(snapshot.vector.items())), sums, registers


def replayed(store: Store, generation: int, log: Log, days_max: int | None = None) -> None:
    begin(store, generation, log)
    pipeline = Pipeline(
        store,
        lpr=LPR,
        generation=generation,
        log_identity=log.identity,
        future_days_max=days_max,
    )
    read_again(log, pipeline)


def test_readers_never_see_a_mixture_of_two_generations(store: Store) -> None:
    log = ListLog(story(5, events=150), PARTITIONS)
    read_again(log, Pipeline(store, lpr=LPR, log_identity=log.identity, is_log_kept=True))
    kept = StoredLog(store, "lending", identity=log.identity, partitions=PARTITIONS)
    before = facts(store)
    reader = Reader(store)

    replayed(store, 1, kept, DAYS_EARLIER)
    show_generation(store, 1, now_ms=1)
    after = facts(store)
    while after not in reader.seen:
        pass
    reader.stop()

    assert set(reader.seen) == {before, after}
    assert before[2:] != after[2:]
    switched = reader.seen.index(after)
    assert set(reader.seen[switched:]) == {after}


def test_a_replay_from_the_kept_messages_is_the_same_on_every_store(store: Store) -> None:
    log = ListLog(story(7, events=150), PARTITIONS)
    read_again(log, Pipeline(store, lpr=LPR, log_identity=log.identity, is_log_kept=True))
    kept = StoredLog(store, "lending", identity=log.identity, partitions=PARTITIONS)

    replayed(store, 1, kept)
    replayed(store, 2, DealtLog(kept, 5, partition_of))

    assert compare(store, 1, 0).is_equal
    assert compare(store, 2, 0).is_equal
