"""What lies long after the day of receipt is refused, and nothing else is."""

import datetime as dt

import pytest

from infra.reference_data import load_lpr
from schemas.events.credit_line_set import CreditLineSet
from schemas.events.position_reported import PositionReported
from schemas.message import TOPIC_LENDING, Message, draft_of
from schemas.tables import EVENTS, REGISTERS, REJECTED, SUBMISSIONS
from schemas.wire import event_json
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from tests.identities import bank_id, firm_id
from tests.job import stored

BANK = bank_id(1)
# 2021-12-15 23:30 in UTC: the 16th in Shanghai, so the last day is 2022-01-16.
RECEIVED = dt.datetime(2021, 12, 15, 23, 30, tzinfo=dt.UTC)


def handle(*events, days_max: int | None = 31, complete_to: dt.date | None = None) -> MemoryStore:
    store = MemoryStore()
    value = b"\n".join(event_json(event) for event in events)
    draft = draft_of(value, bank_id=BANK, seq=1, complete_to=complete_to)
    received_at_ms = int(RECEIVED.timestamp() * 1000)
    message = Message(TOPIC_LENDING, 0, 0, received_at_ms, draft.headers, draft.value)
    Pipeline(store, lpr=load_lpr(), future_days_max=days_max).handle([message])
    return store


def line(number: int, occurred_on: str) -> CreditLineSet:
    return CreditLineSet(
        event_id=f"line-{number:012}",
        bank_id=BANK,
        occurred_on=occurred_on,
        borrower_id=firm_id(1),
        limit_cny_minor=1,
    )


def position(quarter: str) -> PositionReported:
    return PositionReported(
        event_id=f"position-{quarter}-0",
        bank_id=BANK,
        occurred_on="2021-12-15",
        quarter=quarter,
        population="inclusive",
        balance_minor=1,
    )


def test_an_event_a_month_ahead_is_taken_and_one_a_day_later_refused() -> None:
    store = handle(line(1, "2022-01-16"), line(2, "2022-01-17"), line(3, "2021-12"))
    assert stored(store, EVENTS, "occurred_on") == [("2022-01-16",), ("2021-12",)]
    assert stored(store, REJECTED, "position", "code", "field", "found", "expected") == [
        (1, "future_date", "occurred_on", "2022-01-17", "a date up to 2022-01-16")
    ]


def test_a_position_for_a_quarter_far_ahead_is_refused() -> None:
    store = handle(position("2021Q4"), position("2099Q4"))
    assert stored(store, REGISTERS, "entry") == [("2021Q4/inclusive",)]
    assert stored(store, REJECTED, "code", "field", "found") == [
        ("future_date", "quarter", "2099Q4")
    ]


@pytest.mark.parametrize(("day", "outcome"), [(16, "accepted"), (17, "refused")])
def test_nobody_is_complete_to_a_day_far_ahead(day: int, outcome: str) -> None:
    store = handle(line(1, "2021-12-15"), complete_to=dt.date(2022, 1, day))
    assert stored(store, SUBMISSIONS, "outcome") == [(outcome,)]


def test_a_world_with_its_own_calendar_is_not_held_to_ours() -> None:
    store = handle(
        line(1, "2031-01-01"), position("2031Q4"), days_max=None, complete_to=dt.date(2031, 12, 31)
    )
    assert store.row_count(REJECTED) == 0
    assert store.row_count(EVENTS) == 2
