"""kill -9 of the whole job on the real embedded store: the state equals a clean run in memory.

Run as a script this file is the victim: it appends a story to the log, handles it batch by
batch, and prints the digest when it lives to see the end.
"""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.reference_data import load_lpr
from infra.wiring import Node
from streams.digest import state_digest
from streams.pipeline import Pipeline
from tests.job import run_job
from tests.simulation.world import story

REPOSITORY = Path(__file__).parents[2]
EVENTS = 400
KILLS = 6


def live(folder: Path, seed: int) -> None:
    drafts = story(seed, partitions=1, events=EVENTS)
    with Node(folder) as node:
        if node.log.end(0) < len(drafts):
            node.log.append(drafts[node.log.end(0) :])
        pipeline = Pipeline(node.store, lpr=load_lpr(), log_identity=node.log.identity)
        print("ready", flush=True)
        rng = random.Random(seed)
        while (offset := pipeline.next_offset(0)) < node.log.end(0):
            pipeline.handle(node.log.read(0, offset, messages_max=rng.randint(1, 5)))
            print(f"handled {offset}", flush=True)
        print(f"digest {state_digest(node.store)}", flush=True)


def start(folder: Path, seed: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.simulation.test_kill_nine", str(folder), str(seed)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("seed", [4, 9])
def test_killed_at_random_moments_the_job_ends_like_a_clean_one(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    interrupted = 0
    for _ in range(KILLS):
        with start(tmp_path, seed) as victim:
            assert victim.stdout is not None
            assert victim.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0.0, 0.4))
            victim.kill()
            interrupted += "digest" not in victim.stdout.read()
    with start(tmp_path, seed) as survivor:
        last_words = survivor.communicate(timeout=120)[0].splitlines()[-1]
    assert interrupted >= KILLS // 2
    clean = run_job(story(seed, partitions=1, events=EVENTS))
    assert last_words == f"digest {state_digest(clean)}"


if __name__ == "__main__":
    live(Path(sys.argv[1]), int(sys.argv[2]))
