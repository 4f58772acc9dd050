"""``python -m tests.benchmarks.on_kafka``: the whole way, from a full topic into a ClickHouse server.

Starts a broker and a server of its own, fills topics with a million events in submissions of
1,000, and lets ``puhui worker`` catch up: everything included, the copy of every message, the
checks, the state and the server's own work, on the cores that this machine has. Beside it, in the
same rounds, the plain reference and what users of Faust and Quix Streams would write. Times are of
the clock, because the servers work too; the worker's own processor time is told beside them. A
speed counts only when the counts agree, and in the first round the state digests too.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from schemas.message import Draft
from streams.digest import state_digest
from tests.benchmarks import framework_events, plain_reference, stages
from tests.benchmarks.own_servers import Servers, own_servers
from tests.services.clean_run import clean_store
from tests.services.worker_world import WorkerWorld

REFERENCE = "plain reference, from memory"
FRAMEWORK_LIMIT_S = 300
POLL_S = 0.05
FRAMEWORKS = {"faust_tables": "Faust", "quix": "Quix Streams"}
AIMS = {"one worker, NDJSON": 0.8, "one worker, Arrow": 1.5}
FAUST_AIM = 100


class Speed(NamedTuple):
    events_a_second: float
    cpu_us: float  # Processor time for an event of the process, or processes, all threads.
    servers_us: float = 0.0  # Likewise of broker and ClickHouse server.


class Topics(NamedTuple):
    """Topics of submissions that are full, by content type, and what must come out of them."""

    prefixes: dict[str, str]
    ends: dict[str, list[int]]
    event_count: int


def fill(servers: Servers, drafts: dict[str, list[Draft]], event_count: int) -> Topics:
    prefixes, ends = {}, {}
    for name, sent in drafts.items():
        world = WorkerWorld(servers.kafka.brokers, servers.clickhouse.url, servers.folder)
        prefixes[name] = world.prefix
        with world.producer() as producer:
            producer.send(sent)
        log = world.log()
        ends[name] = [log.end(partition) for partition in log.partitions]
        log.close()
        world.close()
        assert sum(ends[name]) == len(sent)
    return Topics(prefixes, ends, event_count)


def opened(servers: Servers, topics: Topics, name: str) -> WorkerWorld:
    return WorkerWorld(
        servers.kafka.brokers,
        servers.clickhouse.url,
        servers.folder,
        prefix=topics.prefixes[name],
    )


def catch_up(
    servers: Servers, topics: Topics, name: str, worker_count: int, digests: dict[str, str] | None
) -> Speed:
    """Let workers read a full topic into an empty database.

    Time runs from the first checkpoint, which starting and joining come before, to the last one;
    the events of the first checkpoints are left out.
    """
    world = opened(servers, topics, name)
    ends = topics.ends[name]
    try:
        workers = [world.start(f"{name}-{number}") for number in range(worker_count)]
        world.wait_until(lambda: bool(world.done()), 120, "the first checkpoint")
        started_s, first = time.perf_counter(), stored_count(world)
        cpu_s = sum(worker.cpu_s() for worker in workers)
        servers_s = servers.cpu_s()
        while not world.has_done(ends):
            assert all(worker.is_running for worker in workers), workers[0].log_end()
            time.sleep(POLL_S)
        seconds = time.perf_counter() - started_s
        cpu_s = sum(worker.cpu_s() for worker in workers) - cpu_s
        servers_s = servers.cpu_s() - servers_s
        assert stored_count(world) == topics.event_count, "events are missing"
        if digests is not None:
            digests[f"{worker_count} worker(s), {name}"] = state_digest(world.store)
        for worker in workers:
            worker.stop()
        count = topics.event_count - first
        return Speed(count / seconds, 1e6 * cpu_s / count, 1e6 * servers_s / count)
    finally:
        world.close()


def stored_count(world: WorkerWorld) -> int:
    blocks = list(world.connection.query("select count() as n from events final"))
    return blocks[0]["n"].to_pylist()[0]


def timed(work: Callable[[], int]) -> Speed:
    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    count = work()
    seconds, cpu_s = time.perf_counter() - started_s, time.process_time() - started_cpu_s
    return Speed(count / seconds, 1e6 * cpu_s / count)


def reference(lines: Sequence[bytes]) -> int:
    plain_reference.run(lines)
    return len(lines)


def reference_from_kafka(servers: Servers, topics: Topics) -> int:
    """The reference, with its lines from the same topic."""
    world = opened(servers, topics, "NDJSON")
    count = 0

    def lines():
        nonlocal count
        for messages in _read(world):
            for message in messages:
                for line in message.value.splitlines():
                    count += 1
                    yield line

    try:
        plain_reference.run(lines())
        return count
    finally:
        world.close()


def _read(world: WorkerWorld):
    log = world.log()
    for partition in log.partitions:
        offset, end = 0, log.end(partition)
        while offset < end:
            messages = log.read(partition, offset, messages_max=50)
            yield messages
            offset = messages[-1].offset + 1
    log.close()


def framework(brokers: str, module: str, job: str, topic: str, balance_minor: int, count: int):
    """Run one of the plain programs on a stream framework; its balances must be right."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", brokers, topic, str(count), job]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=FRAMEWORK_LIMIT_S, check=False
    )
    lines = [line for line in ended.stdout.splitlines() if line.startswith("{")]
    assert lines, ended.stdout[-500:] + ended.stderr[-2_000:]
    found = msgspec.json.decode(lines[-1])
    assert found["event_count"] == count, found
    if job == "balances" or found["balance_minor"]:
        assert found["balance_minor"] == balance_minor, found
    return Speed(count / found["seconds"], 1e6 * found["cpu_s"] / count)


def measure(servers: Servers, event_count: int, framework_count: int, rounds: int):
    drafts = {name: stages.submissions(event_count, kind) for name, kind in stages.CONTENT.items()}
    lines = [line for draft in drafts["NDJSON"] for line in draft.value.splitlines()]
    topics = fill(servers, drafts, event_count)
    brokers, framework_topic = servers.kafka.brokers, f"frameworks-{os.getpid()}"
    balance_minor = framework_events.produce(brokers, framework_topic, framework_count)
    print("topics are full", flush=True)
    found: dict[str, list[Speed]] = defaultdict(list)
    for number in range(rounds):
        digests: dict[str, str] | None = {} if number == 0 else None
        found[REFERENCE].append(timed(lambda: reference(lines)))
        found["plain reference, from Kafka"].append(
            timed(lambda: reference_from_kafka(servers, topics))
        )
        for name in stages.CONTENT:
            found[f"one worker, {name}"].append(catch_up(servers, topics, name, 1, digests))
        for name in stages.CONTENT:
            found[f"two workers, {name}"].append(catch_up(servers, topics, name, 2, digests))
        for module, title in FRAMEWORKS.items():
            for job in framework_events.JOBS:
                found[f"{title}, {job}"].append(
                    framework(brokers, module, job, framework_topic, balance_minor, framework_count)
                )
        if digests is not None:
            world = opened(servers, topics, "Arrow")
            digests["clean run in memory"] = state_digest(clean_store(world.messages()))
            world.close()
            assert len(set(digests.values())) == 1, digests
            print(f"digest of all: {next(iter(digests.values()))[:16]}…")
        print(f"round {number + 1} of {rounds} done", flush=True)
    return {
        name: Speed(*(statistics.median(column) for column in zip(*speeds, strict=True)))
        for name, speeds in found.items()
    }


def report(speeds: dict[str, Speed]) -> None:
    """Print a line a way; the ratio of processor time is steadier where others use the machine."""
    plain, faust = speeds[REFERENCE], speeds["Faust, sums"]
    columns = f"{'events/s':>10} {'ratio':>6} {'aim':>4} {'× Faust':>8} {'CPU µs':>7} {'ratio':>6} {'servers':>8}"
    print(f"\n{'':<30} {columns}")
    for name, (rate, cpu_us, servers_us) in speeds.items():
        aim = f"{AIMS[name]:.1f}" if name in AIMS else ""
        print(
            f"{name:<30} {rate:>10,.0f} {rate / plain.events_a_second:>6.2f} {aim:>4} "
            f"{rate / faust.events_a_second:>8.1f} {cpu_us:>7.2f} {plain.cpu_us / cpu_us:>6.2f} "
            f"{servers_us:>8.2f}"
        )
    print(f"Of one worker, {FAUST_AIM} times Faust is the aim.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--framework-events", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    print(
        f"On Kafka and a ClickHouse server: {asked.events:,} events (seed 1), submissions of "
        f"{stages.EVENTS_A_SUBMISSION}, {stages.BANKS} banks, 6 partitions, {os.cpu_count()} cores "
        f"for everything, {asked.rounds} rounds; {asked.framework_events:,} for the frameworks",
        flush=True,
    )
    with own_servers() as servers:
        report(measure(servers, asked.events, asked.framework_events, asked.rounds))


if __name__ == "__main__":
    main()
