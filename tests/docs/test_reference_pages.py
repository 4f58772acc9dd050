"""The reference pages are what the code would write today."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.reference_pages import FOLDER, PATTERNS, event_schema, pages
from schemas.event import Event
from schemas.event_types import EVENT_TYPES, type_name
from schemas.wire import event_json
from tests.schemas.sound_events import events_of


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_on_disk_is_what_the_code_says(name: str) -> None:
    on_disk = (FOLDER / name).read_text(encoding="utf-8")

    assert on_disk == pages()[name], f"run: python -m infra.reference_pages  ({name} is old)"


@pytest.mark.parametrize("layer", ["schemas", "processors", "alerts", "streams", "infra"])
def test_every_reference_page_that_code_points_to_exists(layer: str) -> None:
    root = FOLDER.parents[1]
    texts = [path.read_text(encoding="utf-8") for path in (root / layer).rglob("*.py")]
    named = {name for text in texts for name in re.findall(r"docs/reference/[a-z.-]+\w", text)}

    assert [name for name in sorted(named) if not (root / name).exists()] == []


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=type_name)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_json_schema_admits_what_the_decoder_admits(
    event_type: type[Event], data: st.DataObject
) -> None:
    fields = json.loads(event_json(data.draw(events_of(event_type))))
    part = event_schema()["$defs"][event_type.__name__]

    assert set(part["required"]) <= set(fields) <= set(part["properties"])
    for name in PATTERNS.keys() & fields.keys():
        assert re.search(part["properties"][name]["pattern"], fields[name])


def test_the_body_of_a_reversal_is_one_of_the_reversible_types() -> None:
    body = event_schema()["$defs"]["Reversal"]["properties"]["body"]

    names = {reference["$ref"].removeprefix("#/$defs/") for reference in body["anyOf"]}
    assert names == {event.__name__ for event in EVENT_TYPES if event.IS_REVERSIBLE}
