"""Commands and pages on a server with a worker: the same figures as on a folder."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from infra.canary import Canary
from tests.services.worker_world import ROOT, RUN_PUHUI, WorkerWorld

pytestmark = pytest.mark.serial

SAMPLES = sorted((ROOT / "tests/infra/pboc/samples").glob("*.zip"))


@pytest.fixture
def world(kafka_brokers: str, clickhouse_url: str, tmp_path: Path) -> Iterator[WorkerWorld]:
    with closing(WorkerWorld(kafka_brokers, clickhouse_url, tmp_path)) as world:
        world.start("a")
        yield world


def puhui(*words: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RUN_PUHUI, *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_imported_through_kafka_is_what_is_imported_into_a_folder(
    world: WorkerWorld, tmp_path: Path
) -> None:
    alone = {k: v for k, v in os.environ.items() if not k.startswith("PUHUI_")}
    folder = ["--data", str(tmp_path / "data")]
    files = [str(path) for path in SAMPLES]

    told = json.loads(puhui("import", *files, "--json", env=world.env))["files"]
    told_alone = json.loads(puhui("import", *files, "--json", *folder, env=alone))["files"]

    places = ("file", "duration_s", "received_at_ms")
    for report in (*told, *told_alone):
        for name in places:
            report.pop(name, None)
    assert told == told_alone
    digest = puhui("digest", env=world.env)
    assert digest == puhui("digest", *folder, env=alone)
    again = puhui("import", *files, "--lang", "en", env=world.env)
    assert "imported before, nothing sent" in again
    assert puhui("digest", env=world.env) == digest


def test_the_pages_follow_what_workers_store(world: WorkerWorld) -> None:
    served = subprocess.Popen(
        [sys.executable, "-c", RUN_PUHUI, "serve", "--port", "0"],
        cwd=ROOT,
        env=world.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert served.stdout is not None
        url = served.stdout.readline().split()[1]

        def status() -> dict:
            with urllib.request.urlopen(f"{url}api/status") as answer:
                return json.load(answer)

        assert status()["events"] == 0
        puhui("import", *map(str, SAMPLES), env=world.env)
        give_up_s = time.monotonic() + 20
        while status()["events"] < 50:
            assert time.monotonic() < give_up_s, status()
            time.sleep(0.1)
        assert status()["complete_to"] == "2026-09-30"
    finally:
        served.terminate()
        assert served.wait(15) == 0


def test_the_canary_is_timed_from_its_sending_to_its_reading(world: WorkerWorld) -> None:
    took: list[float] = []
    with world.producer() as producer:
        canary = Canary(
            world.store,
            producer,
            generation=0,
            is_ours=lambda: True,
            on_done=took.append,
            on_missing=lambda: took.append(-1.0),
            period_s=0.2,
        )
        with canary:
            give_up_s = time.monotonic() + 40
            while len(took) < 3:
                assert time.monotonic() < give_up_s
                time.sleep(0.05)

    assert all(seconds > 0 for seconds in took)
    assert min(took) < 2
