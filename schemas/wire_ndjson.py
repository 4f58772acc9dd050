"""NDJSON: one JSON event a line. Events are decoded to structs and turned into columns by type."""

from collections.abc import Sequence
from typing import Any, Union, cast

import msgspec
import numpy as np
import pyarrow as pa

from schemas import flat as f
from schemas.columns import NONE_CODE, Fault
from schemas.event import Event
from schemas.event_fields import READERS
from schemas.event_types import EVENT_TYPES, TYPE_CODES, TYPE_NAMES, type_name
from schemas.events.reversal import Reversal
from schemas.expectations import (
    EXPECTED_EVENTS_MAX,
    EXPECTED_REVERSING_BANK,
)
from schemas.flat import Flat, Texts
from schemas.message import EVENTS_A_SUBMISSION_MAX
from schemas.units import BoolArray, Int8Array, Int32Array, Int64Array, UInt8Array
from schemas.verdicts import Problem, shortened
from schemas.wire_diagnosis import UNREADABLE, diagnose
from schemas.wire_fields import FIELDS, RECORD_TYPES, REVERSIBLE, WORD_LISTS

_IS_RECORD = np.zeros(256, np.bool_)
_IS_RECORD[[TYPE_CODES[name] for name in RECORD_TYPES]] = True
_EVENTS: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Union[EVENT_TYPES])  # noqa: UP007
_BODIES: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Union[REVERSIBLE])  # noqa: UP007
_ENCODER = msgspec.json.Encoder()
_CODE_OF_TYPE: dict[type, int] = {event: TYPE_CODES[type_name(event)] for event in EVENT_TYPES}
_REVERSAL = TYPE_CODES[type_name(Reversal)]
_WORD_CODES = {
    name: {str(word): code for code, word in enumerate(words)} for name, words in WORD_LISTS.items()
}
_NEWLINE = ord("\n")
_READ = (*f.NUMBERS, *f.MARKS, *f.TEXTS, *WORD_LISTS)
_READ_OF_CODE = [[name for name in _READ if name in FIELDS[kind]] for kind in TYPE_NAMES]


def decode_event(raw: bytes) -> Event:
    """Return the one event that ``raw`` is; raise msgspec.DecodeError if it is none."""
    return _EVENTS.decode(raw)


def decode_body(reversal: Reversal) -> Event:
    """Return the event that is reversed; raise msgspec.DecodeError if it cannot be."""
    return _BODIES.decode(reversal.body)


def event_json(event: Event) -> bytes:
    """Return ``event`` as one line of JSON, fields in the order of its type."""
    return _ENCODER.encode(event)


def encode_ndjson(events: Sequence[Event]) -> bytes:
    """Return one line of JSON an event."""
    return _ENCODER.encode_lines(events)


def lines_of(payload: bytes) -> list[bytes]:
    """Return the lines that are not blank: line n is event n of the submission."""
    return [line for line in payload.split(b"\n") if line.strip()]


class Ndjson:
    """Gathers the events of a batch's NDJSON submissions, then turns them into columns."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._events: list[Event] = []
        self._submissions: list[int] = []
        self._positions: list[Any] = []
        self._counts: list[int] = []
        self._payloads: dict[int, bytes] = {}
        self._event_counts: dict[int, int] = {}
        self._lines: dict[int, list[bytes]] = {}

    def read(self, submission: int, payload: bytes) -> int:
        """Take the events of one submission; return how many there are, bad ones included."""
        # Not payload.count: numpy counts four times as fast, and every byte passes here.
        line_count = int(np.count_nonzero(np.frombuffer(payload, np.uint8) == _NEWLINE))
        line_count += not payload.endswith(b"\n")
        if line_count > EVENTS_A_SUBMISSION_MAX:
            most = EXPECTED_EVENTS_MAX.format(EVENTS_A_SUBMISSION_MAX)
            problem = Problem("too_many_events", "", str(line_count), most)
            self.faults.append(Fault(submission, -1, *problem, raw=payload))
            return 0
        self._payloads[submission] = payload
        count = self._event_counts[submission] = self._read(submission, payload, line_count)
        return count

    def _read(self, submission: int, payload: bytes, line_count: int) -> int:
        try:
            events: list[Event] = _EVENTS.decode_lines(payload)
        except UNREADABLE:
            return self._read_by_line(submission, payload)
        # One event that is laid out over several lines is fine, if it is alone.
        if len(events) not in (1, line_count) and len(events) != len(lines_of(payload)):
            return self._read_by_line(submission, payload)
        self._add(submission, events, range(len(events)))
        return len(events)

    def _add(self, submission: int, events: list[Event], positions: Sequence[int]) -> None:
        self._events.extend(events)
        self._submissions.append(submission)
        self._positions.append(np.asarray(positions, np.int32))
        self._counts.append(len(events))

    def _read_by_line(self, submission: int, payload: bytes) -> int:
        lines = lines_of(payload)
        events, positions = [], []
        for position, line in enumerate(lines):
            try:
                events.append(_EVENTS.decode(line))
            except UNREADABLE as error:
                self.refuse(submission, position, diagnose(line, error), line)
            else:
                positions.append(position)
        self._add(submission, events, positions)
        return len(lines)

    def refuse(self, submission: int, position: int, problem: Problem, raw: bytes) -> None:
        self.faults.append(
            Fault(
                submission,
                position,
                problem.code,
                problem.field,
                problem.found,
                problem.expected,
                problem.event_id,
                raw.strip(),
            )
        )

    def raw_of(self, submission: int, position: int) -> bytes:
        """Return the bytes of one event as they were sent."""
        # Kept, because where one event is bad many are.
        lines = self._lines.setdefault(submission, [])
        payload = self._payloads[submission]
        if not lines:
            lines += lines_of(payload)
        # One event over several lines, or several on one: then there is no line of its own.
        is_line = len(lines) == self._event_counts[submission]
        return lines[position].strip() if is_line else payload.strip()

    def flat(self) -> Flat:
        """Return the events as columns, grouped by type: their order is not that of sending."""
        submission = np.repeat(np.array(self._submissions, np.int32), self._counts)
        position = np.concatenate([np.zeros(0, np.int32), *self._positions])
        codes = _codes_of(self._events)
        reversals: dict[int, Reversal] = {}
        events, keep = self._events, np.ones(codes.size, np.bool_)
        rows = np.flatnonzero(codes == _REVERSAL).tolist()
        if rows:
            events = list(events)
            for row in rows:
                body = self._body_of(events[row], int(submission[row]), int(position[row]))
                keep[row] = body is not None
                if body is not None:
                    reversals[row] = cast(Reversal, events[row])
                    events[row] = body
            codes = _codes_of(events)
        order = np.argsort(codes, kind="stable")
        order = order[keep[order]] if rows else order
        every: Any = np.empty(len(events), object)
        every[:] = events
        grouped = Grouped(every[order].tolist(), codes[order])
        sign = np.ones(order.size, np.int8)
        own = (
            {at: reversals[row] for at, row in enumerate(order.tolist()) if row in reversals}
            if (reversals)
            else {}
        )
        sign[list(own)] = -1
        return grouped.flat(submission[order], position[order], sign, own)

    def _body_of(self, event: Event, submission: int, position: int) -> Event | None:
        """Return what a reversal reverses; None if that is refused."""
        reversal = cast(Reversal, event)
        try:
            body = decode_body(reversal)
        except UNREADABLE as error:
            raw = self.raw_of(submission, position)
            self.refuse(submission, position, diagnose(raw, error), raw)
            return None
        if body.bank_id == reversal.bank_id:
            return body
        expected = EXPECTED_REVERSING_BANK.format(reversal.bank_id)
        problem = Problem(
            "other_bank",
            "body.bank_id",
            shortened(body.bank_id),
            shortened(expected),
            shortened(reversal.event_id),
        )
        self.refuse(submission, position, problem, self.raw_of(submission, position))
        return None


def _codes_of(events: list[Event]) -> UInt8Array:
    return np.fromiter(map(_CODE_OF_TYPE.__getitem__, map(type, events)), np.uint8, len(events))


class Grouped:
    """Events sorted by type, and how to read a field of all of them into a column."""

    def __init__(self, events: list[Event], codes: UInt8Array) -> None:
        self._events = events
        self._codes = codes
        edges = np.flatnonzero(np.diff(codes)) + 1
        starts = [0, *edges.tolist()] if events else []
        stops = [*edges.tolist(), len(events)]
        # For every field that is read: the groups of events that have it, and their rows.
        self._spans: dict[str, list[tuple[slice, list[Event]]]] = {}
        for start, stop in zip(starts, stops, strict=False):
            span = slice(start, stop), events[start:stop]
            for name in _READ_OF_CODE[int(codes[start])]:
                self._spans.setdefault(name, []).append(span)

    def flat(
        self,
        submission: Int32Array,
        position: Int32Array,
        sign: Int8Array,
        own: dict[int, Reversal],
    ) -> Flat:
        """Return the columns; ``own`` has the reversals by row, whose bodies are the events."""
        spans = self._spans
        texts = {name: self._texts(name) for name in f.TEXTS if name in spans}
        sent_ids = READERS["event_id"](self._events)
        event_id = reversed_event_id = pa.array(sent_ids, pa.string())
        if own:
            for row, reversal in own.items():
                sent_ids[row] = reversal.event_id
            event_id = pa.array(sent_ids, pa.string())
            dates = [""] * len(sent_ids)
            for row, reversal in own.items():
                dates[row] = reversal.occurred_on
            texts["sent_on"] = Texts.of(dates)
        return Flat(
            size=len(self._events),
            submission=submission,
            position=position,
            event_type=self._codes,
            sign=sign,
            event_id=event_id,
            reversed_event_id=reversed_event_id if own else None,
            texts=texts,
            numbers={name: self._numbers(name) for name in f.NUMBERS if name in spans},
            words={name: self._words(name) for name in WORD_LISTS if name in spans},
            marks={name: self._marks(name) for name in f.MARKS if name in spans},
            records=self._records(),
        )

    def _texts(self, name: str) -> Texts:
        default = f.TEXT_DEFAULTS.get(name, "")
        spans = self._spans[name]
        sent = [default]
        for _, events in spans:
            sent += READERS[name](events)
        if sent[-1] == default and sent.count(default) == len(sent):
            return Texts.all_same(default, len(self._events))
        texts = Texts.of(sent)  # The default first, so its code is 0.
        codes = np.zeros(len(self._events), np.int32)
        place = 1
        for rows, events in spans:
            codes[rows] = texts.codes[place : place + len(events)]
            place += len(events)
        return Texts(codes, texts.dictionary)

    def _numbers(self, name: str) -> Int64Array:
        default = f.NUMBER_DEFAULTS.get(name, 0)
        numbers = np.full(len(self._events), default, np.int64)
        for rows, events in self._spans[name]:
            sent = READERS[name](events)
            if default and (absent_count := sent.count(None)):
                if absent_count == len(sent):
                    continue
                sent = [default if number is None else number for number in sent]
            numbers[rows] = np.fromiter(sent, np.int64, len(sent))
        return numbers

    def _words(self, name: str) -> UInt8Array:
        code_of = _WORD_CODES[name].__getitem__
        codes = np.full(len(self._events), NONE_CODE, np.uint8)
        for rows, events in self._spans[name]:
            sent = READERS[name](events)
            codes[rows] = np.fromiter(map(code_of, sent), np.uint8, len(sent))
        return codes

    def _marks(self, name: str) -> BoolArray:
        marks = np.zeros(len(self._events), np.bool_)
        for rows, events in self._spans[name]:
            sent = READERS[name](events)
            marks[rows] = np.fromiter(sent, np.bool_, len(sent))
        return marks

    def _records(self) -> dict[int, Event]:
        rows = np.flatnonzero(_IS_RECORD[self._codes]).tolist()
        return {row: self._events[row] for row in rows}
