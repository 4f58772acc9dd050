"""Two workers under load, killed at random moments, with both servers away for a while.

The producer tells a seeded story of late, repeated, contradicting and broken submissions.
"""

import random
import time
from pathlib import Path
from typing import NamedTuple

from infra.clickhouse.server import StoreAwayError
from infra.services.clickhouse import ClickHouse
from infra.services.kafka import Kafka
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON, Draft
from schemas.wire import encode
from tests.event_stories import random_events, submissions
from tests.services.clean_run import check_store, check_topic
from tests.services.paced_load import PacedLoad
from tests.services.worker_world import PARTITIONS, WorkerProcess, WorkerWorld
from tests.simulation.world import damaged

STORE_AWAY_S = 20
PAUSE_S = (0.1, 2.5)  # Between two kills, at least.
AWAY_PAUSE_S = (3, 8)  # While the store is away there is little to interrupt.
# Starting takes a worker some seconds. Three in four kills wait for one that is at work.
AT_WORK_CHANCE, AT_WORK_WAIT_S = 0.75, 15
EXPECTED_KILL_S = 4  # What one kill with its pauses takes, about.
CONTENT = (CONTENT_NDJSON, CONTENT_ARROW)
EVENTS_A_KILL = 2_500
STORE_GAVE_UP = 75
DRAIN_MAX_S = 240


class Killed(NamedTuple):
    """What happened, for whoever prints it."""

    kill_count: int
    at_work_count: int  # Kills of a worker that had been given partitions.
    moved_count: int  # Kills before which the store had moved on since the kill before.
    gave_up_count: int  # Workers that ended by themselves because the store stayed away.
    message_count: int
    event_count: int
    drained_s: float


def told(seed: int, event_count: int, *, content_type: str = CONTENT_NDJSON) -> list[Draft]:
    """Return a story of eight banks in four lanes each, damaged as networks and banks do."""
    drafts = submissions(
        random_events(seed, event_count, banks=8, borrowers=event_count // 50),
        seed,
        lanes=4,
        partitions=PARTITIONS,
        events_per_submission=20,
        encode=lambda events: encode(events, content_type),
    )
    drafts = [d._replace(headers={**d.headers, "content-type": content_type}) for d in drafts]
    return damaged(drafts, random.Random(seed))


def kill_workers(
    kafka: Kafka, clickhouse: ClickHouse, folder: Path, *, kills: int, seed: int
) -> Killed:
    """Run the story through it all and check what is stored; raise AssertionError on a fault."""
    drafts = told(seed, kills * EVENTS_A_KILL, content_type=CONTENT[seed % 2])
    world = WorkerWorld(kafka.brokers, clickhouse.url, folder)
    producer = world.producer()
    expected_s = kills * EXPECTED_KILL_S
    load = PacedLoad(producer, drafts, messages_a_second=len(drafts) / expected_s)
    try:
        workers = [world.start("a"), world.start("b")]
        load.start()
        world.wait_until_ready(workers)
        counts = _kill(world, workers, kafka, clickhouse, kills, seed)
        sent = load.finish()
        messages = world.messages()
        ends = [len(partition) for partition in messages]
        drained_s = world.wait_until(
            lambda: _start_again(world, workers) == 0 and world.has_done(ends),
            DRAIN_MAX_S,
            "everything handled",
        )
        for worker in workers:
            assert worker.stop() == 0, worker.log_end()
        check_topic(drafts, messages)
        event_count = check_store(world.store, messages)
        return Killed(kills, *counts, len(sent), event_count, drained_s)
    finally:
        producer.close()
        world.close()


def _kill(
    world: WorkerWorld,
    workers: list[WorkerProcess],
    kafka: Kafka,
    clickhouse: ClickHouse,
    kills: int,
    seed: int,
) -> tuple[int, int, int]:
    """Kill and start again; return how often one was at work, the store moved, and one gave up."""
    rng = random.Random(seed)
    at_work_count = moved_count = gave_up_count = 0
    before = _progress(world)
    back_s = 0.0
    for number in range(kills):
        # By this thread: a server that ends with its caller ends with the thread that started it.
        if number == kills // 4:
            clickhouse.stop()
            back_s = time.monotonic() + STORE_AWAY_S
        if number == kills * 3 // 4:
            kafka.stop()
            kafka.start(ends_with_caller=True)
        time.sleep(rng.uniform(*(AWAY_PAUSE_S if back_s else PAUSE_S)))
        if back_s and time.monotonic() > back_s:
            clickhouse.start(ends_with_caller=True)
            back_s = 0.0
        gave_up_count += _start_again(world, workers)
        victim = rng.randrange(len(workers))
        if not back_s and rng.random() < AT_WORK_CHANCE:
            victim = _at_work(world, workers, victim, before)
        at_work_count += workers[victim].has_partitions
        workers[victim].kill()
        workers[victim] = world.start(workers[victim].name)
        now = _progress(world)
        moved_count += now > before
        before = max(before, now)
    assert not back_s, f"{kills} kills are too few: the store is still away"
    return at_work_count, moved_count, gave_up_count


def _at_work(world: WorkerWorld, workers: list[WorkerProcess], wished: int, before: int) -> int:
    """Wait until the store has moved on; return the wished victim or who else has partitions."""
    give_up_s = time.monotonic() + AT_WORK_WAIT_S
    while time.monotonic() < give_up_s:
        for victim in (wished, 1 - wished):
            is_at_work = workers[victim].is_running and workers[victim].has_partitions
            if is_at_work and _progress(world) > before:
                return victim
        time.sleep(0.02)
    return wished


def _start_again(world: WorkerWorld, workers: list[WorkerProcess]) -> int:
    """Start again who gave up because the store was away, as a supervisor does."""
    ended = [place for place, worker in enumerate(workers) if not worker.is_running]
    for place in ended:
        assert workers[place].exit_code == STORE_GAVE_UP, workers[place].log_end()
        workers[place] = world.start(workers[place].name)
    return len(ended)


def _progress(world: WorkerWorld) -> int:
    try:
        return sum(world.done().values())
    except StoreAwayError:
        return 0
