"""Whatever dies, comes twice, comes late or never: the state equals one clean run.

The process is killed between any two rows of any insert. Each seed is a story of its own.
"""

from collections import Counter

import pytest

from schemas.tables import EVENTS, REJECTED, SUBMISSIONS
from streams.digest import state_digest, table_digests
from streams.submissions import Outcome
from tests.job import stored as rows_of
from tests.simulation.world import clean_run, deadly_run, story

SEEDS = range(200)
EFFECTS = ("cells", "tag_cells", "profiles", "credit_lines", "registers", "totals")


DAMAGED = (Outcome.ACCEPTED, Outcome.REPEATED, Outcome.CONFLICT, Outcome.REFUSED)


def test_the_stories_are_mostly_believed_and_have_every_kind_of_fault() -> None:
    """A world in which everything is refused would pass every other test here."""
    stored, refused, outcomes = 0, Counter(), Counter()
    for seed in range(30):
        store = clean_run(story(seed))
        stored += store.row_count(EVENTS)
        refused.update(code for (code,) in rows_of(store, REJECTED, "code"))
        outcomes.update(outcome for (outcome,) in rows_of(store, SUBMISSIONS, "outcome"))
        assert store.row_count(EVENTS) > 5 * store.row_count(REJECTED)
    assert stored > 30 * 60
    assert {"not_json", "not_utf8", "unknown_type", "sha256_mismatch"} <= refused.keys()
    assert {"duplicate_seq_conflict", "second_reversal"} <= refused.keys()
    assert min(outcomes[outcome] for outcome in DAMAGED) > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_full_of_deaths_ends_like_a_clean_one(seed: int) -> None:
    drafts = story(seed)
    store, deaths = deadly_run(drafts, seed)
    assert deaths > 0
    assert table_digests(store) == table_digests(clean_run(drafts))


@pytest.mark.parametrize("seed", range(0, 200, 10))
def test_another_number_of_partitions_in_a_new_generation_gives_the_same_state(seed: int) -> None:
    one = [draft._replace(partition=0) for draft in story(seed)]
    many = [draft._replace(partition=hash_of(draft) % 3) for draft in one]
    store, _ = deadly_run(many, seed, partitions=3)
    assert state_digest(store) == state_digest(clean_run(one, 1))


def hash_of(draft) -> int:
    return sum(f"{draft.headers['bank']}/{draft.headers['lane']}".encode())
