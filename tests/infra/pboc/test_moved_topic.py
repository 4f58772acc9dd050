"""After submissions moved to another topic, a month sent before it is not compared with others'."""

import datetime as dt

import pytest

from infra.imports.pboc.filing_importer import FilingImporter, MovedTopicError
from schemas.message import TOPIC_LENDING
from streams.digest import state_digest
from streams.generations import moved_at_ms, show_generation, write_from_topic
from streams.memory_store import MemoryStore
from tests.infra.pboc.import_desk import BANK, OLD, Desk, filing

SEPTEMBER, OCTOBER = dt.date(2026, 9, 30), dt.date(2026, 10, 31)


def stock(month: dt.date, balance: str):
    return filing("CLDWDK", month, OLD | {"balance": balance, "balance_cny": balance})


def moved(desk: Desk) -> None:
    before = desk.importer
    desk.importer = FilingImporter(
        desk.store,
        before._ingest,
        desk.clock,
        generation=0,
        topic=TOPIC_LENDING,
        topic_since_ms=desk.clock.now_ms(),
    )


def test_a_month_sent_before_the_move_is_refused_and_nothing_is_changed() -> None:
    desk = Desk()
    desk.take(stock(SEPTEMBER, "100.00"))
    moved(desk)
    before = state_digest(desk.store)

    for _ in range(2):
        with pytest.raises(MovedTopicError, match="Nothing was imported"):
            desk.take(stock(SEPTEMBER, "90.00"))

    assert state_digest(desk.store) == before
    assert [one.batch for one in desk.archive.listed(BANK)] == [1]


def test_a_month_that_would_be_compared_anew_with_an_earlier_one_is_refused_too() -> None:
    desk = Desk()
    desk.take(stock(OCTOBER, "90.00"))
    moved(desk)

    with pytest.raises(MovedTopicError, match="2026-10-31"):
        desk.take(stock(SEPTEMBER, "100.00"))


def test_a_month_sent_after_the_move_may_be_corrected() -> None:
    desk = Desk()
    moved(desk)

    desk.take(stock(OCTOBER, "100.00"))
    (report,) = desk.take(stock(OCTOBER, "90.00")).values()

    assert report.batch == 2


def test_only_a_topic_with_a_number_was_moved_to() -> None:
    store = MemoryStore()
    assert moved_at_ms(store) == 0
    show_generation(store, 1, now_ms=500)
    assert moved_at_ms(store) == 0
    write_from_topic(store, 2, 2, now_ms=600)
    assert moved_at_ms(store) == 0
    show_generation(store, 2, now_ms=700)
    assert moved_at_ms(store) == 700
