"""What is prepared and not stored yet is known; what is stored is forgotten by who prepares."""

from infra.reference_data import load_lpr
from schemas.tables import EVENTS, SUBMISSIONS
from streams.digest import state_digest
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from tests.event_stories import random_events, submissions
from tests.job import ListLog, run_job, stored


def test_an_event_that_comes_again_while_the_first_is_in_flight_is_a_duplicate() -> None:
    once = submissions(random_events(1, 12, banks=1), lanes=1, partitions=1)
    drafts = [*once, *(draft_again(draft, len(once)) for draft in once)]
    store = MemoryStore()
    log = ListLog(drafts)
    pipeline = Pipeline(store, lpr=load_lpr(), log_identity=log.identity)

    prepared = [pipeline.prepare([message]) for message in log.messages[0]]
    assert not stored(store, EVENTS, "offset")
    for stages in prepared:
        pipeline.store(stages)

    assert state_digest(store) == state_digest(run_job(drafts))
    offsets = {offset for (offset,) in stored(store, EVENTS, "offset")}
    assert max(offsets) < len(once)
    duplicates = dict(stored(store, SUBMISSIONS, "offset", "duplicate_count"))
    assert sum(duplicates.values()) == len(stored(store, EVENTS, "offset"))


def draft_again(draft, added: int):
    """The same events under a seq of their own."""
    seq = str(int(draft.headers["seq"]) + added)
    return draft._replace(headers={**draft.headers, "seq": seq})


def test_what_is_stored_is_forgotten_with_the_next_batch_and_not_before() -> None:
    drafts = submissions(random_events(2, 40, banks=1), lanes=1, partitions=1)
    log = ListLog(drafts)
    pipeline = Pipeline(MemoryStore(), lpr=load_lpr(), log_identity=log.identity)
    memory = pipeline.open(0)
    messages = log.messages[0]

    first, second = pipeline.prepare([messages[0]]), pipeline.prepare([messages[1]])
    pipeline.store(first)
    # Another thread may be reading the list: it is left as it is.
    assert [next_offset for next_offset, _ in memory.accepted_in_flight] == [1, 2]
    pipeline.prepare([messages[2]])

    assert [next_offset for next_offset, _ in memory.accepted_in_flight] == [2, 3]
    assert [flight.next_offset for flight in memory.seen._flights] == [2, 3]
    pipeline.store(second)
    assert memory.seen._stored_to == 2
