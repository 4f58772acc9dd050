"""A lane that sends too much that is wrong is kept out, judged alike wherever batches are cut."""

import datetime as dt
import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from infra.coverage_answers import alert_rows
from infra.reference_data import load_lpr
from schemas.message import RELEASE, Draft, Message, control_of, draft_of
from schemas.quarter import Quarter
from schemas.tables import CHECKPOINTS, READMISSIONS, REJECTED, SUBMISSIONS
from streams.digest import state_digest
from streams.evaluate import evaluate, read_snapshot
from streams.memory_store import Killed, MemoryStore
from streams.pipeline import Pipeline
from streams.submissions import Outcome
from streams.tally import Tally
from tests.job import ListLog, stored
from tests.quarantine_stories import kinds_of, troubled_story
from tests.schemas.decoding import BANK, draw

LPR = load_lpr()
PARTITIONS = 2
Cut = Callable[[random.Random], int]
CUTS: dict[str, Cut] = {
    "one by one": lambda _: 1,
    "all at once": lambda _: 10_000,
    "at random": lambda rng: rng.randint(1, 12),
}


def verdicts_of(store: MemoryStore) -> list[list[tuple[Any, ...]]]:
    """What became of every message, what was rejected, and what is known of every lane."""
    return [
        stored(store, SUBMISSIONS, "partition", "offset", "outcome", "rejected_count"),
        stored(store, REJECTED, "partition", "offset", "position", "code", "raw"),
        stored(store, READMISSIONS, "partition", "offset", "origin", "outcome"),
        stored(store, CHECKPOINTS, "partition", "next_offset", "lanes"),
        [(state_digest(store),)],
    ]


def run(drafts: Sequence[Draft], cut: Cut, seed: int = 0) -> MemoryStore:
    store = MemoryStore()
    live(store, ListLog(drafts, PARTITIONS), cut, random.Random(seed))
    return store


def live(store: MemoryStore, log: ListLog, cut: Cut, rng: random.Random) -> None:
    """One life of a process, to the end of the log."""
    pipeline = Pipeline(store, lpr=LPR, log_identity=log.identity)
    for partition in log.partitions:
        while (offset := pipeline.next_offset(partition)) < log.end(partition):
            pipeline.handle(log.read(partition, offset, messages_max=cut(rng)))


def killed_run(drafts: Sequence[Draft], seed: int) -> tuple[MemoryStore, int]:
    rng = random.Random(seed)
    rows = itertools.count()
    first_death = rng.randrange(200)
    store = MemoryStore(lambda: next(rows) == first_death or rng.random() < 0.0005)
    log = ListLog(drafts, PARTITIONS)
    deaths = 0
    while True:
        try:
            live(store, log, CUTS["at random"], rng)
        except Killed:
            deaths += 1
        else:
            return store, deaths


@pytest.mark.parametrize("seed", range(8))
def test_the_verdicts_do_not_depend_on_where_batches_are_cut(seed: int) -> None:
    drafts = troubled_story(seed)
    expected = verdicts_of(run(drafts, CUTS["one by one"]))

    for name in ("all at once", "at random"):
        assert verdicts_of(run(drafts, CUTS[name], seed)) == expected, name


@pytest.mark.parametrize("seed", range(8))
def test_the_verdicts_survive_kills_between_any_two_rows(seed: int) -> None:
    drafts = troubled_story(seed)

    store, deaths = killed_run(drafts, seed)

    assert deaths
    assert verdicts_of(store) == verdicts_of(run(drafts, CUTS["one by one"]))


def test_the_stories_hold_everything_that_can_happen() -> None:
    stories = [troubled_story(seed) for seed in range(8)]
    outcomes = {
        outcome
        for drafts in stories
        for (outcome,) in stored(run(drafts, CUTS["all at once"]), SUBMISSIONS, "outcome")
    }

    assert all(kinds_of(drafts) == {"numbered", "release", "event", "whole"} for drafts in stories)
    assert {Outcome.QUARANTINED, Outcome.READMITTED, Outcome.CONTROL, Outcome.REPEATED} <= outcomes


# The thresholds, to the event.


def bad_and_good(bad: int, good: int, seq: int) -> Draft:
    """A submission with so many lines that are no events, and so many that are."""
    sound = [
        msgspec.json.encode(draw(event_id=f"event-{seq:04}-{n:08}", loan_id=f"L{seq}-{n}"))
        for n in range(good)
    ]
    return draft_of(b"\n".join([*[b"{"] * bad, *sound]), bank_id=BANK, seq=seq, complete_to=None)


def outcomes_of(*drafts: Draft) -> list[str]:
    store = run(drafts, CUTS["all at once"])
    assert verdicts_of(store) == verdicts_of(run(drafts, CUTS["one by one"]))
    return [outcome for (outcome,) in stored(store, SUBMISSIONS, "outcome")]


@pytest.mark.parametrize(
    ("bad", "good", "then"),
    [
        (199, 0, Outcome.ACCEPTED),  # Too few, whatever their share.
        (200, 0, Outcome.QUARANTINED),
        (200, 800, Outcome.ACCEPTED),  # Exactly 20 %: not more than.
        (200, 799, Outcome.QUARANTINED),
        (201, 800, Outcome.QUARANTINED),
    ],
)
def test_a_lane_is_kept_out_above_20_percent_and_from_200_events(
    bad: int, good: int, then: Outcome
) -> None:
    assert outcomes_of(bad_and_good(bad, good, 1), bad_and_good(0, 1, 2)) == ["accepted", then]


def test_what_was_rejected_before_the_last_ten_thousand_events_is_forgotten() -> None:
    tally = Tally()
    tally.add(1_000, 199)
    for _ in range(10):
        tally.add(1_000, 0)
    tally.add(1, 1)
    assert sum(rejected for _, rejected in tally.steps) == 1
    assert sum(events for events, _ in tally.steps) == 10_001


def test_a_release_lets_the_lane_in_and_begins_to_count_anew() -> None:
    release = control_of(RELEASE, bank_id=BANK, lane=0)

    outcomes = outcomes_of(
        bad_and_good(200, 0, 1), bad_and_good(0, 1, 2), release,
        bad_and_good(0, 1, 2), bad_and_good(199, 0, 3), bad_and_good(0, 1, 4),
    )  # fmt: skip

    assert outcomes == ["accepted", "quarantined", "control", "accepted", "accepted", "accepted"]


def test_what_a_lane_sends_while_it_is_kept_out_is_kept_whole() -> None:
    kept = bad_and_good(0, 3, 2)
    store = run([bad_and_good(200, 0, 1), kept], CUTS["all at once"])

    rows = stored(store, REJECTED, "position", "code", "raw")
    assert rows[-1] == (-1, "bank_quarantined", kept.value)


def test_a_release_of_a_lane_nobody_knows_changes_nothing() -> None:
    release = control_of(RELEASE, bank_id=BANK, lane=3)
    assert outcomes_of(release, bad_and_good(0, 1, 1)) == ["control", "accepted"]


def test_another_lane_of_the_bank_is_not_kept_out() -> None:
    def of_lane(draft: Draft, lane: int) -> Draft:
        return draft._replace(headers={**draft.headers, "lane": str(lane), "lanes": "2"})

    empty = draft_of(b"", bank_id=BANK, seq=1, complete_to=None)
    outcomes = outcomes_of(of_lane(bad_and_good(200, 0, 1), 0), of_lane(empty, 1))
    assert outcomes == ["accepted", "accepted"]


def test_messages_of_a_batch_that_is_cut_are_each_judged_once() -> None:
    """A lane goes too far in the middle of a batch, and others go on behind it."""
    seen: list[Message] = []
    drafts = [bad_and_good(150, 0, n) for n in range(1, 6)]
    log = ListLog(drafts)
    pipeline = Pipeline(MemoryStore(), lpr=LPR, log_identity=log.identity)
    seen += log.read(0, 0, messages_max=10)
    report = pipeline.handle(seen)
    assert (report.submission_count, report.quarantined_count) == (5, 3)
    assert report.rejected_count == 300 + 3


def test_a_lane_that_is_kept_out_is_an_alert_until_it_is_released() -> None:
    complete = draft_of(b"", bank_id=BANK, seq=1, complete_to=dt.date(2021, 12, 31))
    bad = bad_and_good(200, 0, 2)
    release = control_of(RELEASE, bank_id=BANK, lane=0)

    def alerts_after(*drafts: Draft) -> list[dict[str, Any]]:
        results = evaluate(read_snapshot(run(drafts, CUTS["all at once"])), LPR)
        return [
            row
            for row in alert_rows(results, quarter=Quarter(2021, 4))
            if row["rule"] == "quarantine"
        ]

    (alert,) = alerts_after(complete, bad)
    assert (alert["severity"], alert["bank_id"]) == ("warning", BANK)
    assert alert["message_zh"] == (
        f"{BANK}：通道0差错过多，已隔离，其后报送的数据均未计入。"
        f"请银行更正后运行 puhui rejected release {BANK} --lane 0。"
    )
    assert alert["message_en"] == (
        f"{BANK}: lane 0 sent too much that was wrong and is quarantined; nothing it sends counts. "
        f"When the bank has mended it: puhui rejected release {BANK} --lane 0."
    )
    assert alerts_after(complete, bad, release) == []
