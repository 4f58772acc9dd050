"""What a user of Faust would write: one message an event, JSON, and tables of sums.

Checks nothing, knows no profile, population or duplicate. What changes in a table goes to Kafka,
as is Faust's way. ``python -m tests.benchmarks.faust_tables BROKERS TOPIC EVENTS JOB`` reads the
topic from its beginning and prints one line of JSON when that many events have been added up.
"""

import os
import sys
import tempfile
import time
from typing import Any

import faust
import msgspec

from tests.benchmarks.framework_events import PARTITIONS, WORK, Tables


def make_app(brokers: str, topic_name: str, event_count: int, job: str) -> faust.App:
    app = faust.App(
        f"faust-{os.getpid()}",
        broker=f"kafka://{brokers}",
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="faust-tables-"),
        topic_partitions=PARTITIONS,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
    )
    topic = app.topic(topic_name, value_serializer="json", key_serializer="raw")
    balances = app.Table("balances", default=int)
    # Tables that a job does not use cost nothing but their topics.
    tables = Tables(balances, app.Table("cells"), app.Table("totals"))
    add = WORK[job]

    @app.agent(topic)
    async def add_up(events: Any) -> None:
        count = 0
        async for event in events:
            if not count:
                started_s, started_cpu_s = time.perf_counter(), time.process_time()
            add(event, tables)
            count += 1
            if count == event_count:
                seconds = time.perf_counter() - started_s
                cpu_s = time.process_time() - started_cpu_s
                finish(event_count, seconds, cpu_s, sum(balances.values()))

    return app


def finish(event_count: int, seconds: float, cpu_s: float, balance_minor: int) -> None:
    told = {
        "event_count": event_count,
        "seconds": seconds,
        "cpu_s": cpu_s,
        "balance_minor": balance_minor,
    }
    # Not print: Faust takes that for its log.
    os.write(1, b"\n" + msgspec.json.encode(told) + b"\n")
    os._exit(0)  # What a framework does at its end is not measured.


if __name__ == "__main__":
    brokers, topic_name, event_count, job = sys.argv[1:]
    app = make_app(brokers, topic_name, int(event_count), job)
    faust.Worker(app, loglevel="error").execute_from_commandline()
