"""Another generation from the same messages, and whether it is the same state.

The same pipeline reads them again. A replay that was killed goes on where its checkpoints are, like
any worker; its first rows are checkpoints, so that its number is taken and its log is named before
anything else of it is stored.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from schemas.tables import CHECKPOINTS
from streams.digest import digest_of_tables, table_digests
from streams.generations import next_offsets
from streams.loop import Loop
from streams.pipeline import Pipeline
from streams.ports import BatchReport, Log, Store


class Comparison(NamedTuple):
    """Two generations side by side."""

    state_digest: str
    shown_digest: str
    differing_tables: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        return not self.differing_tables


class Replayed(NamedTuple):
    """What a replay has read."""

    message_count: int
    event_count: int


def begin(store: Store, generation: int, log: Log) -> None:
    """Say that ``generation`` is written from ``log``, where nothing says so yet."""
    known = next_offsets(store, generation)
    new = [partition for partition in log.partitions if partition not in known]
    if not new:
        return
    store.insert(
        CHECKPOINTS,
        {
            "generation": np.full(len(new), generation, np.int64),
            "partition": np.array(new, np.int64),
            "next_offset": np.zeros(len(new), np.int64),
            "log_identity": [log.identity] * len(new),
            "lanes": [""] * len(new),
            "version": np.zeros(len(new), np.int64),
        },
    )


def read_again(
    log: Log, pipeline: Pipeline, *, on_report: Callable[[BatchReport], None] = lambda _: None
) -> Replayed:
    """Bring ``pipeline`` to the end of ``log``; return what that took."""
    messages = events = 0

    def count(report: BatchReport) -> None:
        nonlocal messages, events
        messages += report.submission_count
        events += report.event_count
        on_report(report)

    Loop(log, pipeline).run_to_end(count)
    return Replayed(messages, events)


def compare(store: Store, generation: int, shown: int) -> Comparison:
    """Return whether two generations hold the same, and which tables differ."""
    one, other = table_digests(store, generation), table_digests(store, shown)
    differing = tuple(name for name in one if one[name] != other[name])
    return Comparison(digest_of_tables(one), digest_of_tables(other), differing)
