"""Which fields every event type has, read off the event catalog: the tables that checks go by.

A field that two types share has one kind and one list of words everywhere; only its bounds, and
whether it must be there, may differ from type to type.
"""

from enum import Enum
from typing import NamedTuple

import msgspec
from msgspec import inspect as shapes

from schemas.codes import (
    BORROWER_KINDS,
    FIRM_SIZES,
    GUARANTEE_KINDS,
    HOLDINGS,
    LOAN_CLASSES,
    LOAN_KINDS,
)
from schemas.event import BorrowerEvent, Event
from schemas.event_types import EVENT_TYPES, TYPE_CODES, TYPE_NAMES, type_name
from schemas.expectations import (
    EXPECTED_BODY,
    EXPECTED_BOOLEAN,
    EXPECTED_RANGE,
    EXPECTED_TEXT,
    EXPECTED_WORD,
)

REVERSAL = "reversal"
BODY = "body"  # Of a reversal in JSON; Arrow has the three columns below instead.
REVERSED_FIELDS = ("reversed_type", "reversed_event_id", "reversed_occurred_on")

FORBIDDEN, REQUIRED, OPTIONAL = 0, 1, 2
UNKNOWN_TYPE = 255  # A row whose type is none of ours: refused once, then left alone.


class FieldKind(Enum):
    """What stands in a field."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "true or false"
    WORD = "one of a list of words"
    EVENT = "a whole event"


class WireField(NamedTuple):
    """One field of one event type."""

    name: str
    kind: FieldKind
    is_required: bool
    default: str | int | bool | None = None
    least: int | None = None  # The smallest and the largest integer allowed.
    most: int | None = None
    words: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What may stand here, in words."""
        match self.kind:
            case FieldKind.INTEGER:
                return EXPECTED_RANGE.format(self.least, self.most)
            case FieldKind.WORD:
                return EXPECTED_WORD.format(", ".join(self.words))
            case FieldKind.BOOLEAN:
                return EXPECTED_BOOLEAN
            case FieldKind.EVENT:
                return EXPECTED_BODY
        return EXPECTED_TEXT


# The order of words is the stored code. A list that is not here is stored as text.
WORD_LISTS: dict[str, tuple[str, ...]] = {
    "loan_kind": LOAN_KINDS,
    "loan_class": LOAN_CLASSES,
    "old_loan_class": LOAN_CLASSES,
    "guarantee_kind": GUARANTEE_KINDS,
    "borrower_kind": BORROWER_KINDS,
    "holding": HOLDINGS,
    "firm_size": FIRM_SIZES,
}


def _wire_field(field: shapes.Field) -> WireField:
    shape = field.type
    if isinstance(shape, shapes.UnionType):
        (shape,) = (part for part in shape.types if not isinstance(part, shapes.NoneType))
    default = None if field.default is msgspec.NODEFAULT else field.default
    match shape:
        case shapes.IntType(gt=gt, ge=ge, le=le):
            least = gt + 1 if gt is not None else ge
            kind, most = FieldKind.INTEGER, le
            assert least is not None, field.name
            assert most is not None, field.name
            return WireField(field.name, kind, field.required, default, least, most)
        case shapes.LiteralType(values=values):
            order = WORD_LISTS.get(field.name, ())
            words = tuple(str(word) for word in order if word in values) or tuple(map(str, values))
            return WireField(field.name, FieldKind.WORD, field.required, default, words=words)
        case shapes.BoolType():
            return WireField(field.name, FieldKind.BOOLEAN, field.required, default)
        case shapes.StrType():
            return WireField(field.name, FieldKind.TEXT, field.required, default)
        case shapes.RawType():
            return WireField(field.name, FieldKind.EVENT, field.required)
    raise AssertionError(f"{field.name}: no rule for {shape}")


def _fields_of(event_type: type[Event]) -> dict[str, WireField]:
    shape = shapes.type_info(event_type)
    assert isinstance(shape, shapes.StructType)
    return {field.name: _wire_field(field) for field in shape.fields}


FIELDS: dict[str, dict[str, WireField]] = {type_name(e): _fields_of(e) for e in EVENT_TYPES}

# Kept whole in EventColumns.records: they are registers, not sums.
RECORD_TYPES = frozenset(
    ("aggregate_published", "bank_registered", "indicator_reported", "position_reported")
)
REVERSIBLE: tuple[type[Event], ...] = tuple(e for e in EVENT_TYPES if e.IS_REVERSIBLE)
REVERSIBLE_NAMES = frozenset(type_name(e) for e in REVERSIBLE)
IS_OF_BORROWER = frozenset(type_name(e) for e in EVENT_TYPES if issubclass(e, BorrowerEvent))


def _flat_fields() -> dict[str, WireField]:
    """Return every field of any type but ``body``, the ones of all types first."""
    flat: dict[str, WireField] = {}
    for fields in FIELDS.values():
        for name, field in fields.items():
            known = flat.setdefault(name, field)
            assert known.kind is field.kind, f"{name} has two kinds"
            assert known.words == field.words, f"{name} has two lists of words"
    del flat[BODY]
    for name in REVERSED_FIELDS:
        flat[name] = WireField(name, FieldKind.TEXT, is_required=True)
    return flat


FLAT_FIELDS = _flat_fields()


def rules_of(name: str) -> bytes:
    """Return for every type code (0 to 255) whether field ``name`` may, must or must not be."""
    rules = bytearray([OPTIONAL]) * 256
    for code, type_of_row in enumerate(TYPE_NAMES):
        field = FIELDS[type_of_row].get(name)
        rules[code] = FORBIDDEN if field is None else REQUIRED if field.is_required else OPTIONAL
    return bytes(rules)


def bounds_of(name: str) -> dict[int, tuple[int, int]]:
    """Return the bounds of an integer field by code of the types that have it."""
    bounds = {}
    for type_of_row, fields in FIELDS.items():
        field = fields.get(name)
        if field is not None and field.least is not None and field.most is not None:
            bounds[TYPE_CODES[type_of_row]] = (field.least, field.most)
    return bounds
