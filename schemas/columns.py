"""Events of a batch as columns: what the wire gives and the arithmetic takes.

Text that repeats is held as ``Ids``: one code per row into a list of distinct values, so that
whatever must be done per value (check digits, look-ups) is done once per value.
"""

from dataclasses import dataclass, fields, replace
from typing import NamedTuple, Self

import numpy as np

from schemas.event import Event
from schemas.units import (
    AnyArray,
    BoolArray,
    BytesArray,
    Int8Array,
    Int32Array,
    Int64Array,
    UInt8Array,
)

NONE_CODE = 255  # In a code column: the event type has no such field.


class Ids(NamedTuple):
    """Text by row: ``values[codes[row]]``. Every value is distinct; not every one need be used."""

    codes: Int32Array
    values: list[str]

    @classmethod
    def of(cls, texts: list[str]) -> "Ids":
        place: dict[str, int] = {}
        codes = np.fromiter(
            (place.setdefault(text, len(place)) for text in texts), np.int32, len(texts)
        )
        return cls(codes, list(place))

    def take(self, rows: AnyArray) -> "Ids":
        return Ids(self.codes[rows], self.values)

    def to_list(self) -> list[str]:
        values = self.values
        return [values[code] for code in self.codes.tolist()]


def concat_ids(parts: list[Ids]) -> Ids:
    """Return the rows of all ``parts``, in order."""
    if len(parts) == 1:
        return parts[0]
    place: dict[str, int] = {}
    codes = []
    for part in parts:
        mapped = np.fromiter(
            (place.setdefault(value, len(place)) for value in part.values),
            np.int32,
            len(part.values),
        )
        codes.append(mapped[part.codes] if part.values else part.codes)
    return Ids(np.concatenate(codes) if codes else np.zeros(0, np.int32), list(place))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventColumns:
    """The accepted or still to be judged events of a batch, one row an event.

    A reversal stands here as the event it reverses, with ``sign`` -1 and the id of that event
    in ``reversed_event_id``; ``event_id`` is then the reversal's own. Fields that an event type
    does not have hold 0, False, NONE_CODE or an empty text.
    """

    submission: Int32Array  # Which submission of the batch, from 0.
    position: Int32Array  # Which event of that submission, from 0.
    event_type: UInt8Array  # Index into schemas.event_types.EVENT_TYPES: the effective type.
    sign: Int8Array  # +1, or -1 for a reversal.
    event_id: BytesArray  # S64
    reversed_event_id: BytesArray  # S64, empty but for reversals.
    bank: Ids
    borrower: Ids  # Empty text for events without a borrower.
    occurred_on: Ids  # As sent: 2021-03-15 or 2021-03.
    occurred_day: Int32Array  # Days since 1970-01-01; the month's last day where only it is known.
    is_day_known: BoolArray
    quarter: Int32Array  # Quarters since 1990Q1.
    loan_kind: UInt8Array  # Index into LOAN_KINDS.
    amount_cny_minor: Int64Array  # Amount, balance or signed change, in fen.
    rate_mbp: Int64Array
    old_rate_mbp: Int64Array
    loan_class: UInt8Array  # Index into LOAN_CLASSES.
    old_loan_class: UInt8Array
    is_cny: BoolArray
    matures_day: Int32Array  # 0 where unknown.
    guarantee_kind: UInt8Array  # Index into GUARANTEE_KINDS.
    policy_tags: UInt8Array  # One bit per member of POLICY_TAGS, first member lowest.
    revision: Int32Array
    borrower_kind: UInt8Array  # Of borrower_profiled, as are the next four.
    holding: UInt8Array
    firm_size: UInt8Array
    industry: Ids
    city: Ids
    limit_cny_minor: Int64Array  # Of credit_line_set, as is the next.
    used_cny_minor: Int64Array
    records: tuple[tuple[int, Event], ...]  # (row, event) of position, aggregate and bank events.

    @property
    def size(self) -> int:
        return int(self.position.size)

    def take(self, keep: BoolArray) -> Self:
        """Return the rows where ``keep`` is True, in order."""
        new_row = np.cumsum(keep) - 1
        changes: dict[str, object] = {
            "records": tuple((int(new_row[row]), event) for row, event in self.records if keep[row])
        }
        for field in fields(self):
            column = getattr(self, field.name)
            if isinstance(column, Ids):
                changes[field.name] = column.take(keep)
            elif isinstance(column, np.ndarray):
                changes[field.name] = column[keep]
        return replace(self, **changes)  # type: ignore[arg-type]

    def take_rows(self, rows: AnyArray) -> Self:
        """Return these rows, in this order, without their records."""
        changes: dict[str, object] = {"records": ()}
        for field in fields(self):
            column = getattr(self, field.name)
            if isinstance(column, Ids):
                changes[field.name] = column.take(rows)
            elif isinstance(column, np.ndarray):
                changes[field.name] = column[rows]
        return replace(self, **changes)  # type: ignore[arg-type]


class Fault(NamedTuple):
    """One event, or one whole submission, that was refused, or a warning about one that was not.

    ``code`` names a text in schemas.errors; ``found`` and ``expected`` fill it in.
    """

    submission: int
    position: int  # -1: the submission as a whole.
    code: str
    field: str
    found: str
    expected: str
    event_id: str = ""
    raw: bytes = b""


class Decoded(NamedTuple):
    """What the bytes of a batch's submissions say."""

    events: EventColumns
    faults: tuple[Fault, ...]  # Refused: not in ``events``.
    warnings: tuple[Fault, ...]  # Kept in ``events``.
    event_counts: tuple[int, ...]  # Events seen in each submission, refused ones included.
