"""What a bank has sent is a function of the set of its submissions, not of their order."""

import datetime as dt
import random

import numpy as np
import pytest

from schemas.message import Submission
from streams.id_filter import IdFilter, id_hash
from streams.lanes import Lanes

HASHES = [1757738592459663615, 7945216697748060726, -3412809671994062012]


def submission(seq: int, complete_to: str = "") -> Submission:
    date = dt.date.fromisoformat(complete_to) if complete_to else None
    return Submission("A", 0, 1, seq, date, "", "1", "")


@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_arrival_gives_the_same_lane(seed: int) -> None:
    rng = random.Random(seed)
    sent = [submission(seq, f"2021-{seq:02}-01") for seq in range(1, 13) if rng.random() < 0.7]
    states = set()
    for _ in range(5):
        lanes = Lanes()
        for one in rng.sample(sent, len(sent)):
            assert not lanes.has_seen(one)
            lanes.see(one)
        assert all(lanes.has_seen(one) for one in sent)
        states.add(lanes.to_json())
        assert Lanes.from_json(lanes.to_json()).to_json() == lanes.to_json()
    assert len(states) == 1


def test_a_date_behind_a_gap_counts_only_when_the_gap_is_closed() -> None:
    lanes = Lanes()
    for seq, date in ((1, "2021-03-31"), (3, "2021-09-30")):
        lanes.see(submission(seq, date))
    assert '"complete_to":"2021-03-31"' in lanes.to_json()
    assert lanes.gaps() == {("A", 0): [(2, 2)]}
    assert lanes.next_seq("A", 0) == 4

    lanes.see(submission(2))
    assert '"complete_to":"2021-09-30"' in lanes.to_json()
    assert lanes.gaps() == {}


def test_a_lane_that_does_not_begin_at_one_is_complete_to_nothing() -> None:
    lanes = Lanes()
    lanes.see(submission(2, "2021-12-31"))
    assert '"complete_to":""' in lanes.to_json()


def test_the_filter_knows_every_id_it_was_given_and_suspects_hardly_any_other() -> None:
    seen = np.array([f"event-{number:012}" for number in range(200_000)], "S64")
    other = np.array([f"other-{number:012}" for number in range(200_000)], "S64")
    ids = IdFilter()
    for start in range(0, seen.size, 7_000):
        ids.add(id_hash(seen[start : start + 7_000]))
    assert ids.suspects(id_hash(seen)).all()
    assert ids.suspects(id_hash(other)).sum() < 20


def test_the_hash_of_an_id_never_changes() -> None:
    """It settles ties in stored registers: another value would change what counts."""
    ids = np.array(["event-000000001", "x" * 64, "a"], "S64")
    assert id_hash(ids).tolist() == HASHES
