"""The page for newcomers: its lines are events, and it tells of every field."""

import json
import re

import pytest

from infra.event_page import events_page, example_line
from schemas.event import Event
from schemas.event_types import EVENT_TYPES, TYPE_NAMES, type_name
from schemas.message import CONTENT_NDJSON
from schemas.wire import decode
from schemas.wire_fields import FIELDS

PAGE = events_page()
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=type_name)
def test_the_example_line_of_every_type_is_on_the_page_and_is_taken(
    event_type: type[Event],
) -> None:
    name = type_name(event_type)
    (line,) = re.findall(r"^```json\n(.*)\n```", SECTIONS[name], re.MULTILINE)
    bank = json.loads(line)["bank_id"]

    found = decode([(CONTENT_NDJSON, line.encode())], [bank])

    assert line == example_line(event_type)
    assert json.loads(line)["type"] == name
    assert (found.faults, found.events.size) == ((), 1)


@pytest.mark.parametrize("name", TYPE_NAMES)
def test_every_field_has_a_row_and_what_must_be_there_is_marked(name: str) -> None:
    rows = re.findall(r"^\| `(\w+)`(\*?) \|", SECTIONS[name], re.MULTILINE)

    assert dict(rows) == {"type": "*"} | {
        field.name: "*" if field.is_required else "" for field in FIELDS[name].values()
    }


def test_a_row_tells_unit_bounds_and_meaning() -> None:
    rows = SECTIONS["loan_disbursed"].splitlines()

    (rate,) = [row for row in rows if row.startswith("| `rate_mbp`")]
    assert "4.345 % is 434500" in rate
    assert "0 … 10000000" in rate
    assert "The yearly rate at which the balance carries this amount." in rate
    (first,) = [row for row in rows if row.startswith("| `is_first_loan`")]
    assert "default `false`" in first
    assert "首贷" in first
