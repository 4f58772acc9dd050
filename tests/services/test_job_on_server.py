"""kill -9 of the whole job on a ClickHouse server: the state equals a clean run in memory."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.clickhouse.server import ServerConnection
from streams.digest import state_digest
from tests.conftest import in_database
from tests.job import run_job
from tests.services.job_on_server import EVENTS, PARTITIONS
from tests.simulation.world import story

ROOT = Path(__file__).parents[2]
KILLS = 6


def start(url: str, seed: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.services.job_on_server", url, str(seed)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("seed", [4, 9])
def test_killed_at_random_moments_the_job_ends_like_a_clean_one(
    clickhouse_url: str, seed: int
) -> None:
    url = in_database(clickhouse_url, f"job_{os.getpid()}_{seed}")
    rng = random.Random(seed)
    interrupted = 0
    for _ in range(KILLS):
        with start(url, seed) as victim:
            assert victim.stdout is not None
            assert victim.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0.0, 0.4))
            victim.kill()
            interrupted += "digest" not in victim.stdout.read()
    with start(url, seed) as survivor:
        last_words = survivor.communicate(timeout=120)[0].splitlines()[-1]
    connection = ServerConnection(url)
    connection.execute(f"drop database {connection.database}")
    connection.close()

    assert interrupted >= KILLS // 2
    clean = run_job(story(seed, partitions=PARTITIONS, events=EVENTS))
    assert last_words == f"digest {state_digest(clean)}"
