"""``python -m tests.benchmarks.soak``: ten minutes at 5,000 events/s; memory of the worker.

All is of one quarter, as ten minutes are, and borrowers are few, so that what is known of them is
soon complete: what still grows by design is the filter of event ids, four bytes an event.
"""

import argparse
import time

from schemas.message import CONTENT_NDJSON
from tests.benchmarks.own_servers import own_servers
from tests.benchmarks.stages import submissions
from tests.services.paced_load import PacedLoad, ends_of
from tests.services.worker_world import PARTITIONS, WorkerProcess, WorkerWorld

EVENTS_A_SECOND = 5_000
EVENTS_A_SUBMISSION = 100
BORROWERS, DAYS = 5_000, 90
SETTLED_AFTER_MINUTES = 2
GROWTH_AIM_PERCENT = 5


def memory_by_minute(worker: WorkerProcess, world: WorkerWorld, minutes: int) -> list[float]:
    """Return the resident memory at the start and after every minute, and print it."""
    found = []
    started_s = time.monotonic()
    for minute in range(minutes + 1):
        time.sleep(max(0.0, started_s + 60 * minute - time.monotonic()))
        found.append(worker.resident_mb())
        handled = sum(world.done().values()) * EVENTS_A_SUBMISSION
        print(f"minute {minute}: {found[-1]:.0f} MB, {handled:,} events readable", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=10)
    asked = parser.parse_args()
    drafts = submissions(
        asked.minutes * 60 * EVENTS_A_SECOND,
        CONTENT_NDJSON,
        events_a_submission=EVENTS_A_SUBMISSION,
        borrowers=BORROWERS,
        days=DAYS,
    )
    with own_servers() as servers:
        world = WorkerWorld(servers.kafka.brokers, servers.clickhouse.url, servers.folder)
        try:
            worker = world.start("soak")
            world.wait_until_ready([worker])
            with world.producer() as producer:
                pace = EVENTS_A_SECOND / EVENTS_A_SUBMISSION
                load = PacedLoad(producer, drafts, messages_a_second=pace)
                load.start()
                memory_mb = memory_by_minute(worker, world, asked.minutes)
                ends = ends_of(load.finish(), PARTITIONS)
            world.wait_until(lambda: world.has_done(ends), 60, "all handled")
        finally:
            world.close()
    settled_mb = memory_mb[min(SETTLED_AFTER_MINUTES, asked.minutes)]
    growth = (memory_mb[-1] - settled_mb) / settled_mb
    print(
        f"{asked.minutes} minutes at {EVENTS_A_SECOND:,} events/s (seed 1, {BORROWERS:,} borrowers): "
        f"{settled_mb:.0f} MB after {SETTLED_AFTER_MINUTES}, {memory_mb[-1]:.0f} MB in the end, "
        f"{growth:+.1%} (aim under {GROWTH_AIM_PERCENT} %)"
    )


if __name__ == "__main__":
    main()
