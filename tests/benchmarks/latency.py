"""``python -m tests.benchmarks.latency``: from produce to readable in ClickHouse, 5,000 events/s.

The clock of a message runs from when it is handed to the producer until the store shows the
checkpoint behind it, so that everything it changed can be read. The store is asked every
POLL_S; what that adds is in the figures.
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence

from schemas.message import CONTENT_NDJSON, Draft
from tests.benchmarks.own_servers import own_servers
from tests.benchmarks.stages import submissions
from tests.services.paced_load import PacedLoad, Sent, ends_of
from tests.services.worker_world import PARTITIONS, WorkerWorld

EVENTS_A_SECOND = 5_000
EVENTS_A_SUBMISSION = 100
SETTLE_S = 10  # Not counted: the worker has just started.
POLL_S = 0.02
P99_AIM_S = 1.5


def readable_after_s(world: WorkerWorld, drafts: Sequence[Draft]) -> list[float]:
    """Send ``drafts`` at the pace; return how long each took to be readable, in their order."""
    seen: list[tuple[float, dict[int, int]]] = []
    with world.producer() as producer:
        pace = EVENTS_A_SECOND / EVENTS_A_SUBMISSION
        load = PacedLoad(producer, drafts, messages_a_second=pace)
        load.start()
        seen.extend((time.monotonic(), done) for done in _polled(world, load))
        sent = load.finish()
    return [_seen_s(one, seen) - one.posted_s for one in sorted(sent)]


def _polled(world: WorkerWorld, load: PacedLoad) -> Iterator[dict[int, int]]:
    while True:
        is_last = load.is_over
        done = world.done()
        yield done
        ends = ends_of(load.sent, PARTITIONS) if is_last else []
        if is_last and all(done.get(partition, 0) >= end for partition, end in enumerate(ends)):
            return
        time.sleep(POLL_S)


def _seen_s(sent: Sent, seen: Sequence[tuple[float, dict[int, int]]]) -> float:
    place = sent.place
    low, high = 0, len(seen) - 1
    while low < high:
        middle = (low + high) // 2
        if seen[middle][1].get(place.partition, 0) > place.offset:
            high = middle
        else:
            low = middle + 1
    return seen[low][0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    event_count = (SETTLE_S + asked.seconds) * EVENTS_A_SECOND
    drafts = submissions(event_count, CONTENT_NDJSON, events_a_submission=EVENTS_A_SUBMISSION)
    with own_servers() as servers:
        world = WorkerWorld(servers.kafka.brokers, servers.clickhouse.url, servers.folder)
        try:
            workers = [world.start(f"worker-{number}") for number in range(asked.workers)]
            world.wait_until_ready(workers)
            took_s = readable_after_s(world, drafts)
        finally:
            world.close()
    counted = took_s[SETTLE_S * EVENTS_A_SECOND // EVENTS_A_SUBMISSION :]
    cuts_s = statistics.quantiles(counted, n=100)
    print(
        f"{EVENTS_A_SECOND:,} events/s in submissions of {EVENTS_A_SUBMISSION} (seed 1) for "
        f"{asked.seconds} s, {asked.workers} worker(s): produce to readable p50 {cuts_s[49]:.3f} s, "
        f"p99 {cuts_s[98]:.3f} s (aim under {P99_AIM_S} s), longest {max(counted):.3f} s"
    )


if __name__ == "__main__":
    main()
