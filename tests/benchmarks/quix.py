"""The same as faust_tables with Quix Streams: one message an event, JSON, sums in its state.

``python -m tests.benchmarks.quix BROKERS TOPIC EVENTS JOB`` reads the topic from its beginning and
prints one line of JSON when that many events have been added up. Needs the extra ``bench``.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, MutableMapping
from typing import Any

import msgspec
from quixstreams import Application, State

from tests.benchmarks.framework_events import WORK, Tables


class Named(MutableMapping[str, Any]):
    """Part of a state, under a name: what a table is in Faust."""

    def __init__(self, name: str, state: State) -> None:
        self._name, self._state = name, state

    def __getitem__(self, key: str) -> Any:
        found = self._state.get(f"{self._name}/{key}")
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: str, default: Any = None) -> Any:
        return self._state.get(f"{self._name}/{key}", default)

    def __setitem__(self, key: str, value: Any) -> None:
        self._state.set(f"{self._name}/{key}", value)

    def __delitem__(self, key: str) -> None:
        self._state.delete(f"{self._name}/{key}")

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError("a state cannot be listed")

    def __len__(self) -> int:
        raise NotImplementedError("a state cannot be counted")


class Adding:
    """Adds events up in the framework's state, and keeps the time."""

    def __init__(self, job: str) -> None:
        self.count = 0
        self.balance_minor = 0
        self.started_s = self.started_cpu_s = 0.0
        self._add = WORK[job]

    def add(self, event: dict[str, Any], state: State) -> None:
        if not self.count:
            self.started_s, self.started_cpu_s = time.perf_counter(), time.process_time()
        balances = Balances("balances", state)
        self._add(event, Tables(balances, Named("cells", state), Named("totals", state)))
        self.balance_minor += balances.change
        self.count += 1


class Balances(Named):
    """Balances of whose change account is kept, because a state cannot be listed in the end."""

    def __init__(self, name: str, state: State) -> None:
        super().__init__(name, state)
        self.change = 0

    def __setitem__(self, key: str, value: int) -> None:
        self.change += value - self.get(key, 0)
        super().__setitem__(key, value)


def run(brokers: str, topic_name: str, event_count: int, job: str) -> None:
    app = Application(
        broker_address=brokers,
        consumer_group=f"quix-{os.getpid()}",
        auto_offset_reset="earliest",
        state_dir=tempfile.mkdtemp(prefix="quix-"),
        loglevel="WARNING",
    )
    adding = Adding(job)
    events = app.dataframe(app.topic(topic_name, value_deserializer="json"))
    events.update(adding.add, stateful=True)
    app.run(count=event_count)
    told = {
        "event_count": adding.count,
        "seconds": time.perf_counter() - adding.started_s,
        "cpu_s": time.process_time() - adding.started_cpu_s,
        "balance_minor": adding.balance_minor,
    }
    print(msgspec.json.encode(told).decode(), flush=True)


if __name__ == "__main__":
    brokers, topic_name, event_count, job = sys.argv[1:]
    run(brokers, topic_name, int(event_count), job)
