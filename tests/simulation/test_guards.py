"""Each guard is needed: without it some seed ends in another state than a clean run.

A mutation takes one guard away from the real code and the simulation must turn red. The clean
run is always made by the code as it is.
"""

from collections.abc import Callable

import numpy as np
import pytest

import processors.accounts
import processors.cube
import processors.partition
import processors.totals
import streams.duplicates
import streams.partition_memory
import streams.registers
import streams.submissions
from processors.sums import SumTable
from streams.digest import state_digest
from streams.duplicates import SeenEvents, _Earlier
from streams.lanes import Lanes
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from streams.registers import Entry
from tests.simulation.world import clean_run, deadly_run, story

SEEDS = (192, *range(60))  # The first is one of the few that need the rarest of the guards.
Patch = pytest.MonkeyPatch


def cells_take_every_event(patch: Patch) -> None:
    patch.setattr(SumTable, "versions", property(lambda table: np.full(table.size, -1, np.int64)))


def one_guard_for_the_whole_partition(patch: Patch) -> None:
    """The version of every cell is the highest of all: a cell that is behind stays behind."""

    def highest(table: SumTable) -> np.ndarray:
        own = table._versions[: table.size]
        return np.full(table.size, own.max(initial=-1))

    restored = streams.partition_memory.restore

    def restore(**rows):
        state = restored(**rows)
        for table in (state.cells, state.tag_cells):
            table._versions[: table.size] = highest(table)
        return state

    patch.setattr(streams.partition_memory, "restore", restore)


def stale_totals_are_left(patch: Patch) -> None:
    patch.setattr(processors.totals.Totals, "compare", lambda totals, main, draws: None)


def stale_totals_are_written_once(patch: Patch) -> None:
    """The hole that this simulation found: a row of a life that got further wins for good."""
    forget = lambda kept, _: kept._replace(stale=kept.stale[:0], stale_versions=kept.stale[:0])  # noqa: E731
    patch.setattr(processors.totals, "_still_stale", forget)


def the_checkpoint_is_written_first(patch: Patch) -> None:
    prepare = Pipeline.prepare

    def hasty(pipeline, messages):
        stages = prepare(pipeline, messages)
        return [stage._replace(blocks=[stage.blocks[-1], *stage.blocks]) for stage in stages]

    patch.setattr(Pipeline, "prepare", hasty)


def seqs_are_forgotten_at_a_restart(patch: Patch) -> None:
    patch.setattr(Lanes, "from_json", classmethod(lambda cls, text: cls()))


def repeated_seqs_are_taken(patch: Patch) -> None:
    patch.setattr(Lanes, "has_seen", lambda lanes, submission: False)
    patch.setattr(Lanes, "see", lambda lanes, submission: None)


def what_is_in_flight_is_forgotten(patch: Patch) -> None:
    """Of a batch that is being stored while the next is prepared, ids and seqs are not known."""
    patch.setattr(SeenEvents, "note_in_flight", lambda *_: None)


def repeated_events_are_counted(patch: Patch) -> None:
    nothing = lambda *_: _Earlier({}, {})  # noqa: E731
    patch.setattr(SeenEvents, "_earlier", nothing)


def own_rows_are_taken_for_somebody_elses(patch: Patch) -> None:
    """Any stored row counts as an earlier one, also that of the life before this one."""
    places = SeenEvents._stored_places

    def always_earlier(seen, column, texts):
        return dict.fromkeys(places(seen, column, texts), (-1, -1))

    patch.setattr(SeenEvents, "_stored_places", always_earlier)


def event_ids_are_forgotten_at_a_restart(patch: Patch) -> None:
    def forgetful(seen, store, generation, partition):
        seen._store = store
        seen._where = {"generation": generation, "partition": partition}
        seen._filter = streams.duplicates.IdFilter()

    patch.setattr(SeenEvents, "__init__", forgetful)


def a_second_reversal_counts(patch: Patch) -> None:
    earlier = SeenEvents._earlier

    def only_ids(seen, column, *rest):
        is_reversal = column == "reversed_event_id"
        return _Earlier({}, {}) if is_reversal else earlier(seen, column, *rest)

    patch.setattr(SeenEvents, "_earlier", only_ids)


def the_last_profile_to_arrive_wins(patch: Patch) -> None:
    always = lambda left, right: np.ones(left.day.size, np.bool_)  # noqa: E731
    patch.setattr(processors.accounts, "comes_later", always)


def the_last_register_entry_to_arrive_wins(patch: Patch) -> None:
    patch.setattr(Entry, "order", property(lambda entry: (entry.version, 0, 0)))


def a_wrong_checksum_is_believed(patch: Patch) -> None:
    import streams.headers

    class Believing:
        def __init__(self, value):
            self.value = value

        def hexdigest(self):
            return believed.pop() if believed else ""

    believed: list[str] = []
    read = streams.headers._read

    def trusting(headers, value):
        believed[:] = [headers.get("sha256", "")]
        return read(headers, value)

    patch.setattr(streams.headers, "_read", trusting)
    patch.setattr(streams.headers.hashlib, "sha256", Believing)


def late_events_do_not_count_what_lies_later(patch: Patch) -> None:
    patch.setattr(processors.partition, "count_history", lambda history: [])


def a_new_profile_leaves_its_old_totals(patch: Patch) -> None:
    """What a borrower added to the totals before it moved is not taken out."""
    nothing = lambda contribution: processors.cube.Contribution([], [])  # noqa: E731
    patch.setattr(processors.cube.Contribution, "minus", nothing)


MUTATIONS: list[Callable[[Patch], None]] = [
    cells_take_every_event,
    one_guard_for_the_whole_partition,
    stale_totals_are_left,
    stale_totals_are_written_once,
    the_checkpoint_is_written_first,
    seqs_are_forgotten_at_a_restart,
    repeated_seqs_are_taken,
    what_is_in_flight_is_forgotten,
    repeated_events_are_counted,
    own_rows_are_taken_for_somebody_elses,
    event_ids_are_forgotten_at_a_restart,
    a_second_reversal_counts,
    the_last_profile_to_arrive_wins,
    the_last_register_entry_to_arrive_wins,
    a_wrong_checksum_is_believed,
    late_events_do_not_count_what_lies_later,
    a_new_profile_leaves_its_old_totals,
]


def ends_otherwise(seed: int, mutate: Callable[[Patch], None]) -> bool:
    """Whether a deadly run without the guard differs from a clean one, or breaks down."""
    drafts = story(seed)
    expected = state_digest(clean_run(drafts))
    with pytest.MonkeyPatch.context() as patch:
        mutate(patch)
        try:
            store, _ = deadly_run(drafts, seed)
        except Exception:
            return True
    return state_digest(MemoryStore.copy(store)) != expected


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
def test_without_this_guard_some_seed_turns_red(mutate: Callable[[Patch], None]) -> None:
    assert any(ends_otherwise(seed, mutate) for seed in SEEDS), mutate.__doc__
