"""Two real workers, killed at random moments while both servers come and go.

``python -m tests.benchmarks.kills 200`` is the long form.
"""

from pathlib import Path

import pytest

from infra.services.clickhouse import ClickHouse
from infra.services.kafka import Kafka
from tests.services.killing import kill_workers

pytestmark = pytest.mark.serial

KILLS = 20


def test_workers_killed_at_random_lose_nothing_and_count_nothing_twice(
    kafka_service: Kafka, clickhouse_service: ClickHouse, tmp_path: Path
) -> None:
    killed = kill_workers(kafka_service, clickhouse_service, tmp_path, kills=KILLS, seed=4)
    print(killed)
    assert killed.at_work_count >= KILLS // 3
