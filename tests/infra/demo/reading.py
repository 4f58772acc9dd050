"""Reads what the demo's banks have sent."""

import msgspec

from schemas.message import Draft


def events_in(drafts: list[Draft]) -> list[dict]:
    """Return the events of submissions that are in NDJSON."""
    return [msgspec.json.decode(line) for draft in drafts for line in draft.value.splitlines()]
