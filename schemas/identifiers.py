"""Who is who: the shape and check digit of every kind of identifier, and what may not be sent.

The checks take many distinct values at once and return one verdict a value. Errors: none; a
value that fits nothing is MALFORMED.

    bank, firm       统一社会信用代码, GB 32100: 18 characters, the last a check character
    old firm         组织机构代码, GB 11714: 8 characters and a check character, no hyphen
    person           masked before it is sent: first 14 characters of the id and 32 hexadecimal
                     digits of a digest (46), or 32 hexadecimal digits alone
    anybody else     the id with its type (证件类型) before it: L01:5493001KJTIIGC8Y1R12
"""

import re
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from schemas.units import BoolArray, BytesArray, Int64Array, UInt8Array

EVENT_ID_MIN, EVENT_ID_MAX = 16, 64
_EVENT_ID_BYTES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-"
_NO_EVENT_ID_BYTE = np.ones(256, np.int32)
_NO_EVENT_ID_BYTE[list(_EVENT_ID_BYTES)] = 0

_USCC_SIZE = 18
_USCC_ALPHABET = b"0123456789ABCDEFGHJKLMNPQRTUWXY"  # Without I, O, S, V, Z.
_USCC_WEIGHTS = [*(3**n % 31 for n in range(_USCC_SIZE - 1)), 1]
_NO_VALUE = 31
_USCC_VALUE = np.full(256, _NO_VALUE, np.uint8)
_USCC_VALUE[list(_USCC_ALPHABET)] = np.arange(31)


def _is_one_of(allowed: bytes) -> BoolArray:
    """Return for every byte whether it is allowed."""
    table = np.zeros(256, np.bool_)
    table[list(allowed)] = True
    return table


_IS_HEX = _is_one_of(b"0123456789abcdefABCDEF")
_IS_PERSON_PREFIX = _is_one_of(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
# What a resident id has in some places: a year's century, a month, the last character.
_RESIDENT_PLACES = (
    (7, _is_one_of(b"890")),
    (6, _is_one_of(b"12")),
    (10, _is_one_of(b"01")),
    (17, _is_one_of(b"0123456789X")),
)
_MASKED_SIZE, _DIGEST_SIZE = 46, 32

ORGANISATION_SIZE = 9
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION = re.compile(r"[0-9A-Z]{8}[0-9X]")
_RESIDENT = re.compile(r"[0-9]{17}[0-9Xx]")
_RESIDENT_BYTES = re.compile(rb"(?<![0-9A-Za-z])[0-9]{17}[0-9Xx](?![0-9A-Za-z])")
_RESIDENT_INSIDE = re.compile(_RESIDENT_BYTES.pattern.decode())
_OLD_RESIDENT = re.compile(r"[0-9]{6}([0-9]{2})([0-9]{2})([0-9]{2})[0-9]{3}")
# An id of another kind travels with its type. Nothing that is not seen may stand in it: two ids
# that look alike would be two borrowers. Nor may what ends a column in the banks' files.
_TYPED = re.compile(r"([A-Z])[0-9]{2}:([^ |\"'“”‘’]{1,60})")
_UNIT_TYPE = "A"
_AGGREGATE = re.compile(r"[a-z][a-z0-9_,.()]{0,63}")
# Digits 3 and 4 of a unified social credit code: the province that registered the body.
_PROVINCE_DIGITS = (
    "10 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 "
    "61 62 63 64 65 71 81 82"
)
_PROVINCES = frozenset(_PROVINCE_DIGITS.split())


class Verdict(IntEnum):
    """What an identifier turned out to be."""

    OK = 0
    CHECK_DIGIT = 1  # Right shape, wrong check character.
    MALFORMED = 2
    UNMASKED_PERSON = 3  # 居民身份证号码 in clear: must not be sent, and is not kept.
    EMPTY = 4


class Characters(NamedTuple):
    """An Arrow text column as bytes: ``content[offsets[n]:offsets[n + 1]]`` is value n."""

    offsets: Int64Array
    content: UInt8Array

    @classmethod
    def of(cls, texts: pa.StringArray) -> "Characters":
        _, offset_buffer, content_buffer = texts.buffers()
        if offset_buffer is None or len(texts) == 0:
            return cls(np.zeros(len(texts) + 1, np.int64), np.zeros(0, np.uint8))
        every_offset = np.frombuffer(offset_buffer, np.int32)
        offsets = every_offset[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
        content = np.frombuffer(content_buffer or b"", np.uint8)[offsets[0] : offsets[-1]]
        return cls(offsets - offsets[0], content)

    @property
    def sizes(self) -> Int64Array:
        sizes: Int64Array = np.diff(self.offsets)
        return sizes

    def square(self, rows: Int64Array, size: int) -> UInt8Array:
        """Return the bytes of ``rows``, all ``size`` long: (rows, size)."""
        if not rows.size:  # Then there may be fewer bytes than one window has.
            return np.zeros((0, size), np.uint8)
        if rows.size * size == self.content.size:
            return self.content.reshape(rows.size, size)
        square: UInt8Array = sliding_window_view(self.content, size)[self.offsets[rows]]
        return square


def event_ids(texts: pa.StringArray) -> tuple[BytesArray, BoolArray]:
    """Return event ids as S64, and which of them are well formed; the others stay empty."""
    characters = Characters.of(texts)
    sizes, content = characters.sizes, characters.content
    is_well_formed = (sizes >= EVENT_ID_MIN) & (sizes <= EVENT_ID_MAX)
    if content.tobytes().translate(None, _EVENT_ID_BYTES):
        bad_before = np.concatenate([[0], np.cumsum(_NO_EVENT_ID_BYTE[content])])
        is_well_formed &= np.diff(bad_before[characters.offsets]) == 0
    if sizes.size and is_well_formed.all() and (sizes == EVENT_ID_MAX).all():
        return content.view(f"S{EVENT_ID_MAX}"), is_well_formed
    ids = np.zeros((sizes.size, EVENT_ID_MAX), np.uint8)
    for size in np.unique(sizes[is_well_formed]).tolist():
        rows = np.flatnonzero(is_well_formed & (sizes == size))
        ids[rows, :size] = characters.square(rows, size)
    return ids.view(f"S{EVENT_ID_MAX}").reshape(-1), is_well_formed


def _credit_code_verdicts(square: UInt8Array) -> UInt8Array:
    """Return OK, CHECK_DIGIT or MALFORMED for unified social credit codes, (values, 18)."""
    # One row a character, for long loops. Not a matrix product: that wakes threads, and they wait
    # for each other when other processes are busy.
    values = _USCC_VALUE.take(np.ascontiguousarray(square.T))
    total = np.zeros(square.shape[0], np.uint16)  # At most 30 × 31 × 18.
    for value, weight in zip(values, _USCC_WEIGHTS, strict=True):
        total += value * np.uint16(weight)
    verdicts: UInt8Array = (total % 31 != 0).astype(np.uint8)  # OK is 0, CHECK_DIGIT is 1.
    is_shape = (values.max(axis=0) < _NO_VALUE) & (values[2:8].max(axis=0) < 10)
    verdicts[~is_shape] = Verdict.MALFORMED
    return verdicts


def bank_verdicts(texts: pa.StringArray) -> UInt8Array:
    """Return OK, CHECK_DIGIT, MALFORMED or EMPTY for ids of reporting institutions."""
    characters = Characters.of(texts)
    sizes = characters.sizes
    verdicts = np.where(sizes == 0, Verdict.EMPTY, Verdict.MALFORMED).astype(np.uint8)
    rows = np.flatnonzero(sizes == _USCC_SIZE)
    verdicts[rows] = _credit_code_verdicts(characters.square(rows, _USCC_SIZE))
    return verdicts


def is_aggregate_id(text: str) -> bool:
    """Return whether ``text`` may name a published total: a lower-case word."""
    return _AGGREGATE.fullmatch(text) is not None


def borrower_verdicts(texts: pa.StringArray) -> UInt8Array:
    """Return a verdict for every id of a borrower, trustor or guarantor."""
    verdicts = bank_verdicts(texts)
    characters = Characters.of(texts)
    sizes = characters.sizes
    for size in (_MASKED_SIZE, _DIGEST_SIZE):
        rows = np.flatnonzero(sizes == size)
        if rows.size:
            square = characters.square(rows, size)
            is_masked = _IS_HEX.take(square[:, -_DIGEST_SIZE:]).all(axis=1)
            is_masked &= _IS_PERSON_PREFIX[square[:, :-_DIGEST_SIZE]].all(axis=1)
            verdicts[rows[is_masked]] = Verdict.OK
    # What is left is rare, except for resident ids that happen to look like a credit code.
    for row in np.flatnonzero(verdicts == Verdict.MALFORMED).tolist():
        text = texts[row].as_py()
        if _ORGANISATION.fullmatch(text):
            is_sound = _organisation_check(text) == text[-1]
            verdicts[row] = Verdict.OK if is_sound else Verdict.CHECK_DIGIT
        elif _holds_resident(text):
            verdicts[row] = Verdict.UNMASKED_PERSON
        elif _TYPED.fullmatch(text) and text.isprintable():
            verdicts[row] = Verdict.OK
    for row in _maybe_residents(characters, verdicts).tolist():
        if is_unmasked_person(texts[row].as_py()):
            verdicts[row] = Verdict.UNMASKED_PERSON
    return verdicts


def _holds_resident(text: str) -> bool:
    """Return whether a resident's id in clear stands in ``text``, behind a type or in between.

    Fifteen digits behind the type of a unit are its registration number (工商注册号), which has
    the shape of the resident ids before 1999; behind any other type they are a person's.
    """
    if is_unmasked_person(text):
        return True
    typed = _TYPED.fullmatch(text)
    if typed and typed[1] != _UNIT_TYPE and is_unmasked_person(typed[2]):
        return True
    return any(is_unmasked_person(found) for found in _RESIDENT_INSIDE.findall(text))


def _organisation_check(code: str) -> str:
    """Return the check character of an organisation code, GB 11714."""
    weighted = (
        int(character, 36) * weight
        for character, weight in zip(code, _ORGANISATION_WEIGHTS, strict=False)
    )
    return "0123456789X"[-sum(weighted) % 11]


def _maybe_residents(characters: Characters, verdicts: UInt8Array) -> Int64Array:
    """Return the well-shaped credit codes that have a birth year where a resident id has one."""
    rows = np.flatnonzero((characters.sizes == _USCC_SIZE) & (verdicts <= Verdict.CHECK_DIGIT))
    # Position by position, so that ever fewer are looked at: the year's century, the month.
    for place, may_be in _RESIDENT_PLACES:
        rows = rows[may_be.take(characters.content.take(characters.offsets.take(rows) + place))]
    return rows


def is_unmasked_person(text: str) -> bool:
    """Return whether ``text`` is a resident's id number in clear.

    Its birth date must be one. A number that is also a sound credit code with a real province in
    it is taken for one: resident ids hardly ever are. A mistyped check character (ISO 7064) does
    not make a resident's id a code that may be kept, where it begins with a province.
    """
    if old := _OLD_RESIDENT.fullmatch(text):
        return 1 <= int(old[2]) <= 12 and 1 <= int(old[3]) <= 31
    if not _RESIDENT.fullmatch(text):
        return False
    number = text.upper()
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return False
    if not "1800" <= number[6:10] <= "2099":
        return False
    is_credit_code = bank_verdicts(pa.array([text], pa.string()))[0] == Verdict.OK
    if ric.calc_check_digit(number) != number[-1]:
        return not is_credit_code and number[:2] in _PROVINCES
    return not (is_credit_code and number[2:4] in _PROVINCES)


def without_residents(raw: bytes) -> bytes:
    """Return ``raw`` with every resident id in clear blotted out, wherever it stands."""
    return _RESIDENT_BYTES.sub(_blotted_match, raw)


def _blotted_match(match: re.Match[bytes]) -> bytes:
    text = match[0].decode()
    return blotted(text).encode() if is_unmasked_person(text) else match[0]


def blotted(text: str) -> str:
    """Return ``text`` with all but its first six characters blotted out."""
    return text[:6] + "*" * (len(text) - 6)
