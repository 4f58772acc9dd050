"""Strategies for sound events of every type, made from the catalog itself."""

import datetime as dt
from typing import Any

import msgspec
from hypothesis import strategies as st

from schemas.currencies import CURRENCIES
from schemas.event import Event
from schemas.event_types import EVENT_TYPES, type_name
from schemas.events.reversal import Reversal
from schemas.wire import event_json
from schemas.wire_fields import FIELDS, REVERSIBLE, FieldKind, WireField
from tests.identities import bank_id, borrower_id

BANK = bank_id(1)
OTHER_BANK = bank_id(2)
AGGREGATE = "province_ex_qingdao"

DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31)).map(dt.date.isoformat)
MONTHS = DAYS.map(lambda day: day[:7])
LATER_DAYS = st.dates(dt.date(2061, 1, 1), dt.date(2099, 12, 31)).map(dt.date.isoformat)
ANY_TEXT = st.text(max_size=12)

_TEXTS: dict[str, st.SearchStrategy[str]] = {
    "event_id": st.text("abcXYZ019._:-", min_size=16, max_size=64),
    "occurred_on": DAYS | MONTHS,
    "matures_on": LATER_DAYS,
    "old_matures_on": DAYS,
    "opened_on": DAYS | MONTHS | st.just(""),
    "closed_on": DAYS | st.just(""),
    "borrower_id": st.integers(0, 10_000).map(borrower_id),
    "currency": st.just("CNY") | st.sampled_from(sorted(CURRENCIES)),
    "quarter": st.builds("{}Q{}".format, st.integers(1990, 2099), st.integers(1, 4)),
    "city": st.sampled_from(["370100", "370200", ""]),
    "industry": st.sampled_from(["C30", "F51", "100", "200", ""]),
    "use_industry": st.sampled_from(["C301", "F511", "1000", "2000", ""]),
}


def _value(name: str, field: WireField) -> st.SearchStrategy[Any]:
    match field.kind:
        case FieldKind.TEXT:
            return _TEXTS.get(name, ANY_TEXT)
        case FieldKind.INTEGER:
            assert field.least is not None
            assert field.most is not None
            # Bounds themselves are what is easy to get wrong.
            edges = st.sampled_from([field.least, field.most])
            return edges | st.integers(field.least, field.most)
        case FieldKind.BOOLEAN:
            return st.booleans()
        case FieldKind.WORD:
            return st.sampled_from(field.words)
    raise AssertionError(name)


def _sound(fields: dict[str, Any], event_type: type[Event]) -> Event:
    """Make the amounts of one event agree with each other."""
    names = FIELDS[type_name(event_type)]
    for name in ("amount", "balance"):
        if f"{name}_cny_minor" in names:
            is_foreign = fields.get("currency", "CNY") != "CNY"
            if is_foreign and fields.get(f"{name}_cny_minor") is None:
                fields[f"{name}_cny_minor"] = 1
            if not is_foreign and fields.get(f"{name}_cny_minor") is not None:
                fields[f"{name}_cny_minor"] = fields[f"{name}_minor"]
    if fields.get("change_cny_minor") == 0:
        fields["change_cny_minor"] = -1
    if event_type is Reversal:  # Never that of the event it reverses.
        fields["event_id"] = f"R{fields['event_id'][1:]}"
    return event_type(**fields)


def events_of(event_type: type[Event]) -> st.SearchStrategy[Event]:
    """Sound events of one type; optional fields are left out at times."""
    name = type_name(event_type)
    bank = AGGREGATE if name == "aggregate_published" else BANK
    required, optional = {"bank_id": st.just(bank)}, {}
    for field_name, field in FIELDS[name].items():
        if field_name == "bank_id":
            continue
        if event_type is Reversal and field_name == "body":
            required[field_name] = BODIES.map(event_json).map(msgspec.Raw)
        elif field.is_required:
            required[field_name] = _value(field_name, field)
        else:
            optional[field_name] = _value(field_name, field)
    made = st.fixed_dictionaries(required, optional=optional)
    return made.map(lambda fields: _sound(dict(fields), event_type))


BODIES: st.SearchStrategy[Event] = st.deferred(
    lambda: st.sampled_from(REVERSIBLE).flatmap(events_of)
)
EVENTS: st.SearchStrategy[Event] = st.sampled_from(EVENT_TYPES).flatmap(events_of)


def bank_of(event: Event) -> str:
    return event.bank_id
