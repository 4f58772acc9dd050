"""A broker and a ClickHouse server of a benchmark's own, gone with it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from infra.services.clickhouse import ClickHouse
from infra.services.kafka import Kafka
from tests.conftest import JARS_FOLDER
from tests.services.worker_world import cpu_s_of


class Servers(NamedTuple):
    kafka: Kafka
    clickhouse: ClickHouse
    folder: Path  # For logs.

    def cpu_s(self) -> float:
        """Processor time of both so far."""
        return sum(cpu_s_of(service.state.pid) for service in (self.kafka, self.clickhouse))


@contextmanager
def own_servers() -> Iterator[Servers]:
    """Start both, give them, stop them and remove what they stored."""
    with tempfile.TemporaryDirectory(prefix="puhui-bench-") as name:
        folder = Path(name)
        kafka = Kafka(folder / "kafka", jars_folder=JARS_FOLDER)
        clickhouse = ClickHouse(folder / "clickhouse")
        try:
            kafka.start(ends_with_caller=True)
            clickhouse.start(ends_with_caller=True)
            yield Servers(kafka, clickhouse, folder)
        finally:
            clickhouse.stop()
            kafka.stop()
