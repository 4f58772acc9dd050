"""Says exactly what is wrong with one JSON line that did not decode.

The decoder is fast and stops at the first error in words of its own; a line that it refused is
read again here, slowly, and compared with the event catalog.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from schemas.event_types import TYPE_CODES
from schemas.expectations import (
    EXPECTED_FIELD,
    EXPECTED_LINE,
    EXPECTED_REVERSIBLE,
    EXPECTED_TYPE,
    EXPECTED_UTF8,
)
from schemas.verdicts import Problem, shortened
from schemas.wire_fields import BODY, FIELDS, REVERSAL, REVERSIBLE_NAMES, FieldKind, WireField

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def diagnose(line: bytes, error: Exception) -> Problem:
    """Return why ``line`` was refused with ``error``."""
    try:
        line.decode()
    except UnicodeDecodeError as at:
        found = shortened(line[at.start : at.start + 8].hex(" "))
        return Problem("not_utf8", "", found, EXPECTED_UTF8.format(at.start))
    try:
        event = msgspec.json.decode(line)
    except UNREADABLE:
        found = shortened(line.decode().strip())
        return Problem("not_json", "", found, EXPECTED_LINE)
    if not isinstance(event, dict):
        return Problem("not_json", "", shortened(event), EXPECTED_LINE)
    event_id = event.get("event_id")
    problem = _problem_of(event) or Problem("wrong_type", "", shortened(str(error)), EXPECTED_LINE)
    return problem._replace(event_id=shortened(event_id) if isinstance(event_id, str) else "")


def _problem_of(event: Mapping[str, Any], prefix: str = "") -> Problem | None:
    """Return the first problem of a JSON object; ``prefix`` names where it stands."""
    name = event.get("type")
    if name is None:
        return Problem("missing_field", prefix + "type", "", EXPECTED_TYPE)
    if not isinstance(name, str) or name not in TYPE_CODES:
        return Problem("unknown_type", prefix + "type", shortened(name), EXPECTED_TYPE)
    if prefix and name not in REVERSIBLE_NAMES:
        return not_reversible(name)
    problem = next(_field_problems(name, event, prefix), None)
    if problem is None and name == REVERSAL:
        return _problem_of(event[BODY], f"{BODY}.")
    return problem


def _field_problems(name: str, event: Mapping[str, Any], prefix: str) -> Iterator[Problem]:
    fields = FIELDS[name]
    for key, value in event.items():
        if key == "type":
            continue
        if key not in fields:
            expected = EXPECTED_FIELD.format(name)
            yield Problem("unknown_field", prefix + shortened(key), shortened(value), expected)
        elif problem := _problem_with(fields[key], value, prefix):
            yield problem
    for key, field in fields.items():
        if field.is_required and key not in event:
            yield Problem("missing_field", prefix + key, "", field.expected)


def not_reversible(name: str) -> Problem:
    """Return the refusal of a reversal whose body is of a type that cannot be reversed."""
    code = "reversal_of_reversal" if name == REVERSAL else "not_reversible"
    return Problem(code, f"{BODY}.type", name, EXPECTED_REVERSIBLE)


def _problem_with(field: WireField, value: object, prefix: str) -> Problem | None:
    code = ""
    match field.kind:
        case FieldKind.INTEGER:
            if value is None and not field.is_required and field.default is None:
                return None
            if not isinstance(value, int) or isinstance(value, bool):
                code = "wrong_type"
            elif field.least is not None and field.most is not None:
                code = "" if field.least <= value <= field.most else "out_of_range"
        case FieldKind.WORD:
            code = "" if value in field.words else "unknown_word"
        case FieldKind.BOOLEAN:
            code = "" if isinstance(value, bool) else "wrong_type"
        case FieldKind.EVENT:
            code = "" if isinstance(value, dict) else "wrong_type"
        case FieldKind.TEXT:
            code = "" if isinstance(value, str) else "wrong_type"
    if not code:
        return None
    # As JSON, where the type is wrong: "100" with its quotes is not 100.
    found = msgspec.json.encode(value).decode() if code == "wrong_type" else value
    return Problem(code, prefix + field.name, shortened(found), field.expected)
