"""One pipeline over every store: the same events give the same state digest."""

from collections.abc import Callable

import pytest

from infra.clickhouse.connection import Connection
from infra.clickhouse.store import ClickHouseStore
from infra.demo.economy import Economy
from infra.reference_data import load_lpr
from schemas.message import CONTENT_ARROW, Draft
from schemas.tables import EVENTS
from streams.digest import state_digest, table_digests
from streams.pipeline import Pipeline
from tests.job import run_job
from tests.simulation.world import story


def demo() -> list[Draft]:
    economy = Economy(
        7,
        lpr=load_lpr(),
        banks=6,
        borrowers=150,
        quarters=3,
        lanes=2,
        partitions=2,
        content_type=CONTENT_ARROW,
    )
    return list(economy.history())


def damaged() -> list[Draft]:
    return story(3, partitions=2, events=150)


@pytest.mark.parametrize("drafts_of", [demo, damaged])
def test_the_same_events_give_the_same_digest(
    connection: Connection, drafts_of: Callable[[], list[Draft]]
) -> None:
    drafts = drafts_of()
    memory = run_job(drafts)

    store = ClickHouseStore(connection)
    run_job(drafts, store=store)

    assert len(store.read(EVENTS)["offset"]) > 100
    assert table_digests(store) == table_digests(memory)
    assert state_digest(store) == state_digest(memory)


def test_a_pipeline_that_starts_again_goes_on_where_the_store_is(connection: Connection) -> None:
    drafts = demo()
    half = len(drafts) // 2
    store = ClickHouseStore(connection)
    run_job(drafts[:half], store=store)
    run_job(drafts, store=store)  # Another pipeline, which knows nothing but the store.

    assert state_digest(store) == state_digest(run_job(drafts))
    places = Pipeline(store, lpr=load_lpr(), log_identity="list/lending")
    assert [places.next_offset(partition) for partition in (0, 1)] == [
        sum(draft.partition == partition for draft in drafts) for partition in (0, 1)
    ]
