"""The pipeline's promises that no single step keeps alone: no event lost, none counted by chance."""

import datetime as dt
from collections.abc import Sequence

import pytest

from infra.reference_data import load_lpr
from schemas.event import Event
from schemas.message import Draft, draft_of
from schemas.tables import CELLS, CHECKPOINTS, EVENTS, REJECTED, SUBMISSIONS, Table
from schemas.wire import encode
from streams.digest import state_digest
from streams.loop import Loop
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from streams.ports import Rows
from tests.event_stories import reversal_of
from tests.job import ListLog, run_job, stored
from tests.schemas.decoding import BANK, draw


def sent(*submissions: Sequence[Event]) -> list[Draft]:
    return [
        draft_of(
            encode(events, "application/x-ndjson"),
            bank_id=BANK,
            seq=seq,
            complete_to=dt.date(2021, 3, 31),
        )
        for seq, events in enumerate(submissions, start=1)
    ]


def one_message_a_batch(drafts: list[Draft]) -> MemoryStore:
    store, log = MemoryStore(), ListLog(drafts)
    pipeline = Pipeline(store, lpr=load_lpr(), log_identity=log.identity)
    for message in log.messages[0]:
        pipeline.handle([message])
    return store


class FullDisk(MemoryStore):
    """Fails once, at the first insert into one table, and works from then on."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.failing: Table | None = table

    def insert(self, table: Table, rows: Rows) -> None:
        if table is self.failing:
            self.failing = None
            raise OSError("no space left on device")
        super().insert(table, rows)


@pytest.mark.parametrize("table", [SUBMISSIONS, EVENTS, CELLS, CHECKPOINTS], ids=lambda t: t.name)
def test_a_store_that_fails_once_loses_no_event(table: Table) -> None:
    drafts = sent([draw()], [draw(event_id="event-0000-0002")])
    store, log = FullDisk(table), ListLog(drafts)
    loop = Loop(log, Pipeline(store, lpr=load_lpr(), log_identity=log.identity))

    with pytest.raises(OSError, match="no space"):
        loop.run_to_end()
    loop.run_to_end()

    assert state_digest(store) == state_digest(run_job(drafts))
    assert [outcome for (outcome,) in stored(store, SUBMISSIONS, "outcome")] == ["accepted"] * 2


def test_the_id_of_a_refused_second_reversal_was_not_there_before() -> None:
    loan = draw()
    first, second = (reversal_of(loan, f"reversal-0000-000{n}", "2021-06-30") for n in (1, 2))
    later = draw(event_id=second.event_id)
    drafts = sent([loan], [first], [second], [second], [later], [later])

    stores = run_job(drafts), one_message_a_batch(drafts)

    for store in stores:
        assert [offset for (offset,) in stored(store, EVENTS, "offset")] == [0, 1, 4]
        assert [offset for (offset,) in stored(store, REJECTED, "offset")] == [2, 3]
