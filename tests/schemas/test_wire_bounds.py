"""A submission of more events than a batch may hold is refused as a whole, before it is decoded."""

import pyarrow as pa
import pytest

from schemas import wire_arrow, wire_ndjson
from schemas.message import CONTENT_ARROW, CONTENT_NDJSON, EVENTS_A_SUBMISSION_MAX
from schemas.wire import decode
from tests.schemas.decoding import BANK, BOTH, decoded, draw

BOUND = 3


@pytest.fixture
def small_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (wire_arrow, wire_ndjson):
        monkeypatch.setattr(module, "EVENTS_A_SUBMISSION_MAX", BOUND)


def events(count: int):
    return [draw(event_id=f"event-{n:010d}") for n in range(count)]


@pytest.mark.parametrize("content_type", BOTH)
@pytest.mark.usefixtures("small_bound")
def test_up_to_the_bound_all_count_and_one_more_refuses_them_all(content_type: str) -> None:
    assert decoded(events(BOUND), content_type).events.size == BOUND

    found = decoded(events(BOUND + 1), content_type)

    assert found.events.size == 0
    assert found.event_counts == (0,)
    (fault,) = found.faults
    assert (fault.code, fault.position, fault.found) == ("too_many_events", -1, "4")
    assert fault.expected == "at most 3 events"
    assert fault.raw


def test_millions_of_empty_lines_cost_next_to_nothing() -> None:
    payload = b"{}\n" * (5 * 2**20)

    found = decode([(CONTENT_NDJSON, payload)], [BANK])

    assert [fault.code for fault in found.faults] == ["too_many_events"]


def test_millions_of_empty_rows_are_refused_too() -> None:
    count = EVENTS_A_SUBMISSION_MAX + 1
    table = pa.table({"type": pa.array(["loan_disbursed"] * count)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)

    found = decode([(CONTENT_ARROW, sink.getvalue().to_pybytes())], [BANK])

    assert [fault.code for fault in found.faults] == ["too_many_events"]
