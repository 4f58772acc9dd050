"""Which event ids may have been seen: a filter that is never wrong when it says no.

Ten bits of about 32 a key are set, so that about two ids in a million raise a false alarm;
what the filter suspects is looked up in the store. Four bytes an event where a set of texts
takes a hundred.
"""

from collections.abc import Iterator

import numpy as np

from schemas.units import BoolArray, BytesArray, Int64Array, UInt64Array

_PROBES = 10
_BITS_A_KEY = 32
_FIRST_CAPACITY = 1 << 16
_MULTIPLIERS = np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB], np.uint64)
_WORDS_A_ID = 8
_WORD_FACTORS = np.array(
    [pow(0xD1342543DE82EF95, place + 1, 2**64) for place in range(_WORDS_A_ID)], np.uint64
)


def _mixed(words: UInt64Array) -> UInt64Array:
    """Return words whose every bit depends on every bit (splitmix64)."""
    words = (words ^ (words >> np.uint64(30))) * _MULTIPLIERS[1]
    words ^= words >> np.uint64(27)
    words *= _MULTIPLIERS[2]
    words ^= words >> np.uint64(31)
    return words


def id_hash(ids: BytesArray, salt: int = 0) -> Int64Array:
    """Return a fixed 64-bit hash of each id (S64); the same on every machine and day.

    Settles ties between entries of one day and revision too, so it is stored: never change it.
    """
    words = np.ascontiguousarray(ids.astype("S64", copy=False)).view("<u8")
    words = words.reshape(-1, _WORDS_A_ID)
    total = np.full(ids.size, salt, np.uint64)
    for place in range(_WORDS_A_ID):
        # Each word is mixed before it is weighed, or ids that differ in two could cancel out.
        # An empty word adds nothing, so short ids cost less.
        if words[:, place].any():
            total += _mixed(words[:, place]) * _WORD_FACTORS[place]
    return _mixed(total + _MULTIPLIERS[0]).view(np.int64)


class IdFilter:
    """A growing Bloom filter over id hashes."""

    def __init__(self) -> None:
        self._layers: list[UInt64Array] = []
        self._room = 0
        self._capacity = _FIRST_CAPACITY

    def add(self, hashes: Int64Array) -> None:
        """Remember these."""
        while hashes.size:
            if not self._room:
                self._layers.append(np.zeros(self._capacity * _BITS_A_KEY // 64, np.uint64))
                self._room, self._capacity = self._capacity, self._capacity * 2
            now, hashes = hashes[: self._room], hashes[self._room :]
            self._room -= now.size
            for word, bit in self._probes(now, self._layers[-1].size):
                np.bitwise_or.at(self._layers[-1], word, bit)

    def suspects(self, hashes: Int64Array) -> BoolArray:
        """Return False where a hash was never added; True where it may have been."""
        suspected = np.zeros(hashes.size, np.bool_)
        for layer in self._layers:
            rest = np.arange(hashes.size)
            for word, bit in self._probes(hashes, layer.size):
                is_set = (layer[word[rest]] & bit[rest]) != 0
                rest = rest[is_set]
                if not rest.size:
                    break
            suspected[rest] = True
        return suspected

    @staticmethod
    def _probes(hashes: Int64Array, words: int) -> Iterator[tuple[Int64Array, UInt64Array]]:
        place = hashes.view(np.uint64)
        step = _mixed(place) | np.uint64(1)
        for _ in range(_PROBES):
            bit = np.uint64(1) << (place & np.uint64(63))
            yield ((place & np.uint64(words * 64 - 1)) >> np.uint64(6)).astype(np.int64), bit
            place = place + step
