"""Events as flat columns, as they were sent: what both encodings are brought to before the checks.

The shape is right (known type, no foreign, missing or ill-typed field, words from their lists,
integers in their bounds); whether dates, identifiers and amounts make sense is not yet known.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from schemas.columns import NONE_CODE, Ids
from schemas.event import Event
from schemas.units import BoolArray, Int8Array, Int32Array, Int64Array, UInt8Array

ABSENT = np.iinfo(np.int64).min  # In an amount that may be left out.

# The fields that are read; all others are checked for their shape only. Everything that is
# left out costs nothing.
NUMBERS = (
    "amount_minor",
    "amount_cny_minor",
    "balance_minor",
    "balance_cny_minor",
    "change_cny_minor",
    "rate_mbp",
    "old_rate_mbp",
    "revision",
    "limit_cny_minor",
    "used_cny_minor",
)
NUMBER_DEFAULTS = {"amount_cny_minor": ABSENT, "balance_cny_minor": ABSENT}
MARKS = ("is_first_loan", "is_renewal", "is_deferral", "is_credit_support")
TEXTS = (
    "bank_id",
    "borrower_id",
    "occurred_on",
    "sent_on",  # The day of the reversal itself; ``occurred_on`` is then that of its body.
    "matures_on",
    "old_matures_on",
    "currency",
    "use_industry",
    "industry",
    "city",
    "quarter",
    "opened_on",
    "closed_on",
    "trustor_id",
    "guarantor_id",
)
TEXT_DEFAULTS = {"currency": "CNY"}  # All others: empty.


class Texts(NamedTuple):
    """Text by row, one code per row into distinct values, as Arrow keeps them."""

    codes: Int32Array
    dictionary: pa.StringArray

    @classmethod
    def all_same(cls, text: str, size: int) -> "Texts":
        return cls(np.zeros(size, np.int32), pa.array([text], pa.string()))

    @classmethod
    def of(cls, texts: list[str]) -> "Texts":
        encoded = pa.array(texts, pa.string()).dictionary_encode()
        return cls(encoded.indices.to_numpy(), encoded.dictionary)

    def code_of(self, text: str) -> int:
        """Return the code of ``text``, -1 if no row has it."""
        return int(self.dictionary.index(text).as_py())

    def at(self, row: int) -> str:
        return str(self.dictionary[int(self.codes[row])].as_py())


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """One row an event. A column that no event has is not there; ask by the methods."""

    size: int
    submission: Int32Array
    position: Int32Array
    event_type: UInt8Array  # The effective type: for a reversal that of its body.
    sign: Int8Array
    event_id: pa.StringArray
    reversed_event_id: pa.StringArray | None  # None: no reversal among them.
    texts: dict[str, Texts]
    numbers: dict[str, Int64Array]
    words: dict[str, UInt8Array]  # Codes into the lists of schemas.wire_fields.WORD_LISTS.
    marks: dict[str, BoolArray]
    # Events that are kept whole, by row.
    records: dict[int, Event] = field(default_factory=dict)

    def text(self, name: str) -> Texts:
        assert name in TEXTS
        found = self.texts.get(name)
        return Texts.all_same(TEXT_DEFAULTS.get(name, ""), self.size) if found is None else found

    def number(self, name: str) -> Int64Array:
        assert name in NUMBERS
        found = self.numbers.get(name)
        if found is None:
            return np.full(self.size, NUMBER_DEFAULTS.get(name, 0), np.int64)
        return found

    def take(self, keep: BoolArray) -> "Flat":
        """Return the rows where ``keep``, in order."""
        new_row = np.cumsum(keep) - 1
        return Flat(
            size=int(keep.sum()),
            submission=self.submission[keep],
            position=self.position[keep],
            event_type=self.event_type[keep],
            sign=self.sign[keep],
            event_id=self.event_id.filter(pa.array(keep)),
            reversed_event_id=(
                None
                if self.reversed_event_id is None
                else self.reversed_event_id.filter(pa.array(keep))
            ),
            texts={n: Texts(t.codes[keep], t.dictionary) for n, t in self.texts.items()},
            numbers={name: column[keep] for name, column in self.numbers.items()},
            words={name: column[keep] for name, column in self.words.items()},
            marks={name: column[keep] for name, column in self.marks.items()},
            records={int(new_row[row]): event for row, event in self.records.items() if keep[row]},
        )


@dataclass(frozen=True, slots=True)
class ChosenRows:
    """Some rows of a Flat, in some order: its columns as they go on."""

    flat: Flat
    rows: Int64Array | slice
    size: int

    def ids(self, name: str) -> Ids:
        texts = self.flat.texts.get(name)
        if texts is None:
            return Ids(np.zeros(self.size, np.int32), [TEXT_DEFAULTS.get(name, "")])
        codes, dictionary = texts.codes[self.rows], texts.dictionary
        if self.size < self.flat.size:
            # What was refused goes no further: it may be a resident's id in clear.
            used, places = np.unique(codes, return_inverse=True)
            codes, dictionary = places.astype(np.int32), dictionary.take(pa.array(used))
        return Ids(codes, dictionary.to_pylist())

    def number(self, name: str) -> Int64Array:
        numbers = self.flat.numbers.get(name)
        return np.zeros(self.size, np.int64) if numbers is None else numbers[self.rows]

    def word(self, name: str) -> UInt8Array:
        words = self.flat.words.get(name)
        return np.full(self.size, NONE_CODE, np.uint8) if words is None else words[self.rows]
