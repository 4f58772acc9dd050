"""A topic, a database and ``puhui worker`` processes over them, which may be killed at any moment.

Used by the tests of workers and by the long forms in tests/benchmarks.
"""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from infra.clickhouse.migrate import migrate
from infra.clickhouse.server import ServerConnection, StoreAwayError
from infra.clickhouse.store import ClickHouseStore
from infra.kafka.address import KafkaAddress
from infra.kafka.log import KafkaLog
from infra.kafka.producer import SubmissionProducer
from infra.kafka.topics import ensure_topics
from infra.settings import Settings
from schemas.message import TOPIC_LENDING, Message
from tests.conftest import in_database

ROOT = Path(__file__).parents[2]
PARTITIONS = 6
RUN_PUHUI = "from infra.cli import main; main()"
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class WorkerProcess:
    """One life of a worker; what it says goes to a file."""

    def __init__(self, name: str, flags: Sequence[str], env: dict[str, str], log: Path) -> None:
        self.name, self.log = name, log
        self._log_start_bytes = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", RUN_PUHUI, "worker", "--name", name, *flags],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env=env,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    @property
    def has_partitions(self) -> bool:
        """Tell whether it was given partitions in this life."""
        return "partitions assigned" in self._said()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self, timeout_s: float = 30) -> int:
        """Ask it to end, and return its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout_s)

    def cpu_s(self) -> float:
        return cpu_s_of(self.pid)

    def resident_mb(self) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def log_end(self, lines: int = 30) -> str:
        return "\n".join(self._said().splitlines()[-lines:])

    def _said(self) -> str:
        return self.log.read_bytes()[self._log_start_bytes :].decode(errors="replace")


class WorkerWorld:
    """Topics with a prefix of their own and a database of its own, made and dropped here."""

    def __init__(
        self,
        brokers: str,
        url: str,
        folder: Path,
        *,
        prefix: str = "",
        partitions: int = PARTITIONS,
    ) -> None:
        """Make what is missing; ``prefix`` names topics that are there already."""
        name = uuid.uuid4().hex[:12]
        self.folder = folder
        self.prefix = prefix or f"t{name}-"
        self.url = in_database(url, f"t_{name}")
        self.settings = Settings(
            kafka_brokers=brokers, kafka_prefix=self.prefix, kafka_partitions=partitions
        )
        self.address = KafkaAddress.from_settings(self.settings)
        self.topic = self.prefix + TOPIC_LENDING
        self.make_topics()
        self.connection = ServerConnection(self.url)
        migrate(self.connection, now_ms=0)
        self.store = ClickHouseStore(self.connection)
        self._workers: dict[str, WorkerProcess] = {}  # The newest life of each name.
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("PUHUI_")} | {
            "PYTHONPATH": str(ROOT),
            "PUHUI_KAFKA_BROKERS": brokers,
            "PUHUI_CLICKHOUSE_URL": self.url,
            "PUHUI_KAFKA_PREFIX": self.prefix,
            "PUHUI_KAFKA_PARTITIONS": str(partitions),
            "PUHUI_METRICS_PORT": "0",
        }

    def make_topics(self) -> None:
        ensure_topics(self.address, self.settings)

    def start(self, name: str, *flags: str, **settings: str) -> WorkerProcess:
        """Start a worker; of the same name, it goes on in the same log file."""
        env = self.env | {f"PUHUI_{key.upper()}": value for key, value in settings.items()}
        worker = WorkerProcess(name, flags, env, self.folder / f"{self.prefix}{name}.log")
        self._workers[name] = worker
        return worker

    def producer(self) -> SubmissionProducer:
        return SubmissionProducer(self.address, self.topic)

    def done(self) -> dict[int, int]:
        """Return the next offset of each partition, as the store has it now."""
        sql = "select partition, max(next_offset) as next from checkpoints group by partition"
        blocks = list(self.connection.query(sql))
        return {
            partition: next_offset
            for block in blocks
            for partition, next_offset in zip(
                block["partition"].to_pylist(), block["next"].to_pylist(), strict=True
            )
        }

    def log(self) -> KafkaLog:
        return KafkaLog(self.address, self.topic)

    def messages(self) -> list[list[Message]]:
        """Return everything that is in the topic now, by partition."""
        log = self.log()
        try:
            return [list(_all(log, partition)) for partition in log.partitions]
        finally:
            log.close()

    def wait_until(self, condition: Callable[[], bool], limit_s: float, what: str) -> float:
        """Return after how many seconds ``condition`` held; workers must not end by themselves."""
        started_s = time.monotonic()
        while not condition():
            ended = [worker for worker in self._workers.values() if not worker.is_running]
            # Those that were told to end have ended with 0.
            assert not any(one.exit_code for one in ended), [one.log_end() for one in ended]
            ends = {name: worker.log_end(8) for name, worker in self._workers.items()}
            assert time.monotonic() - started_s < limit_s, (what, self.done(), ends)
            time.sleep(0.1)
        return time.monotonic() - started_s

    def wait_until_ready(self, workers: Sequence[WorkerProcess]) -> float:
        """Return after how many seconds every worker had partitions."""
        return self.wait_until(
            lambda: all(worker.has_partitions for worker in workers), 60, "every worker at work"
        )

    def has_done(self, ends: Sequence[int]) -> bool:
        """Tell whether everything before ``ends`` is in the store; an absent store is no yes."""
        with suppress(StoreAwayError):
            done = self.done()
            return all(done.get(partition, 0) >= end for partition, end in enumerate(ends))
        return False

    def close(self) -> None:
        for worker in self._workers.values():
            if worker.is_running:
                worker.kill()
        self.connection.execute(f"drop database {self.connection.database}")
        self.connection.close()


def cpu_s_of(pid: int) -> float:
    """Processor time of a process so far, all threads."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS_A_SECOND


def _all(log: KafkaLog, partition: int) -> Sequence[Message]:
    messages: list[Message] = []
    offset, end = log.beginning(partition), log.end(partition)
    while offset < end:
        messages += log.read(partition, offset, messages_max=1_000)
        offset = messages[-1].offset + 1
    return messages
