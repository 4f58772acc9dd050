"""More lanes for a bank: everything it sent is cut by borrower, and says what it said."""

import random

import pytest

from schemas.message import (
    CONTENT_ARROW,
    CONTENT_NDJSON,
    RELEASE,
    Draft,
    Message,
    control_of,
    readmission_of,
)
from schemas.tables import EVENTS
from schemas.wire import encode
from streams.digest import table_digests
from streams.lane_cut import LaneCutError, cut
from streams.memory_store import MemoryStore
from tests.event_stories import random_events, submissions
from tests.job import run_job
from tests.schemas.decoding import BANK, draw
from tests.simulation.world import damaged


def as_messages(drafts: list[Draft]) -> list[Message]:
    return [
        Message("lending", draft.partition, n, 0, draft.headers, draft.value)
        for n, draft in enumerate(drafts)
    ]


def cut_up(drafts: list[Draft], lanes: int) -> list[Draft]:
    banks = {draft.headers.get("bank", ""): lanes for draft in drafts}
    return [
        Draft(int(one.headers["lane"]) % 3, one.headers, one.value)
        for message in as_messages(drafts)
        for one in cut(message, banks)
    ]


def story(seed: int, lanes: int, content_type: str) -> list[Draft]:
    drafts = submissions(
        random_events(seed, 120),
        seed,
        lanes=lanes,
        partitions=1,
        encode=lambda events: encode(events, content_type),
    )
    drafts = [d._replace(headers={**d.headers, "content-type": content_type}) for d in drafts]
    return damaged(drafts, random.Random(seed))


@pytest.mark.parametrize("content_type", [CONTENT_NDJSON, CONTENT_ARROW])
@pytest.mark.parametrize(("lanes", "wanted"), [(1, 2), (1, 4), (2, 6)])
@pytest.mark.parametrize("seed", range(4))
def test_the_state_is_the_same(seed: int, lanes: int, wanted: int, content_type: str) -> None:
    drafts = story(seed, lanes, content_type)

    found = table_digests(run_job(cut_up(drafts, wanted)))

    expected = table_digests(run_job(drafts))
    # A conflict of one submission becomes one of each lane that it touches.
    del found["rejected"], expected["rejected"]
    assert found == expected


def test_without_conflicts_what_was_rejected_is_the_same_too() -> None:
    drafts = [
        draft for draft in submissions(random_events(3, 80), lanes=1, partitions=1) if draft.value
    ]
    bad = b'{"type":"loan_vanished"}\nnot json\n'
    drafts = [*drafts[:4], *(resealed(draft, draft.value + b"\n" + bad) for draft in drafts[4:])]

    assert table_digests(run_job(cut_up(drafts, 4))) == table_digests(run_job(drafts))


def resealed(draft: Draft, value: bytes) -> Draft:
    import hashlib

    return draft._replace(
        headers={**draft.headers, "sha256": hashlib.sha256(value).hexdigest()}, value=value
    )


def test_every_lane_gets_the_number_and_the_announcement() -> None:
    (message, *_) = as_messages(submissions(random_events(1, 9, banks=1), lanes=1, partitions=1))

    parts = cut(message, {message.headers["bank"]: 4})

    assert [part.headers["lane"] for part in parts] == ["0", "1", "2", "3"]
    assert {part.headers["lanes"] for part in parts} == {"4"}
    assert {part.headers["seq"] for part in parts} == {message.headers["seq"]}
    assert {part.headers["complete-to"] for part in parts} == {message.headers["complete-to"]}


def test_other_banks_and_what_nobody_can_read_are_left_as_they_are() -> None:
    (message, *_) = as_messages(submissions(random_events(1, 9, banks=1), lanes=1, partitions=1))
    fallen_over = message._replace(value=message.value + b"x")

    assert cut(message, {"another": 4}) == [message]
    assert cut(fallen_over, {message.headers["bank"]: 4}) == [fallen_over]


def test_a_release_is_for_every_lane_and_an_event_sent_again_for_its_own() -> None:
    event = draw()
    again = readmission_of(
        encode([event], CONTENT_NDJSON), bank_id=BANK, lane=0, lanes=1, origin="lending/0/3/1"
    )
    release, sent = as_messages([control_of(RELEASE, bank_id=BANK, lane=0), again])

    assert [one.headers["lane"] for one in cut(release, {BANK: 3})] == ["0", "1", "2"]
    (moved,) = cut(sent, {BANK: 3})
    assert moved.headers["origin"] == "lending/0/3/1"
    assert moved.headers["lanes"] == "3"
    store = MemoryStore()
    run_job([Draft(0, moved.headers, moved.value)], store=store)
    assert store.row_count(EVENTS) == 1


def test_lanes_are_cut_and_not_joined() -> None:
    (message, *_) = as_messages(submissions(random_events(1, 9, banks=1), lanes=2, partitions=1))

    with pytest.raises(LaneCutError, match="2 lanes cannot be cut into 3; expected a multiple"):
        cut(message, {message.headers["bank"]: 3})
