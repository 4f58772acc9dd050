"""The tables that the checks go by agree with the event catalog."""

import msgspec
import pytest

from schemas import flat
from schemas.event import Event
from schemas.event_fields import READERS
from schemas.event_types import EVENT_TYPES, TYPE_CODES, type_name
from schemas.wire_fields import FIELDS, FORBIDDEN, OPTIONAL, REQUIRED, WORD_LISTS, rules_of


def test_every_field_that_is_read_has_a_reader_and_no_other_has() -> None:
    read = {"event_id", *flat.NUMBERS, *flat.MARKS, *flat.TEXTS, *WORD_LISTS} - {"sent_on"}

    assert set(READERS) == read


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_reader_reads_the_field_it_is_named_after(name: str) -> None:
    class Named:
        def __getattr__(self, attribute: str) -> str:
            return attribute

    assert READERS[name]([Named(), Named()]) == [name, name]


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=type_name)
def test_a_field_is_required_optional_or_forbidden_as_its_type_says(
    event_type: type[Event],
) -> None:
    is_required = {field.name: field.required for field in msgspec.structs.fields(event_type)}

    for name in {name for fields in FIELDS.values() for name in fields}:
        expected = REQUIRED if is_required.get(name) else OPTIONAL
        rule = rules_of(name)[TYPE_CODES[type_name(event_type)]]
        assert rule == (expected if name in is_required else FORBIDDEN), name


def test_a_row_of_no_known_type_is_judged_no_further() -> None:
    assert rules_of("amount_minor")[255] == OPTIONAL
