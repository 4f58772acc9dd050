"""``python -m tests.benchmarks.kills 200``: many deaths of workers, and nothing lost or twice."""

import argparse
import time

from tests.benchmarks.own_servers import own_servers
from tests.services.killing import kill_workers

KILLS_A_STORY = 20  # Each with a story of its own, so that the clean run stays small.


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with own_servers() as servers:
        for number, done in enumerate(range(0, asked.kills, KILLS_A_STORY)):
            kills = min(KILLS_A_STORY, asked.kills - done)
            seed = asked.seed + number
            started_s = time.monotonic()
            killed = kill_workers(
                servers.kafka, servers.clickhouse, servers.folder, kills=kills, seed=seed
            )
            print(f"seed {seed}, {time.monotonic() - started_s:.0f} s: {killed}", flush=True)
    print(f"{asked.kills} kills: 0 lost, 0 twice, every digest that of a clean run")


if __name__ == "__main__":
    main()
