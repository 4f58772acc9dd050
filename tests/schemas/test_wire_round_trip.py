"""What is encoded comes back, the same in both encodings, however it is split."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.columns import EventColumns
from schemas.event import Event
from schemas.event_types import EVENT_TYPES, type_name
from schemas.events.reversal import Reversal
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON
from schemas.wire import decode, decode_event, encode, event_json
from schemas.wire_fields import RECORD_TYPES
from tests.schemas.decoding import as_lists
from tests.schemas.sound_events import EVENTS, events_of

QUICK = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def columns_of(events: list[Event], content_type: str) -> EventColumns:
    """The columns of events of several banks: one submission for each stretch of one bank."""
    payloads, banks = [], []
    for event in events:
        payloads.append((content_type, encode([event], content_type)))
        banks.append(event.bank_id)
    result = decode(payloads, banks)
    assert result.faults == ()
    return result.events


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=type_name)
@QUICK
@given(data=st.data())
def test_every_type_of_event_gives_the_same_columns_in_both_encodings(
    event_type: type[Event], data: st.DataObject
) -> None:
    events = data.draw(st.lists(events_of(event_type), min_size=1, max_size=4))
    bank = events[0].bank_id

    results = [
        decode([(content_type, encode(events, content_type))], [bank])
        for content_type in (CONTENT_NDJSON, CONTENT_ARROW)
    ]

    assert [result.faults for result in results] == [(), ()]
    assert results[0].events.size == len(events)
    assert as_lists(results[0].events) == as_lists(results[1].events)


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=type_name)
@QUICK
@given(data=st.data())
def test_an_event_comes_back_from_its_json(event_type: type[Event], data: st.DataObject) -> None:
    event = data.draw(events_of(event_type))
    raw = event_json(event)

    back = decode_event(raw)

    assert event_json(back) == raw
    if not isinstance(event, Reversal):
        assert back == event


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS, max_size=12))
def test_a_mixture_of_types_keeps_its_order_and_its_records(events: list[Event]) -> None:
    columns = columns_of(events, CONTENT_NDJSON)

    assert columns.submission.tolist() == list(range(len(events)))
    assert [value.decode() for value in columns.event_id.tolist()] == [e.event_id for e in events]
    assert columns.records == tuple(
        (row, event) for row, event in enumerate(events) if type_name(type(event)) in RECORD_TYPES
    )
    assert as_lists(columns) == as_lists(columns_of(events, CONTENT_ARROW))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.booleans()), min_size=1, max_size=8))
def test_both_encodings_may_stand_in_one_batch(sent: list[tuple[Event, bool]]) -> None:
    content_types = [CONTENT_ARROW if is_arrow else CONTENT_NDJSON for _, is_arrow in sent]
    payloads = [
        (content_type, encode([event], content_type))
        for (event, _), content_type in zip(sent, content_types, strict=True)
    ]

    result = decode(payloads, [event.bank_id for event, _ in sent])

    alone = columns_of([event for event, _ in sent], CONTENT_NDJSON)
    assert result.event_counts == (1,) * len(sent)
    assert as_lists(result.events) == as_lists(alone)


@pytest.mark.parametrize("content_type", [CONTENT_NDJSON, CONTENT_ARROW])
def test_a_submission_without_events_is_a_submission(content_type: str) -> None:
    result = decode([(content_type, encode([], content_type))], ["any"])

    assert (result.events.size, result.faults, result.event_counts) == (0, (), (0,))


def test_a_batch_without_submissions_is_empty() -> None:
    result = decode([], [])

    assert (result.events.size, result.faults, result.event_counts) == (0, (), ())


def test_an_unknown_content_type_is_refused_whole_with_its_bytes() -> None:
    result = decode([("text/csv", b"a,b")], ["any"])

    (fault,) = result.faults
    assert (fault.code, fault.position, fault.found) == ("unsupported_content_type", -1, "text/csv")
    assert fault.raw == b"a,b"


def test_encoding_to_an_unknown_content_type_says_which_there_are() -> None:
    with pytest.raises(ValueError, match=r"'text/csv', expected one of .*ndjson"):
        encode([], "text/csv")
