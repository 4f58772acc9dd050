"""The stages of the main job, each timed on the same million events."""

import datetime as dt
import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from infra.reference_data import load_lpr
from infra.wiring import Node
from processors.partition import PartitionState
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON, TOPIC_LENDING, Draft, Message, draft_of
from schemas.wire import decode, encode
from streams.id_filter import id_hash
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from tests.benchmarks.lending_year import DAYS, events

EVENTS_A_SUBMISSION = 1_000
SUBMISSIONS_A_BATCH = 50
BANKS = 40  # So that a bank's thousand events are about a month, as banks report.
LPR = load_lpr()


class NoStore(MemoryStore):
    """Takes rows and keeps none: the pipeline up to the store."""

    def insert(self, table, rows) -> None:
        pass


def submissions(
    event_count: int,
    content_type: str,
    *,
    events_a_submission: int = EVENTS_A_SUBMISSION,
    borrowers: int = 100_000,
    days: int = DAYS,
) -> list[Draft]:
    """The events as banks send them, by default a thousand a submission."""
    waiting, seqs, drafts = defaultdict(list), defaultdict(int), []

    def send(bank_id: str) -> None:
        seqs[bank_id] += 1
        value = encode(waiting.pop(bank_id), content_type)
        drafts.append(
            draft_of(
                value,
                bank_id=bank_id,
                seq=seqs[bank_id],
                complete_to=dt.date(2021, 12, 31),
                content_type=content_type,
            )
        )

    for event in events(event_count, banks=BANKS, borrowers=borrowers, days=days):
        waiting[event.bank_id].append(event)
        if len(waiting[event.bank_id]) == events_a_submission:
            send(event.bank_id)
    for bank_id in list(waiting):
        send(bank_id)
    return drafts


def batches(drafts: list[Draft]) -> Iterator[list[Message]]:
    messages = [
        Message(TOPIC_LENDING, 0, offset, 0, draft.headers, draft.value)
        for offset, draft in enumerate(drafts)
    ]
    for start in range(0, len(messages), SUBMISSIONS_A_BATCH):
        yield messages[start : start + SUBMISSIONS_A_BATCH]


def decoded(batch: list[Message]):
    payloads = [(message.headers["content-type"], message.value) for message in batch]
    return decode(payloads, [message.headers["bank"] for message in batch]).events


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """Seconds of processor time, all threads, and the events done."""
    gc.collect()
    start = time.process_time()
    count = work()
    return time.process_time() - start, count


def decode_only(drafts: list[Draft]) -> int:
    return sum(decoded(batch).size for batch in batches(drafts))


def cells_and_totals(drafts: list[Draft]) -> tuple[float, int]:
    """Only the arithmetic: decoding is done before the clock runs."""
    import numpy as np

    state, seconds, count = PartitionState(), 0.0, 0
    for batch in batches(drafts):
        columns = decoded(batch)
        offset = np.array([message.offset for message in batch])[columns.submission]
        hashes = id_hash(columns.event_id)
        start = time.process_time()
        state.apply(columns, offset, hashes, LPR)
        seconds += time.process_time() - start
        count += columns.size
    return seconds, count


def before_the_store(drafts: list[Draft]) -> int:
    pipeline = Pipeline(NoStore(), lpr=LPR, log_identity="bench")
    return sum(pipeline.handle(batch).stored_count for batch in batches(drafts))


def into_chdb(drafts: list[Draft], folder: Path) -> int:
    with Node(folder) as node:
        pipeline = Pipeline(node.store, lpr=LPR, log_identity="bench")
        return sum(pipeline.handle(batch).stored_count for batch in batches(drafts))


CONTENT = {"NDJSON": CONTENT_NDJSON, "Arrow": CONTENT_ARROW}
