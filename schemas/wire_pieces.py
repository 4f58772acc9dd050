"""Single events out of the bytes of a submission, each as the JSON that can be sent alone."""

from typing import Any

import msgspec

from schemas.message import CONTENT_ARROW
from schemas.wire_arrow import Arrow
from schemas.wire_fields import FIELDS, REVERSAL
from schemas.wire_ndjson import Ndjson


def events_of(content_type: str, payload: bytes) -> list[bytes]:
    """Return every event of a submission; none where the bytes cannot be told apart."""
    source = Arrow() if content_type == CONTENT_ARROW else Ndjson()
    count = source.read(0, payload)
    return [as_event(source.raw_of(0, position)) for position in range(count)]


def as_event(raw: bytes) -> bytes:
    """Return ``raw`` as an event in JSON: a row of a table has a reversal's body beside it."""
    try:
        row = msgspec.json.decode(raw)
    except msgspec.MsgspecError:
        return raw
    if not isinstance(row, dict) or row.get("type") != REVERSAL or "body" in row:
        return raw
    return msgspec.json.encode(_with_body(row))


def _with_body(row: dict[str, Any]) -> dict[str, Any]:
    prefix = "reversed_"
    own = {name for name in ("type", *FIELDS[REVERSAL]) if not name.startswith(prefix)}
    body = {name: value for name, value in row.items() if name not in own}
    of_body = {name.removeprefix(prefix): body.pop(name) for name in list(body) if prefix in name}
    if "bank_id" in row:
        of_body["bank_id"] = row["bank_id"]
    return {name: row[name] for name in row if name in own} | {"body": of_body | body}
