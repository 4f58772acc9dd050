"""Who is named in a row: every pair of an identifier and its kind, judged once for all rules.

What the judging is, is in ``schemas.identifiers``; here it is done for the distinct values of a
column. A list of several (实际控制人) is taken apart, and what is found is told of its row.
"""

from functools import cached_property
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.imports.pboc.rows import Rows
from schemas.columns import Ids
from schemas.identifiers import (
    Characters,
    Verdict,
    blotted,
    borrower_verdicts,
    is_unmasked_person,
)
from schemas.units import BoolArray, Int64Array, UInt8Array

CREDIT_CODE, ORGANISATION_CODE, OTHER_UNIT, RESIDENT = "A01", "A02", "A03", "B01"
UNIT, PERSON = "A", "B"  # The first letter of a kind of identifier.
MASKED_SIZE, DIGEST_SIZE = 46, 32
SIZE_MAX = 60  # Of an identifier. The rule of lengths judges what is longer.
OLD_SIZE = 15  # Of resident ids before 1999, and of firms' registration numbers.
_BLOT = "*" * 9  # At least so many characters of a number are blotted out.
_SHOWN_COUNT = 2  # Characters of a passport number and the like.
_CREDIT_CODE_SIZE, _ORGANISATION_SIZE = 18, 9
_CREDIT_CODE_HEADS = (
    "11 12 13 19 21 29 31 32 33 34 35 39 41 49 51 52 53 59 61 62 69 71 72 79 81 89 91 92 93 "
    "A1 A9 N1 N2 N3 N9 Y1"
)
_PROVINCES = (
    "10 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 "
    "61 62 63 64 65"
)
# Columns that hold a unit's code and have no column for its kind.
_UNTYPED = ("trader_licence_no", "firm_uscc")


def _pairs_allowed(words: str) -> BoolArray:
    """Return for every pair of bytes, first × 256 + second, whether it is one of ``words``."""
    allowed = np.zeros(2**16, np.bool_)
    for word in words.split():
        allowed[ord(word[0]) * 256 + ord(word[1])] = True
    return allowed


_IS_HEAD, _IS_PROVINCE = _pairs_allowed(_CREDIT_CODE_HEADS), _pairs_allowed(_PROVINCES)


class Party(NamedTuple):
    """The columns of somebody's identifier; ``type_field`` is empty where there is none."""

    type_field: str
    id_field: str
    is_list: bool = False


def parties_of(names: tuple[str, ...]) -> tuple[Party, ...]:
    """Return everybody whom a table with the columns ``names`` names."""
    found = [
        Party(name, name.removesuffix("_type"))
        for name in names
        if name.endswith("_id_type") and name.removesuffix("_type") in names
    ]
    if "controller_ids" in names:
        found.append(Party("controller_id_types", "controller_ids", is_list=True))
    return (*found, *(Party("", name) for name in _UNTYPED if name in names))


class Judged:
    """The identifiers of one party: one entry a row, or one a member of the row's list."""

    def __init__(
        self, party: Party, types: Ids, ids: Ids, row: Int64Array | None, size: int
    ) -> None:
        self.party = party
        self._types, self._ids, self._row, self._size = types, ids, row, size
        values = pa.array(ids.values, pa.string())
        self._verdict = borrower_verdicts(values)
        self._characters = Characters.of(values)
        self._bytes = self._characters.sizes

    def of_rows(self, is_so: BoolArray) -> BoolArray:
        """Return the rows with an entry where ``is_so``."""
        if self._row is None:
            return is_so
        rows = np.zeros(self._size, np.bool_)
        rows[self._row[is_so]] = True
        return rows

    def is_type(self, *types: str) -> BoolArray:
        return self._by_type(tuple(value in types for value in self._types.values))

    def is_type_like(self, letter: str) -> BoolArray:
        return self._by_type(tuple(value.startswith(letter) for value in self._types.values))

    def is_type_unknown(self, known: frozenset[str]) -> BoolArray:
        """Return where a kind of identifier is given that is none of ``known``."""
        return self._by_type(tuple(bool(v) and v not in known for v in self._types.values))

    @cached_property
    def is_blank(self) -> BoolArray:
        return self._by_value(self._bytes == 0)

    @cached_property
    def is_resident(self) -> BoolArray:
        """Where a resident's id number stands in clear, or what was kept of one."""
        is_clear = (self._verdict == Verdict.UNMASKED_PERSON) | self._is_blotted
        if not is_clear.any():
            return np.zeros(self._ids.codes.size, np.bool_)
        is_registration = self.is_type_like(UNIT) & self._by_value(self._bytes == OLD_SIZE)
        return self._by_value(is_clear) & ~is_registration

    @cached_property
    def _is_blotted(self) -> BoolArray:
        """By value: a row that was held back is so again when it is read from what was kept."""
        if ord("*") not in self._characters.content:
            return np.zeros(self._bytes.size, np.bool_)
        return np.array([_BLOT in text for text in self._ids.values], np.bool_)

    @cached_property
    def is_wrong_check(self) -> BoolArray:
        return self._by_value(self._verdict == Verdict.CHECK_DIGIT)

    @cached_property
    def is_credit_code(self) -> BoolArray:
        """Where the shape is that of a unified social credit code; the check digit may be wrong."""
        shaped = (self._bytes == _CREDIT_CODE_SIZE) & (self._verdict <= Verdict.CHECK_DIGIT)
        rows = np.flatnonzero(shaped)
        square = self._characters.square(rows, _CREDIT_CODE_SIZE).astype(np.uint16)
        is_known = _IS_HEAD[square[:, 0] * 256 + square[:, 1]]
        is_known &= _IS_PROVINCE[square[:, 2] * 256 + square[:, 3]]
        shaped[rows] = is_known
        return self._by_value(shaped)

    @cached_property
    def is_organisation_code(self) -> BoolArray:
        return self._by_value(
            (self._bytes == _ORGANISATION_SIZE) & (self._verdict <= Verdict.CHECK_DIGIT)
        )

    def is_masked(self, size: int) -> BoolArray:
        return self._by_value((self._bytes == size) & (self._verdict == Verdict.OK))

    @cached_property
    def birth_day(self) -> Int64Array:
        """The birth date in a masked resident id as yyyymmdd; -1 where it is none, 0 elsewhere."""
        by_value = np.zeros(self._bytes.size, np.int64)
        rows = np.flatnonzero((self._bytes == MASKED_SIZE) & (self._verdict == Verdict.OK))
        by_value[rows] = _birth_days(self._characters.square(rows, MASKED_SIZE)[:, 6:14])
        if not by_value.size:
            return np.zeros(self._ids.codes.size, np.int64)
        taken: Int64Array = by_value[self._ids.codes]
        return taken

    @cached_property
    def is_unkeepable(self) -> BoolArray:
        """Where a space, a quotation mark or something invisible stands in an identifier."""
        by_value = self._verdict == Verdict.MALFORMED
        rows = np.flatnonzero(by_value)
        if not rows.size:
            return self._by_value(by_value)
        typed = pa.array([f"Z99:{self._ids.values[row]}" for row in rows.tolist()], pa.string())
        is_short = self._bytes[rows] <= SIZE_MAX
        by_value[rows] = (borrower_verdicts(typed) == Verdict.MALFORMED) & is_short
        return self._by_value(by_value)

    def _by_type(self, wanted: tuple[bool, ...]) -> BoolArray:
        if not any(wanted):
            return np.zeros(self._types.codes.size, np.bool_)
        taken: BoolArray = np.array(wanted, np.bool_)[self._types.codes]
        return taken

    def _by_value(self, wanted: BoolArray) -> BoolArray:
        if not wanted.any():
            return np.zeros(self._ids.codes.size, np.bool_)
        taken: BoolArray = wanted[self._ids.codes]
        return taken


_DAYS_IN_MONTH = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def _birth_days(square: UInt8Array) -> Int64Array:
    """Return dates of eight digits as numbers yyyymmdd, -1 for what is no date."""
    digits = square.astype(np.int64) - ord("0")
    is_date = ((digits >= 0) & (digits <= 9)).all(axis=1)
    number = digits @ 10 ** np.arange(7, -1, -1, dtype=np.int64)
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    is_date &= (month >= 1) & (month <= 12) & (day >= 1)
    is_date &= day <= _DAYS_IN_MONTH[np.clip(month, 0, 12)]
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    is_date &= (month != 2) | (day < 29) | is_leap
    return np.where(is_date, number, -1)


_KEPT: WeakKeyDictionary[Rows, tuple[Judged, ...]] = WeakKeyDictionary()


def judged(rows: Rows) -> tuple[Judged, ...]:
    """Return the identifiers of everybody whom ``rows`` name; judged once a piece."""
    if rows not in _KEPT:
        _KEPT[rows] = tuple(_judged(rows, party) for party in parties_of(rows.spec.names))
    return _KEPT[rows]


def _judged(rows: Rows, party: Party) -> Judged:
    if party.is_list and _has_comma(rows, party):
        return _members(rows, party)
    ids = rows.coded(party.id_field)
    if party.type_field:
        types = rows.coded(party.type_field)
    else:
        types = Ids(np.zeros(rows.size, np.int32), [OTHER_UNIT])
    return Judged(party, types, ids, None, rows.size)


def _has_comma(rows: Rows, party: Party) -> bool:
    return any("," in value for value in rows.coded(party.id_field).values)


def _members(rows: Rows, party: Party) -> Judged:
    """Take lists apart. Where they are not equally long, no kind belongs to any identifier."""
    id_lists = pc.split_pattern(rows.texts(party.id_field), ",")
    types = rows.texts(party.type_field).to_pylist()
    counts = pc.list_value_length(id_lists).to_pylist()
    types_by_row = (
        parts if len(parts := text.split(",")) == count else [""] * count
        for text, count in zip(types, counts, strict=True)
    )
    type_of_member = [kind for parts in types_by_row for kind in parts]
    row = pc.list_parent_indices(id_lists).to_numpy(zero_copy_only=False)
    ids = Ids.of(pc.list_flatten(id_lists).to_pylist())
    return Judged(party, Ids.of(type_of_member), ids, row.astype(np.int64), rows.size)


def shown_identifier(text: str, types: str) -> str:
    """Return an identifier as it may be shown: of a person's in clear hardly anything is left."""
    ids, kinds = text.split(","), types.split(",")
    if len(kinds) != len(ids):
        kinds = [types if len(kinds) == 1 else ""] * len(ids)
    return ",".join(_shown(one, kind) for one, kind in zip(ids, kinds, strict=True))


def _shown(text: str, kind: str) -> str:
    # Of another kind of unit's identifier it is not sure that it is no person's: it is blotted.
    is_registration = kind == OTHER_UNIT and len(text) == OLD_SIZE
    if is_unmasked_person(text) and not is_registration:
        return blotted(text)
    if not kind.startswith(PERSON) or len(text) in {DIGEST_SIZE, MASKED_SIZE}:
        return text
    return text[:_SHOWN_COUNT] + "*" * (len(text) - _SHOWN_COUNT)
