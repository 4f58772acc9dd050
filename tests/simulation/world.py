"""A seeded world of faults: what arrives, what is damaged on the way, and when the process dies."""

import itertools
import random
from collections import deque
from collections.abc import Callable, Sequence

from infra.reference_data import load_lpr
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON, Draft
from schemas.wire import encode
from streams.memory_store import Killed, MemoryStore
from streams.pipeline import Pipeline
from streams.stages import Stage
from tests.event_stories import random_events, submissions
from tests.job import ListLog

LPR = load_lpr()
KILL_CHANCE = 0.012
EVENTS_A_STORY = 90


def story(seed: int, *, partitions: int = 2, events: int = EVENTS_A_STORY) -> list[Draft]:
    """Submissions of a small world in the order of the log, damaged as networks and banks do."""
    rng = random.Random(seed)
    content_type = CONTENT_ARROW if seed % 3 == 0 else CONTENT_NDJSON
    # A fourth of the worlds is so small that profiles of one borrower and quarter compete.
    banks, borrowers = (1, 2) if seed % 4 == 1 else (2, 6)
    drafts = submissions(
        random_events(seed, events, banks=banks, borrowers=borrowers),
        seed,
        lanes=2,
        partitions=partitions,
        events_per_submission=6,
        encode=lambda batch: encode(batch, content_type),
    )
    drafts = [d._replace(headers={**d.headers, "content-type": content_type}) for d in drafts]
    return damaged(drafts, rng)


def damaged(drafts: Sequence[Draft], rng: random.Random) -> list[Draft]:
    """Late, repeated, contradicting, missing and broken submissions."""
    arriving: list[tuple[float, Draft]] = []
    for place, draft in enumerate(drafts):
        fate = rng.random()
        when = place + (rng.uniform(0, 9) if rng.random() < 0.25 else 0.0)
        if fate < 0.04:
            continue  # Never arrives: a gap.
        arriving.append((when, draft))
        if fate < 0.12:  # The same submission again.
            arriving.append((when + rng.uniform(0, 6), draft))
        elif fate < 0.16:  # Its seq with other bytes.
            other = drafts[rng.randrange(len(drafts))]
            headers = {**draft.headers, "sha256": other.headers["sha256"]}
            arriving.append(
                (when + rng.uniform(0, 6), Draft(draft.partition, headers, other.value))
            )
        elif fate < 0.20:  # Bytes that fell over on the way; the right ones come later.
            arriving[-1] = (when + 3, draft)
            arriving.append((when, draft._replace(value=draft.value[:-3] + b"\xff\x00}")))
        elif fate < 0.24:  # Bad lines among good ones.
            arriving[-1] = (when, with_bad_lines(draft, rng))
    return [draft for _, draft in sorted(arriving, key=lambda row: row[0])]


def with_bad_lines(draft: Draft, rng: random.Random) -> Draft:
    import hashlib

    if draft.headers["content-type"] != CONTENT_NDJSON:
        return draft
    lines = draft.value.split(b"\n")
    bad = rng.choice([b"{", b'{"type":"loan_vanished"}', b"\xff\xfe", b"[]", lines[0][:-9]])
    lines.insert(rng.randrange(len(lines) + 1), bad)
    value = b"\n".join(lines)
    headers = {**draft.headers, "sha256": hashlib.sha256(value).hexdigest()}
    return Draft(draft.partition, headers, value)


def clean_run(drafts: Sequence[Draft], partitions: int = 2) -> MemoryStore:
    """The store after one run in which nothing dies, one message a batch."""
    store = MemoryStore()
    log = ListLog(drafts, partitions)
    pipeline = Pipeline(store, lpr=LPR, log_identity=log.identity)
    for partition in log.partitions:
        for message in log.read(partition, 0, messages_max=len(drafts)):
            pipeline.handle([message])
    return store


def deadly_run(
    drafts: Sequence[Draft],
    seed: int,
    *,
    partitions: int = 2,
    kill_chance: float = KILL_CHANCE,
    on_death: Callable[[], None] = lambda: None,
) -> tuple[MemoryStore, int]:
    """The store after a run in which the process dies between any two rows; and the deaths."""
    rng = random.Random(seed * 7919 + 1)
    first_death = rng.randrange(80)  # Rows until then; every story has at least one.
    rows = itertools.count()
    store = MemoryStore(lambda: next(rows) == first_death or rng.random() < kill_chance)
    log = ListLog(drafts, partitions)
    deaths = 0
    while True:
        try:
            run_on(store, log, rng)
        except Killed:
            deaths += 1
            on_death()
        else:
            return store, deaths


def run_on(store: MemoryStore, log: ListLog, rng: random.Random) -> None:
    """A process's life: load, then handle batches of any size, partitions in any order.

    As a worker does, it prepares up to three batches ahead of what is stored.
    """
    pipeline = Pipeline(store, lpr=LPR, log_identity=log.identity)
    in_flight: deque[list[Stage]] = deque()

    def left() -> list[int]:
        return [p for p in log.partitions if pipeline.next_offset(p) < log.end(p)]

    while left() or in_flight:
        if in_flight and (len(in_flight) == 3 or not left() or rng.random() < 0.5):
            pipeline.store(in_flight.popleft())
            continue
        partition = rng.choice(left())
        batch = log.read(partition, pipeline.next_offset(partition), messages_max=rng.randint(1, 9))
        in_flight.append(pipeline.prepare(batch))
