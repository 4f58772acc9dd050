"""Arrow IPC streams: one event a row of one flat table, made from the event catalog.

``type`` comes first, then every field of any type; a column is null where the type has none, and
a column that is null throughout may be left out. A reversal has the fields of its body in the
same columns, ``reversed_type`` and ``reversed_event_id`` of the body, and ``reversed_occurred_on``,
the day of the body; ``event_id`` and ``occurred_on`` are then those of the reversal itself.
"""

from collections.abc import Sequence
from typing import Any, cast

import msgspec
import pyarrow as pa

from schemas.columns import Fault
from schemas.event import Event
from schemas.events.reversal import Reversal
from schemas.expectations import (
    EXPECTED_ARROW_TYPE,
    EXPECTED_COLUMN,
    EXPECTED_EVENTS_MAX,
    EXPECTED_ONCE,
    EXPECTED_ONE_STREAM,
    EXPECTED_STREAM,
    EXPECTED_TYPE_COLUMN,
)
from schemas.flat import Flat
from schemas.message import EVENTS_A_SUBMISSION_MAX
from schemas.verdicts import Problem, shortened
from schemas.wire_arrow_rows import flat_of
from schemas.wire_fields import BODY, FLAT_FIELDS, FieldKind
from schemas.wire_ndjson import decode_body

_TYPES = {
    FieldKind.TEXT: pa.string(),
    FieldKind.WORD: pa.string(),
    FieldKind.INTEGER: pa.int64(),
    FieldKind.BOOLEAN: pa.bool_(),
}
ARROW_SCHEMA: pa.Schema = pa.schema(
    [("type", pa.string())] + [(name, _TYPES[field.kind]) for name, field in FLAT_FIELDS.items()]
)
_CODED_TEXT = pa.dictionary(pa.int32(), pa.string())
# Text that repeats is sent coded: it is smaller, and the reader is spared the coding.
_REPEATING = frozenset(
    ("bank_id", "occurred_on", "matures_on", "currency", "use_industry", "industry", "city")
)
_SENT_TYPES = {
    field.name: (
        _CODED_TEXT
        if field.name == "type"
        or field.name in _REPEATING
        or FLAT_FIELDS[field.name].kind is FieldKind.WORD
        else field.type
    )
    for field in ARROW_SCHEMA
}
# What pyarrow raises on bytes that are no stream, or on arrays that are not sound.
_UNREADABLE = (pa.ArrowException, OSError, ValueError, TypeError, KeyError)


def encode_arrow(events: Sequence[Event]) -> bytes:
    """Return ``events`` as an Arrow IPC stream of one record batch, without its empty columns."""
    rows = [_row_of(event) for event in events]
    names = set().union(*rows) | {"type"}
    columns = {
        name: pa.array([row.get(name) for row in rows], sent_type)
        for name, sent_type in _SENT_TYPES.items()
        if name in names
    }
    batch = pa.record_batch(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return cast(bytes, sink.getvalue().to_pybytes())


def _row_of(event: Event) -> dict[str, Any]:
    """Return the fields of ``event`` that do not have their default."""
    row = cast(dict[str, Any], msgspec.to_builtins(event, builtin_types=(msgspec.Raw,)))
    if isinstance(event, Reversal):
        del row[BODY]
        body = _row_of(decode_body(event))
        row = {**body, **row}
        row["reversed_type"] = body["type"]
        row["reversed_event_id"] = body["event_id"]
        row["reversed_occurred_on"] = body["occurred_on"]
    return row


class Arrow:
    """Gathers the tables of a batch's Arrow submissions, then turns them into columns."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._tables: dict[int, pa.Table] = {}
        self._rows: dict[int, list[dict[str, Any]]] = {}
        self._sound_schema: pa.Schema | None = None
        self._is_canonical = False

    def read(self, submission: int, payload: bytes) -> int:
        """Take the rows of one submission; return how many there are, 0 if it is refused."""
        table = self._table_of(payload)
        if isinstance(table, Problem):
            self.faults.append(Fault(submission, -1, *table, raw=payload))
            return 0
        self._tables[submission] = table if self._is_canonical else _normalised(table)
        return int(table.num_rows)

    def _table_of(self, payload: bytes) -> pa.Table | Problem:
        source = pa.BufferReader(payload)
        try:
            reader = pa.ipc.open_stream(source)
            if reader.schema != self._sound_schema:
                problem = schema_problem(reader.schema)
                if problem is not None:
                    return problem
                self._sound_schema = reader.schema
                self._is_canonical = all(_canonical(c) == c.type for c in reader.schema)
            table = reader.read_all()
            table.validate(full=True)
        except _UNREADABLE as error:
            found = shortened(" ".join(str(error).split()))
            return Problem("not_arrow", "", found, EXPECTED_STREAM)
        if table.num_rows > EVENTS_A_SUBMISSION_MAX:
            most = EXPECTED_EVENTS_MAX.format(EVENTS_A_SUBMISSION_MAX)
            return Problem("too_many_events", "", str(table.num_rows), most)
        if source.tell() != len(payload):
            found = f"{len(payload) - source.tell()} more bytes"
            return Problem("not_arrow", "", found, EXPECTED_ONE_STREAM)
        return table

    def raw_of(self, submission: int, position: int) -> bytes:
        """Return one row as JSON, without its nulls: there are no bytes of a row alone."""
        # All at once and kept, because where one row is bad many are.
        if submission not in self._rows:
            self._rows[submission] = self._tables[submission].to_pylist()
        row = self._rows[submission][position]
        return msgspec.json.encode(
            {name: value for name, value in row.items() if value is not None}
        )

    def flat(self) -> Flat:
        """Return the rows of all submissions as columns, in the order of sending."""
        counts = {submission: table.num_rows for submission, table in self._tables.items()}
        return flat_of(_joined(list(self._tables.values())), counts, self._refuse_row)

    def _refuse_row(self, submission: int, position: int, problem: Problem) -> None:
        raw = self.raw_of(submission, position)
        self.faults.append(Fault(submission, position, *problem, raw=raw))


def schema_problem(schema: pa.Schema) -> Problem | None:
    """Return what is wrong with a table's columns, if anything."""
    seen = set()
    for column in schema:
        name = column.name
        if name in seen:
            return Problem("repeated_column", shortened(name), "", EXPECTED_ONCE)
        seen.add(name)
        if name != "type" and name not in FLAT_FIELDS:
            return Problem("unknown_column", shortened(name), "", EXPECTED_COLUMN)
        canonical = _canonical(column)
        # A column of nulls may be of any length at no cost, so it cannot count the rows.
        if canonical is None or (name == "type" and pa.types.is_null(column.type)):
            expected = EXPECTED_ARROW_TYPE.format(ARROW_SCHEMA.field(name).type)
            return Problem("wrong_column_type", name, shortened(str(column.type)), expected)
    if "type" not in seen:
        return Problem("missing_column", "type", "", EXPECTED_TYPE_COLUMN)
    return None


def _canonical(column: pa.Field) -> pa.DataType | None:
    """Return the type that a column is brought to; None if what it has does not fit."""
    sent, canonical = column.type, ARROW_SCHEMA.field(column.name).type
    if canonical == pa.int64():
        fits = pa.types.is_integer(sent) and not pa.types.is_uint64(sent)
    elif canonical == pa.bool_():
        fits = pa.types.is_boolean(sent)
    elif pa.types.is_dictionary(sent) and _is_text(sent.value_type):
        return _CODED_TEXT
    else:
        fits = _is_text(sent)
    return canonical if fits or pa.types.is_null(sent) else None


def _is_text(sent: pa.DataType) -> bool:
    return bool(pa.types.is_string(sent) or pa.types.is_large_string(sent))


def _normalised(table: pa.Table) -> pa.Table:
    """Return ``table`` with every column in its canonical type."""
    for place, column in enumerate(table.schema):
        canonical = _canonical(column)
        if canonical != column.type:
            table = table.set_column(place, column.name, table.column(place).cast(canonical))
    return table


def _joined(tables: list[pa.Table]) -> pa.Table:
    """Return the rows of all tables. Text that some send coded and others plain becomes plain."""
    if not tables:
        return ARROW_SCHEMA.empty_table()
    if len({table.schema for table in tables}) > 1:
        plain = {
            column.name for table in tables for column in table.schema if column.type == pa.string()
        }
        tables = [_plain(table, plain) for table in tables]
    return pa.concat_tables(tables, promote_options="default")


def _plain(table: pa.Table, names: set[str]) -> pa.Table:
    for place, column in enumerate(table.schema):
        if column.name in names and column.type != pa.string():
            table = table.set_column(place, column.name, table.column(place).cast(pa.string()))
    return table
