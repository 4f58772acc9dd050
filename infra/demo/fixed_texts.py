"""Texts of one length made from numbers, a million at a time."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.units import AnyArray

_GROUP = 4  # So many digits are looked up at once.
_GROUPS = np.array(
    [list(f"{number:0{_GROUP}d}".encode()) for number in range(10**_GROUP)], np.uint8
)
Characters = NDArray[np.uint8]  # (texts, length): ASCII.


def digits_of(numbers: AnyArray, count: int) -> Characters:
    """Return the last ``count`` decimal digits of each number as characters."""
    digits = np.empty((numbers.size, count), np.uint8)
    rest = numbers.astype(np.int64)
    for end in range(count, 0, -_GROUP):
        rest, group = np.divmod(rest, len(_GROUPS))
        begin = max(end - _GROUP, 0)
        digits[:, begin:end] = _GROUPS[group, begin - end :]
    return digits


def texts_of(characters: Characters) -> pa.StringArray:
    """Return each row of characters as a text."""
    count, length = characters.shape
    offsets = np.arange(count + 1, dtype=np.int32) * length
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(characters))]
    return pa.Array.from_buffers(pa.string(), count, buffers)


def numbered_texts(prefix: str, numbers: AnyArray, count: int) -> pa.StringArray:
    """Return the prefix and ``count`` digits of each number."""
    characters = np.empty((numbers.size, len(prefix) + count), np.uint8)
    characters[:, : len(prefix)] = np.frombuffer(prefix.encode("ascii"), np.uint8)
    characters[:, len(prefix) :] = digits_of(numbers, count)
    return texts_of(characters)
