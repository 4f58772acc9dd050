"""The pipeline's promises that no single step keeps alone: no event lost, none counted by chance."""

import datetime as dt
from collections.abc import Sequence

import pytest

from infra.reference_data import load_lpr
from schemas.event import Event
from schemas.events.aggregate_published import AggregatePublished
from schemas.message import Draft, draft_of
from schemas.table import Table
from schemas.tables import CELLS, CHECKPOINTS, EVENTS, REJECTED, SUBMISSIONS
from schemas.wire import encode
from streams.digest import state_digest
from streams.evaluate import read_snapshot
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
    drafts = sent([draw()], [draw(event_id="event-0000-00002")])
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


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("lanes", "1" * 5_000),  # More digits than Python turns into a number.
        ("seq", "9" * 5_000),
        ("seq", "0"),
        ("lane", "\uff10"),  # A digit of another script.
        ("complete-to", "9999-12-31"),
        ("complete-to", "20211231"),
        ("complete-to", "2021-02-30"),
        ("bank", "<b>bank</b>"),
        ("bank", BANK[:-1] + "?"),
    ],
)
def test_a_header_that_makes_no_sense_refuses_its_submission_alone(header: str, value: str) -> None:
    bad, good = sent([draw(event_id="event-0000-00001")], [draw(event_id="event-0000-00002")])
    bad = bad._replace(headers={**bad.headers, header: value})

    store = run_job([bad, good])

    assert stored(store, REJECTED, "offset", "code", "field") == [(0, "bad_header", header)]
    assert stored(store, SUBMISSIONS, "outcome") == [("refused",), ("accepted",)]
    assert list(read_snapshot(store).bank_ids) == [BANK]


def test_a_total_that_was_published_is_sent_under_its_word() -> None:
    total = AggregatePublished(
        event_id="aggregate-0000-0001",
        bank_id="rural",
        occurred_on="2021-12-31",
        name_zh="农村金融机构",
        quarter="2021Q4",
        population="inclusive",
        balance_minor=1,
    )
    draft = draft_of(
        encode([total], "application/x-ndjson"), bank_id="rural", seq=1, complete_to=None
    )

    assert stored(run_job([draft]), SUBMISSIONS, "outcome", "stored_count") == [("accepted", 1)]
