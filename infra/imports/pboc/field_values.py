"""What stands in a field, read exactly: amounts, rates and counts as integers, days as numbers.

A text that does not have the one form that the interface allows is bad; nothing is guessed.
"""

import datetime as dt
import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.columns import Ids
from schemas.identifiers import Characters
from schemas.units import BoolArray, Int32Array, Int64Array

DIGITS_MAX = 17  # More than any amount that can be kept, and well inside 64 bits.
YEAR_MIN, YEAR_MAX = 1900, 2200
_EPOCH = dt.date(1970, 1, 1)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_POINT, _MINUS = ord("."), ord("-")


class Numbers(NamedTuple):
    """A number field by row: ``value`` is in units of its last decimal place; 0 if there is none.

    ``is_bad``: something stands there that is no number of that form.
    """

    value: Int64Array
    is_blank: BoolArray
    is_bad: BoolArray

    @property
    def is_good(self) -> BoolArray:
        """Rows with a number."""
        return ~(self.is_blank | self.is_bad)


class Days(NamedTuple):
    """A date field by row: days since 1970-01-01; 0 where there is none."""

    day: Int32Array
    is_blank: BoolArray
    is_bad: BoolArray

    @property
    def is_good(self) -> BoolArray:
        """Rows with a day."""
        return ~(self.is_blank | self.is_bad)


def numbers_of(texts: pa.StringArray, decimals: int) -> Numbers:
    """Return texts such as 1234.50 as integers; with ``decimals`` 0 there is no point."""
    characters = Characters.of(texts)
    sizes, begin, end = characters.sizes, characters.offsets[:-1], characters.offsets[1:]
    content = characters.content
    is_blank = sizes == 0
    is_digit = (content >= ord("0")) & (content <= ord("9"))
    before = np.concatenate([[0], np.cumsum(is_digit)])
    digit_count = before[end] - before[begin]
    padded = np.append(content, np.uint8(0))
    is_negative = ~is_blank & (padded[begin] == _MINUS)
    others = int(decimals > 0) + is_negative
    is_good = ~is_blank & (digit_count + others == sizes)
    is_good &= (digit_count > decimals) & (digit_count <= DIGITS_MAX)
    if decimals:
        is_good &= padded[np.maximum(end - decimals - 1, 0)] == _POINT
    whole = pc.replace_substring(texts, ".", "", max_replacements=1) if decimals else texts
    if not is_good.all():
        whole = pc.if_else(pa.array(is_good), whole, "0")
    return Numbers(
        whole.cast(pa.int64()).to_numpy(zero_copy_only=False), is_blank, ~is_blank & ~is_good
    )


def days_of(coded: Ids) -> Days:
    """Return dates such as 2026-09-30 as days."""
    days = [_day_number(text) for text in coded.values]
    day = np.fromiter((0 if d is None else d for d in days), np.int32, len(days))
    is_bad = np.fromiter((d is None for d in days), np.bool_, len(days))
    is_blank = np.fromiter((not text for text in coded.values), np.bool_, len(days))
    if not days:
        nothing = np.zeros(coded.codes.size, np.bool_)
        return Days(np.zeros(coded.codes.size, np.int32), nothing, nothing)
    return Days(day[coded.codes], is_blank[coded.codes], (is_bad & ~is_blank)[coded.codes])


def _day_number(text: str) -> int | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return (date - _EPOCH).days if YEAR_MIN <= date.year <= YEAR_MAX else None
