"""The rows of Arrow submissions, judged against the event catalog and turned into columns."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas import flat as f
from schemas.columns import NONE_CODE
from schemas.event import Event
from schemas.event_types import EVENT_TYPES, TYPE_CODES, TYPE_NAMES
from schemas.expectations import (
    EXPECTED_EMPTY_COLUMN,
    EXPECTED_REVERSIBLE,
    EXPECTED_TYPE,
)
from schemas.flat import Flat, Texts
from schemas.units import BoolArray, Int32Array, Int64Array, UInt8Array
from schemas.verdicts import Note, Problem, Verdicts, shortened
from schemas.wire_diagnosis import not_reversible
from schemas.wire_fields import (
    FIELDS,
    FLAT_FIELDS,
    FORBIDDEN,
    OPTIONAL,
    RECORD_TYPES,
    REQUIRED,
    REVERSAL,
    REVERSED_FIELDS,
    REVERSIBLE_NAMES,
    UNKNOWN_TYPE,
    WORD_LISTS,
    FieldKind,
    bounds_of,
    rules_of,
)

_REVERSAL = TYPE_CODES[REVERSAL]
_RULES = {name: rules_of(name) for name in FLAT_FIELDS if name not in REVERSED_FIELDS}
_BOUNDS = {n: bounds_of(n) for n, field in FLAT_FIELDS.items() if field.kind is FieldKind.INTEGER}
_NEEDED_BY_CODE = {
    TYPE_CODES[kind]: frozenset(name for name, field in fields.items() if field.is_required)
    for kind, fields in FIELDS.items()
}
_IS_RECORD = np.zeros(256, np.bool_)
_IS_RECORD[[TYPE_CODES[name] for name in RECORD_TYPES]] = True
_NO_FIELD = 254  # A word that is not in its list.


class ArrowRows:
    """One table of rows under judgement."""

    def __init__(self, table: pa.Table) -> None:
        self.size: int = table.num_rows
        self.verdicts = Verdicts(self.size)
        table = _with_sound_dictionaries(table.combine_chunks())
        self._table = table
        self._names = frozenset(table.column_names)
        self.texts: dict[str, Texts] = {}
        self.numbers: dict[str, Int64Array] = {}
        self.words: dict[str, UInt8Array] = {}
        self.marks: dict[str, BoolArray] = {}
        self.is_reversal, self.event_type = self._types()
        self._type_bytes = self.event_type.tobytes()
        present = np.flatnonzero(np.bincount(self.event_type, minlength=256)).tolist()
        self._needed = frozenset().union(*(_NEEDED_BY_CODE.get(code, ()) for code in present))
        if self.is_reversal.any():
            self._needed |= frozenset(REVERSED_FIELDS)

    def column(self, name: str) -> pa.ChunkedArray | None:
        """Return a column; None if nothing stands in it."""
        if name not in self._names:
            return None
        column = self._table.column(name)
        return None if column.null_count == self.size else column

    def _types(self) -> tuple[BoolArray, UInt8Array]:
        """Return which rows are reversals, and the type each row has or reverses."""
        codes, values = _encoded(self._table.column("type"))
        place = np.array([TYPE_CODES.get(v, UNKNOWN_TYPE) for v in values.to_pylist()], np.uint8)
        sent = _mapped(codes, place, UNKNOWN_TYPE)
        self._refuse_null(codes < 0, "type", EXPECTED_TYPE)
        self.verdicts.refuse(
            sent == UNKNOWN_TYPE, "unknown_type", "type", self._value_of("type"), EXPECTED_TYPE
        )
        is_reversal = sent == _REVERSAL
        if not is_reversal.any():
            return is_reversal, sent
        column = self.column("reversed_type")
        if column is None:
            self._refuse_null(is_reversal, "reversed_type", EXPECTED_REVERSIBLE)
            return is_reversal, np.where(is_reversal, UNKNOWN_TYPE, sent).astype(np.uint8)
        codes, values = _encoded(column)
        names = values.to_pylist()
        place = np.array(
            [TYPE_CODES[n] if n in REVERSIBLE_NAMES else UNKNOWN_TYPE for n in names], np.uint8
        )
        body = _mapped(codes, place, UNKNOWN_TYPE)
        self._refuse_null(is_reversal & (codes < 0), "reversed_type", EXPECTED_REVERSIBLE)
        for row in np.flatnonzero(is_reversal & (body == UNKNOWN_TYPE) & (codes >= 0)).tolist():
            name = names[int(codes[row])]
            code = not_reversible(name).code if name in TYPE_CODES else "unknown_type"
            note = Note(row, code, "reversed_type", shortened(name), EXPECTED_REVERSIBLE)
            self.verdicts.refuse_row(note)
        return is_reversal, np.where(is_reversal, body, sent)

    def _value_of(self, name: str) -> Callable[[int], object]:
        return lambda row: self._table.column(name)[row].as_py()

    def _refuse_null(self, bad: BoolArray, name: str, expected: str) -> None:
        self.verdicts.refuse(bad, "missing_field", name, lambda _row: "", expected)

    def _rule(self, name: str) -> UInt8Array:
        """Return for every row whether the field may, must or must not be there."""
        if name in REVERSED_FIELDS:
            rule = np.where(self.is_reversal, REQUIRED, FORBIDDEN).astype(np.uint8)
            rule[self.event_type == UNKNOWN_TYPE] = OPTIONAL
            return rule
        return np.frombuffer(self._type_bytes.translate(_RULES[name]), np.uint8)

    def judge(self, name: str) -> None:
        """Judge one column, and keep it if it is read."""
        column = self.column(name)
        if column is None:
            if name in self._needed:
                is_missing = self._rule(name) == REQUIRED
                self._refuse_null(is_missing, name, FLAT_FIELDS[name].expected)
            return
        is_valid = _is_valid(column)
        rule = self._rule(name)
        is_bad = (rule != OPTIONAL) & (rule != is_valid)
        if is_bad.any():
            self._refuse_null(is_bad & ~is_valid, name, FLAT_FIELDS[name].expected)
            self.verdicts.refuse(
                is_bad & is_valid,
                "foreign_column",
                name,
                self._value_of(name),
                EXPECTED_EMPTY_COLUMN,
            )
        self._keep(name, column, is_valid)

    def _keep(self, name: str, column: pa.ChunkedArray, is_valid: BoolArray) -> None:
        match FLAT_FIELDS[name].kind:
            case FieldKind.INTEGER:
                numbers = self._judge_bounds(name, column, is_valid)
                if numbers is not None and name in f.NUMBERS:
                    self.numbers[name] = numbers
            case FieldKind.WORD:
                self._judge_words(name, column)
            case FieldKind.BOOLEAN:
                if name in f.MARKS:
                    marks = _whole(column).fill_null(pa.scalar(value=False))
                    self.marks[name] = marks.to_numpy(zero_copy_only=False)
            case _:
                if name in f.TEXTS:
                    self.texts[name] = texts_of(column, f.TEXT_DEFAULTS.get(name, ""))

    def _judge_bounds(
        self, name: str, column: pa.ChunkedArray, is_valid: BoolArray
    ) -> Int64Array | None:
        whole = _whole(column)
        if whole.null_count:
            whole = whole.fill_null(f.NUMBER_DEFAULTS.get(name, 0))
        numbers: Int64Array = whole.to_numpy()
        bounds = _BOUNDS[name]
        least, most = np.zeros(256, np.int64), np.zeros(256, np.int64)
        for code, (low, high) in bounds.items():
            least[code], most[code] = low, high
        reach = pc.min_max(column).as_py()
        if reach["min"] >= max(least[code] for code in bounds) and reach["max"] <= min(
            most[code] for code in bounds
        ):
            return numbers
        codes = self.event_type
        is_out = (numbers < least[codes]) | (numbers > most[codes])
        self.verdicts.refuse(
            is_out & is_valid,
            "out_of_range",
            name,
            self._value_of(name),
            lambda row: FIELDS[TYPE_NAMES[int(codes[row])]][name].expected,
        )
        return numbers

    def _judge_words(self, name: str, column: pa.ChunkedArray) -> None:
        codes, values = _encoded(column)
        order = WORD_LISTS.get(name) or FLAT_FIELDS[name].words
        allowed = FLAT_FIELDS[name].words
        place = [order.index(v) if v in allowed else _NO_FIELD for v in values.to_pylist()]
        words = _mapped(codes, np.array(place, np.uint8), NONE_CODE)
        if _NO_FIELD in place:
            self.verdicts.refuse(
                words == _NO_FIELD,
                "unknown_word",
                name,
                self._value_of(name),
                FLAT_FIELDS[name].expected,
            )
        if name in WORD_LISTS:
            self.words[name] = words

    def records(self) -> dict[int, Event]:
        """Return the events that are kept whole."""
        rows = np.flatnonzero(_IS_RECORD[self.event_type] & ~self.verdicts.refused)
        sent = self._table.take(rows).to_pylist() if rows.size else []
        return {
            row: msgspec.convert(
                {name: value for name, value in event.items() if value is not None},
                EVENT_TYPES[int(self.event_type[row])],
            )
            for row, event in zip(rows.tolist(), sent, strict=True)
        }

    def ids(self, name: str) -> pa.StringArray:
        """Return a column of event ids; empty where there is none."""
        column = self.column(name)
        if column is None:
            return pa.array([""] * self.size, pa.string())
        whole = _whole(column)
        if whole.type != pa.string():
            whole = whole.cast(pa.string())
        return whole.fill_null("") if whole.null_count else whole


def flat_of(
    table: pa.Table,
    counts: Mapping[int, int],
    refuse: Callable[[int, int, Problem], None],
) -> Flat:
    """Return the good rows of ``table`` as columns; ``refuse`` is told of every other.

    Args:
        table: the rows of all submissions, one after the other.
        counts: how many of them each submission has, in order.
        refuse: takes submission, position and what is wrong.

    """
    submission = np.repeat(np.array(list(counts), np.int32), list(counts.values()))
    ranges = [np.arange(count, dtype=np.int32) for count in counts.values()]
    position = np.concatenate([np.zeros(0, np.int32), *ranges])
    rows = ArrowRows(table)
    for name in FLAT_FIELDS:
        rows.judge(name)
    event_id = rows.ids("event_id")
    has_reversals = bool(rows.is_reversal.any())
    if has_reversals:
        _swap_dates(rows)
    for note in rows.verdicts.refusals:
        problem = Problem(*note[1:5], shortened(event_id[note.row].as_py()))
        refuse(int(submission[note.row]), int(position[note.row]), problem)
    flat = Flat(
        size=rows.size,
        submission=submission,
        position=position,
        event_type=rows.event_type,
        sign=np.where(rows.is_reversal, -1, 1).astype(np.int8),
        event_id=event_id,
        reversed_event_id=rows.ids("reversed_event_id") if has_reversals else None,
        texts=rows.texts,
        numbers=rows.numbers,
        words=rows.words,
        marks=rows.marks,
        records=rows.records(),
    )
    return flat.take(~rows.verdicts.refused) if rows.verdicts.refusals else flat


def _swap_dates(rows: ArrowRows) -> None:
    """Let ``occurred_on`` of a reversal be the day of its body, and ``sent_on`` its own."""
    own = rows.texts.get("occurred_on") or Texts.all_same("", rows.size)
    column = rows.column("reversed_occurred_on")
    body = Texts.all_same("", rows.size) if column is None else texts_of(column, "")
    sent = [own.at(row) if is_own else "" for row, is_own in enumerate(rows.is_reversal.tolist())]
    occurred = own.dictionary.take(pa.array(own.codes)).to_pylist()
    for row in np.flatnonzero(rows.is_reversal).tolist():
        occurred[row] = body.at(row)
    rows.texts["sent_on"] = Texts.of(sent)
    rows.texts["occurred_on"] = Texts.of(occurred)


def _with_sound_dictionaries(table: pa.Table) -> pa.Table:
    """Return ``table``, of one chunk, with no value twice and no null in any dictionary."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type) and table.num_rows:
            coded = _whole(table.column(place))
            dictionary = coded.dictionary
            if dictionary.null_count or len(dictionary.unique()) < len(dictionary):
                table = table.set_column(place, field.name, coded.cast(pa.string()))
    return table


def _whole(column: pa.ChunkedArray) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _is_valid(column: pa.ChunkedArray) -> BoolArray:
    if column.null_count == 0:
        return np.ones(len(column), np.bool_)
    valid: BoolArray = _whole(column).is_valid().to_numpy(zero_copy_only=False)
    return valid


def _encoded(column: pa.ChunkedArray) -> tuple[Int32Array, pa.StringArray]:
    """Return a code per row, -1 for null, and the distinct values."""
    if pa.types.is_dictionary(column.type):
        coded = _whole(column)
    else:
        coded = _whole(column).dictionary_encode()
    indices = coded.indices
    if indices.null_count:
        indices = indices.fill_null(-1)
    return indices.to_numpy(), coded.dictionary


def _mapped(codes: Int32Array, place: UInt8Array, null: int) -> UInt8Array:
    """Return ``place`` of every code, ``null`` for -1."""
    return np.append(place, np.uint8(null))[codes]  # Code -1 is the last entry.


def texts_of(column: pa.ChunkedArray, default: str) -> Texts:
    """Return a text column, ``default`` where null."""
    codes, dictionary = _encoded(column)
    if column.null_count:
        place = dictionary.index(default).as_py()
        if place < 0:
            place = len(dictionary)
            dictionary = pa.concat_arrays([dictionary, pa.array([default], pa.string())])
        codes = np.where(codes < 0, np.int32(place), codes)
    return Texts(codes, dictionary)
