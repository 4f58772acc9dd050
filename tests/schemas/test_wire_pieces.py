"""Every event can be taken out of its submission and sent alone."""

import pytest

from schemas.event_types import TYPE_NAMES
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON
from schemas.wire import decode, encode
from schemas.wire_pieces import as_event, events_of
from tests.event_stories import random_events
from tests.schemas.decoding import as_lists, draw


@pytest.mark.parametrize("content_type", [CONTENT_NDJSON, CONTENT_ARROW])
def test_an_event_taken_out_is_the_event_that_was_sent(content_type: str) -> None:
    events = random_events(11, 300)

    pieces = events_of(content_type, encode(events, content_type))

    assert {event.__struct_config__.tag for event in events} == set(TYPE_NAMES) | {"reversal"}
    assert len(pieces) == len(events)
    for event, piece in zip(events, pieces, strict=True):
        alone = decode([(CONTENT_NDJSON, piece)], [event.bank_id])
        sent = decode([(CONTENT_NDJSON, encode([event], CONTENT_NDJSON))], [event.bank_id])
        assert alone.faults == ()
        assert as_lists(alone.events) == as_lists(sent.events)


def test_bytes_that_are_no_event_stay_what_they_are() -> None:
    for raw in (b"{", b"[]", b"\xff", b'{"type":"reversal","body":1}', b'{"type":"loan"}'):
        assert as_event(raw) == raw


def test_one_event_over_several_lines_is_one_piece() -> None:
    value = encode([draw()], CONTENT_NDJSON).replace(b",", b",\n")
    (piece,) = events_of(CONTENT_NDJSON, value)
    assert decode([(CONTENT_NDJSON, piece)], [draw().bank_id]).events.size == 1
