"""Whatever dies, comes twice, comes late or never: the state equals one clean run.

The process is killed between any two rows of any insert. Each seed is a story of its own.
"""

import pytest

from streams.digest import state_digest, table_digests
from tests.simulation.world import clean_run, deadly_run, story

SEEDS = range(200)
EFFECTS = ("cells", "tag_cells", "profiles", "credit_lines", "registers", "totals")


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
