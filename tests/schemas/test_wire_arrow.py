"""Arrow submissions: which tables are taken, and what is refused in them."""

from typing import Any

import msgspec
import pyarrow as pa
import pytest

from schemas.columns import Decoded
from schemas.message import CONTENT_ARROW
from schemas.wire import decode, encode, event_json
from schemas.wire_arrow import ARROW_SCHEMA
from schemas.wire_fields import FLAT_FIELDS
from tests.identities import bank_id, firm_id
from tests.schemas.decoding import BANK, accepted, as_lists, draw


def table_of(*events: Any) -> pa.Table:
    return pa.ipc.open_stream(encode(list(events), CONTENT_ARROW)).read_all()


def stream_of(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def decoded(*tables: pa.Table) -> Decoded:
    payloads = [(CONTENT_ARROW, stream_of(table)) for table in tables]
    return decode(payloads, [BANK] * len(tables))


def with_column(table: pa.Table, name: str, values: list[Any], kind: pa.DataType) -> pa.Table:
    column = pa.array(values, kind)
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, column)
    return table.append_column(name, column)


def outline(result: Decoded) -> list[tuple[int, str, str, str]]:
    return [(f.position, f.code, f.field, f.found) for f in result.faults]


def draws(count: int) -> list[Any]:
    return [draw(event_id=f"draw-0000-0000-000{n}") for n in range(count)]


def test_type_comes_first_and_every_field_of_any_type_has_a_column() -> None:
    assert ARROW_SCHEMA.names == ["type", *FLAT_FIELDS]
    assert "body" not in ARROW_SCHEMA.names


def test_the_full_schema_may_be_sent_with_all_its_nulls() -> None:
    table = table_of(draw())
    for field in ARROW_SCHEMA:
        if field.name not in table.column_names:
            table = with_column(table, field.name, [None], field.type)

    assert as_lists(decoded(table).events) == as_lists(accepted(draw()))


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string()),
     pa.dictionary(pa.uint32(), pa.large_string()), pa.dictionary(pa.int32(), pa.string())],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("name", ["type", "event_id", "bank_id", "loan_kind", "loan_id"])
def test_text_may_be_plain_or_coded(name: str, kind: pa.DataType) -> None:
    table = table_of(*draws(3))
    values = table.column(name).to_pylist()

    result = decoded(with_column(table, name, values, kind))

    assert as_lists(result.events) == as_lists(decoded(table).events)


def test_submissions_of_one_batch_may_send_the_same_text_plain_and_coded() -> None:
    table = table_of(draw())
    plain = pa.table({name: table.column(name).cast(ARROW_SCHEMA.field(name).type)
                      for name in table.column_names})  # fmt: skip

    result = decoded(table, plain, table)

    assert result.faults == ()
    assert result.events.submission.tolist() == [0, 1, 2]
    assert result.events.loan_kind.tolist() == [0, 0, 0]


def test_a_senders_dictionary_may_hold_values_twice_and_null() -> None:
    names = pa.array(["corporate", None, "corporate"], pa.string())
    table = table_of(*draws(3))
    place = table.column_names.index("loan_kind")
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int32()), names)

    result = decoded(table.set_column(place, "loan_kind", coded))

    assert result.events.position.tolist() == [0, 2]
    assert result.events.loan_kind.tolist() == [0, 0]
    assert outline(result) == [(1, "missing_field", "loan_kind", "")]


def test_small_integers_and_columns_of_nulls_are_taken() -> None:
    table = with_column(table_of(draw()), "rate_mbp", [434_500], pa.int32())
    table = with_column(table, "limit_cny_minor", [None], pa.null())

    assert decoded(table).events.rate_mbp.tolist() == [434_500]


def test_a_stream_of_several_record_batches_is_one_submission() -> None:
    table = table_of(*draws(4))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)

    result = decode([(CONTENT_ARROW, bytes(sink.getvalue()))], [BANK])

    assert result.events.position.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("name", "value", "kind", "code"),
    [
        ("colour", "red", pa.string(), "unknown_column"),
        ("body", "{}", pa.string(), "unknown_column"),
        ("amount_minor", 1.0, pa.float64(), "wrong_column_type"),
        ("amount_minor", 1, pa.uint64(), "wrong_column_type"),
        ("amount_minor", "1", pa.string(), "wrong_column_type"),
        ("is_renewal", 1, pa.int8(), "wrong_column_type"),
        ("loan_id", b"L1", pa.binary(), "wrong_column_type"),
        ("loan_id", ["L1"], pa.list_(pa.string()), "wrong_column_type"),
        ("occurred_on", 1, pa.dictionary(pa.int8(), pa.int64()), "wrong_column_type"),
        ("type", None, pa.null(), "wrong_column_type"),
    ],
)
def test_a_table_with_a_wrong_column_is_refused_whole(
    name: str, value: object, kind: pa.DataType, code: str
) -> None:
    table = with_column(table_of(draw()), name, [value], kind)
    payload = stream_of(table)

    result = decode([(CONTENT_ARROW, payload)], [BANK])

    assert result.event_counts == (0,)
    (fault,) = result.faults
    assert (fault.position, fault.code, fault.field, fault.raw) == (-1, code, name, payload)


def test_a_table_that_has_a_column_twice_is_refused_whole() -> None:
    table = table_of(draw())
    twice = pa.Table.from_arrays(
        [*table.columns, table.column("loan_id")], names=[*table.column_names, "loan_id"]
    )

    assert outline(decoded(twice)) == [(-1, "repeated_column", "loan_id", "")]


def test_a_table_without_types_is_refused_whole() -> None:
    table = table_of(draw()).drop_columns(["type"])

    assert outline(decoded(table)) == [(-1, "missing_column", "type", "")]


def test_what_follows_the_stream_is_refused_not_lost() -> None:
    payload = encode([draw()], CONTENT_ARROW)

    result = decode([(CONTENT_ARROW, payload + payload)], [BANK])

    assert [fault.code for fault in result.faults] == ["not_arrow"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("type", None, ("missing_field", "type", "")),
        ("type", "loan_lost", ("unknown_type", "type", "loan_lost")),
        ("type", "reversal", ("missing_field", "reversed_type", "")),
        ("event_id", None, ("missing_field", "event_id", "")),
        ("loan_id", None, ("missing_field", "loan_id", "")),
        ("amount_minor", None, ("missing_field", "amount_minor", "")),
        ("amount_minor", 0, ("out_of_range", "amount_minor", "0")),
        ("amount_minor", 10**16 + 1, ("out_of_range", "amount_minor", str(10**16 + 1))),
        ("rate_mbp", -(2**63), ("out_of_range", "rate_mbp", str(-(2**63)))),
        ("loan_class", "FQ06", ("unknown_word", "loan_class", "FQ06")),
        ("loan_kind", "housing", ("unknown_word", "loan_kind", "housing")),
        ("balance_minor", 5, ("foreign_column", "balance_minor", "5")),
        ("settles", False, ("foreign_column", "settles", "False")),
        ("reversed_type", "loan_cured", ("foreign_column", "reversed_type", "loan_cured")),
    ],
)
def test_one_wrong_row_is_refused_and_its_neighbours_are_kept(
    name: str, value: object, expected: tuple[str, str, str]
) -> None:
    table = table_of(*draws(3))
    before = table.column(name).to_pylist() if name in table.column_names else [None] * 3
    values = [before[0], value, before[2]]

    result = decoded(with_column(table, name, values, ARROW_SCHEMA.field(name).type))

    assert result.events.position.tolist() == [0, 2]
    assert outline(result) == [(1, *expected)]
    if name not in {"event_id", "type"}:
        row = msgspec.json.decode(result.faults[0].raw)
        assert row["event_id"] == "draw-0000-0000-0001"
        assert row.get(name) == value


def test_bounds_are_those_of_the_rows_own_type() -> None:
    """A reported balance may be 0, a repriced one may not."""
    shared = {"bank_id": BANK, "occurred_on": "2021-03-15", "borrower_id": firm_id(1),
              "loan_id": "L", "loan_kind": "corporate", "rate_mbp": 1, "balance_minor": 0}  # fmt: skip
    rows = [
        shared | {"type": "balance_reported", "event_id": "a" * 16, "loan_class": "FQ01"},
        shared | {"type": "loan_repriced", "event_id": "b" * 16, "old_rate_mbp": 1},
    ]
    names = sorted({name for row in rows for name in row})
    table = pa.table(
        {name: pa.array([row.get(name) for row in rows], ARROW_SCHEMA.field(name).type)
         for name in names}
    )  # fmt: skip

    result = decoded(table)

    assert outline(result) == [(1, "out_of_range", "balance_minor", "0")]
    assert result.faults[0].expected == "an integer from 1 to 10000000000000000"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("reversed_type", "reversal", "reversal_of_reversal"),
        ("reversed_type", "credit_line_set", "not_reversible"),
        ("reversed_type", "loan_lost", "unknown_type"),
        ("reversed_type", None, "missing_field"),
        ("reversed_event_id", None, "missing_field"),
        ("reversed_event_id", "short", "bad_event_id"),
        ("reversed_occurred_on", None, "missing_field"),
        ("reversed_occurred_on", "2021-02-30", "bad_date"),
        ("occurred_on", "2021-02-30", "bad_date"),
        ("rate_mbp", None, "missing_field"),
        ("bank_id", bank_id(2), "other_bank"),
    ],
)
def test_a_reversal_row_needs_a_sound_body(name: str, value: object, code: str) -> None:
    columns = msgspec.json.decode(event_json(draw())) | {
        "type": "reversal",
        "event_id": "undo-0000-0000-0001",
        "reversed_type": "loan_disbursed",
        "reversed_event_id": "draw-0000-0000-0001",
        "reversed_occurred_on": "2021-03-15",
    }
    columns[name] = value
    table = pa.table({n: pa.array([v], ARROW_SCHEMA.field(n).type) for n, v in columns.items()})

    result = decoded(table)

    assert [(fault.code, fault.event_id) for fault in result.faults] == [
        (code, "undo-0000-0000-0001")
    ]
    assert result.events.size == 0
