"""Every kind of event by name, found in the catalog folder; a new file there is a new kind."""

from schemas import events
from schemas.catalog import entries
from schemas.event import Event

EVENT_TYPES: tuple[type[Event], ...] = entries(events, "EVENT")


def type_name(event_type: type[Event]) -> str:
    """Return the name that stands in an event's ``type``."""
    tag = event_type.__struct_config__.tag
    assert isinstance(tag, str)
    return tag


TYPE_NAMES: tuple[str, ...] = tuple(type_name(event_type) for event_type in EVENT_TYPES)
TYPE_CODES: dict[str, int] = {name: code for code, name in enumerate(TYPE_NAMES)}
