"""Keys on disk: records in buckets by hash, so that a join never holds more than one bucket.

Two records with one key are always in the same bucket. A temporary folder is handed in; whoever
made it takes it away.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.identifiers import Characters
from schemas.units import AnyArray, UInt64Array

BUCKET_BYTES = 32 * 2**20
_PLACES = 4_096  # Of a text; longer ones begin again, which only makes them more alike.
_COLUMNS = 8
_WEIGHTS = np.random.default_rng(20_260_930).integers(
    1, 2**64, (2, _COLUMNS, _PLACES), dtype=np.uint64
) | np.uint64(1)
_MIX = np.uint64(0x9E3779B97F4A7C15)

Records = NDArray[np.void]


def text_hashes(*columns: pa.StringArray) -> tuple[UInt64Array, UInt64Array]:
    """Return two hashes of 64 bits for every row of some text columns taken together.

    The sum of byte × random weight of its place: a key join over ten million receipts meets a
    false pair with a chance of one in 10²⁴.
    """
    first, second = _hashes(columns, 2)
    return first, second


def text_hash(*columns: pa.StringArray) -> UInt64Array:
    """Return the first of the two hashes: enough to see a change, or beside another key."""
    (only,) = _hashes(columns, 1)
    return cast(UInt64Array, only)


def _hashes(columns: tuple[pa.StringArray, ...], count: int) -> UInt64Array:
    assert 0 < len(columns) <= _COLUMNS
    hashes = np.zeros((count, len(columns[0])), np.uint64)
    for number, column in enumerate(columns):
        characters = Characters.of(column)
        sizes, offsets = characters.sizes, characters.offsets
        place = np.arange(characters.content.size) - np.repeat(offsets[:-1], sizes)
        place %= _PLACES
        content = characters.content.astype(np.uint64) + np.uint64(1)
        for which in range(count):
            summed = np.zeros(content.size + 1, np.uint64)
            np.cumsum(content * _WEIGHTS[which, number][place], out=summed[1:])
            hashes[which] += summed[offsets[1:]] - summed[offsets[:-1]]
    hashes *= _MIX
    hashes ^= hashes >> np.uint64(29)
    return hashes


def bucket_count_for(size_bytes: int) -> int:
    """Return how many buckets hold records of ``size_bytes`` in all, each of a bearable size."""
    return 1 << max(0, (size_bytes // BUCKET_BYTES).bit_length())


class Spill:
    """Records of one kind, in files by bucket."""

    def __init__(self, folder: Path, name: str, kind: np.dtype[np.void], buckets: int) -> None:
        self._paths = [folder / f"{name}.{number}" for number in range(buckets)]
        self._kind = kind

    def add(self, records: Records, bucket_of: AnyArray) -> None:
        """Append ``records``; those with equal ``bucket_of`` modulo the count stay together."""
        bucket = (bucket_of % len(self._paths)).astype(np.int64)
        order = np.argsort(bucket, kind="stable")
        ends = np.searchsorted(bucket[order], np.arange(len(self._paths)), side="right")
        begin = 0
        for path, end in zip(self._paths, ends.tolist(), strict=True):
            if end > begin:
                with path.open("ab") as file:
                    file.write(records[order[begin:end]].tobytes())
            begin = end

    def buckets(self) -> Iterator[Records]:
        """Yield the records of one bucket after the other, in the order in which they came."""
        for number in range(len(self._paths)):
            yield self.bucket(number)

    def bucket(self, number: int) -> Records:
        path = self._paths[number]
        if not path.exists():
            return np.zeros(0, self._kind)
        return np.fromfile(path, self._kind)
