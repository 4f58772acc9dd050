"""Seeded stories in which lanes send too much that is wrong, are let in again, and mend things."""

import hashlib
import random
import zlib
from collections.abc import Sequence

from schemas.message import (
    CONTENT_NDJSON,
    CONTROL_HEADER,
    ORIGIN_HEADER,
    RELEASE,
    Draft,
    control_of,
    draft_of,
    readmission_of,
)
from schemas.wire import encode
from tests.event_stories import random_events, submissions
from tests.schemas.decoding import BANK, draw

LANES = 2


def troubled_story(seed: int, *, partitions: int = 2, events: int = 120) -> list[Draft]:
    """Submissions of two banks, two lanes each: many bad lines, releases, and what is sent again.

    Every kind of message is there: numbered ones, releases, single events that are re-admitted, and
    whole submissions.
    """
    rng = random.Random(seed)
    sound = submissions(
        random_events(seed, events, banks=2, borrowers=6),
        seed,
        lanes=LANES,
        partitions=partitions,
        events_per_submission=6,
    )
    drafts: list[Draft] = []
    for number, draft in enumerate(sound):
        drafts.append(draft if rng.random() < 0.5 else with_bad_lines(draft, rng))
        if rng.random() < 0.12:
            drafts.append(_release(rng.choice(sound), partitions))
        if rng.random() < 0.2:
            drafts.append(_again(rng.choice(sound), number, rng, partitions))
        if rng.random() < 0.1:
            whole = rng.choice(sound)
            origin = {ORIGIN_HEADER: f"lending/{whole.partition}/{number}/-1"}
            drafts.append(whole._replace(headers={**whole.headers, **origin}))
    # In the end all are let in, and one more of each is sent.
    seqs: dict[tuple[str, str], int] = {}
    for draft in sound:
        key = draft.headers["bank"], draft.headers["lane"]
        seqs[key] = max(seqs.get(key, 0), int(draft.headers["seq"]))
    lasts = {(d.headers["bank"], d.headers["lane"]): d for d in sound}
    for key, draft in lasts.items():
        drafts.append(_release(draft, partitions))
        drafts.append(draft._replace(headers={**draft.headers, "seq": str(seqs[key] + 1)}))
    return drafts


def with_bad_lines(draft: Draft, rng: random.Random) -> Draft:
    """The same with up to 180 lines that are no events, among those that are."""
    lines = [b'{"bad":%d}' % rng.randrange(10**6) for _ in range(rng.randint(20, 180))]
    return revalued(draft, b"\n".join([*lines[1:], draft.value, lines[0]]))


def revalued(draft: Draft, value: bytes) -> Draft:
    """The same headers over another value."""
    sha256 = hashlib.sha256(value).hexdigest()
    return Draft(draft.partition, {**draft.headers, "sha256": sha256}, value)


def _release(draft: Draft, partitions: int) -> Draft:
    bank_id, lane = draft.headers["bank"], int(draft.headers["lane"])
    control = control_of(RELEASE, bank_id=bank_id, lane=lane)
    return control._replace(partition=_partition(bank_id, lane, partitions))


def _again(draft: Draft, number: int, rng: random.Random, partitions: int) -> Draft:
    bank_id, lane = draft.headers["bank"], int(draft.headers["lane"])
    line = rng.choice(draft.value.split(b"\n"))
    origin = f"lending/{draft.partition}/{number}/3"
    again = readmission_of(line, bank_id=bank_id, lane=lane, lanes=LANES, origin=origin)
    return again._replace(partition=_partition(bank_id, lane, partitions))


def _partition(bank_id: str, lane: int, partitions: int) -> int:
    return zlib.crc32(f"{bank_id}/{lane}".encode()) % partitions


def kept_out(count: int) -> list[Draft]:
    """A submission that is too bad, and sound ones that are kept out for it."""
    bad = draft_of(b"\n".join([b"{"] * 200), bank_id=BANK, seq=1, complete_to=None)
    sound = [draw(event_id=f"event-{n:016}", loan_id=f"L{n}") for n in range(count)]
    return [
        bad,
        *(
            draft_of(encode([event], CONTENT_NDJSON), bank_id=BANK, seq=2 + n, complete_to=None)
            for n, event in enumerate(sound)
        ),
    ]


def kinds_of(drafts: Sequence[Draft]) -> set[str]:
    """Which kinds of message a story holds."""
    return {
        "release" if CONTROL_HEADER in headers
        else "numbered" if ORIGIN_HEADER not in headers
        else "whole" if headers[ORIGIN_HEADER].endswith("/-1")
        else "event"
        for headers in (draft.headers for draft in drafts)
    }  # fmt: skip
