"""Which events a bank's month has made so far: what a new batch is compared with.

An event is known by the first sixteen bytes of the SHA-256 over what it is made from, and its id
is that digest in full. One that was withdrawn and comes again gets another id, made from the same
digest and how often it was withdrawn, because a reversed event cannot be sent again.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from schemas.columns import Ids
from schemas.tables import FILING_EVENTS
from schemas.units import BoolArray, BytesArray, Int64Array, UInt8Array
from streams.ports import Clock, Store

WITHDRAWN, LIVE, REPLACED = 0, 1, 2  # Of FILING_EVENTS.standing.
_HEX = np.array([f"{number:02x}".encode() for number in range(256)]).view(np.uint8).reshape(-1, 2)


def digests_of(parts: Sequence[bytes]) -> UInt8Array:
    """Return the SHA-256 of every text, (n, 32)."""
    sha256 = hashlib.sha256
    joined = b"".join([sha256(part).digest() for part in parts])
    return np.frombuffer(joined, np.uint8).reshape(-1, 32)


def hex_of(digests: UInt8Array) -> BytesArray:
    """Return digests as 64 hexadecimal digits."""
    return np.ascontiguousarray(_HEX[digests].reshape(-1, 64)).view("S64").reshape(-1)


class Place(NamedTuple):
    """Where an event stands in the log."""

    partition: int
    offset: int
    position: int


class Ledger:
    """The events of one bank's month. Compare everything the month gives, then ask who is gone."""

    def __init__(self, store: Store, clock: Clock, bank_id: str, period: str) -> None:
        self._store, self._clock = store, clock
        self._bank_id, self._period = bank_id, period
        rows = store.read(FILING_EVENTS, {"bank_id": bank_id, "period": period})
        order = np.argsort(rows["id_high"], kind="stable")
        self._high, self._low = rows["id_high"][order], rows["id_low"][order]
        self._withdrawn = rows["withdrawn_count"][order]
        self._standing = rows["standing"][order]
        self._place = np.stack(
            [rows[name][order] for name in ("partition", "offset", "position")], axis=1
        )
        self._is_told = np.zeros(self._high.size, np.bool_)
        self._version = int(rows["version"].max(initial=0))

    @property
    def is_empty(self) -> bool:
        return not self._high.size

    def compare(self, digests: UInt8Array) -> tuple[BoolArray, BytesArray, Int64Array]:
        """Return which events are new, the ids of all, and how often each was withdrawn."""
        ids = hex_of(digests)
        withdrawn = np.zeros(ids.size, np.int64)
        if self.is_empty:
            return np.ones(ids.size, np.bool_), ids, withdrawn
        place = self._place_of(_halves(digests))
        is_known = place >= 0
        self._is_told[place[is_known]] = True
        withdrawn[is_known] = self._withdrawn[place[is_known]]
        for row in np.flatnonzero(withdrawn).tolist():
            again = digests[row].tobytes() + b"\n%d" % withdrawn[row]
            ids[row] = hashlib.sha256(again).hexdigest().encode()
        is_standing = np.zeros(ids.size, np.bool_)
        is_standing[is_known] = self._standing[place[is_known]] != WITHDRAWN
        return ~is_standing, ids, withdrawn

    def _place_of(self, halves: Int64Array) -> Int64Array:
        """Return where events stand here, -1 for those that do not."""
        first = np.searchsorted(self._high, halves[:, 0])
        found = np.full(first.size, -1, np.int64)
        # Two ids with one high half are next to each other; three there never were.
        for step in (1, 0):
            place = np.minimum(first + step, self._high.size - 1)
            is_same = (self._high[place] == halves[:, 0]) & (self._low[place] == halves[:, 1])
            found[is_same] = place[is_same]
        return found

    def vanished(self) -> list[Place]:
        """Return the events that count and that nothing compared has told again."""
        gone = (self._standing == LIVE) & ~self._is_told
        return [Place(*place) for place in self._place[gone].tolist()]

    def withdraw(self) -> None:
        """Note that the vanished events were reversed."""
        gone = (self._standing == LIVE) & ~self._is_told
        count = int(gone.sum())
        if count:
            self._write(
                np.stack([self._high[gone], self._low[gone]], axis=1),
                self._withdrawn[gone] + 1,
                np.full(count, WITHDRAWN),
                self._place[gone],
            )

    def note(
        self,
        digests: UInt8Array,
        withdrawn: Int64Array,
        places: Int64Array,
        *,
        is_replaced: BoolArray,
    ) -> None:
        """Note events that were sent, with their places (n, 3)."""
        standing = np.where(is_replaced, REPLACED, LIVE)
        self._write(_halves(digests), withdrawn, standing, places)

    def _write(
        self, halves: Int64Array, withdrawn: Int64Array, standing: Int64Array, places: Int64Array
    ) -> None:
        size = halves.shape[0]
        once = np.zeros(size, np.int32)
        # Never below what is there, even if the machine's clock is set back.
        self._version = max(self._version + 1, self._clock.now_ms())
        self._store.insert(
            FILING_EVENTS,
            {
                "bank_id": Ids(once, [self._bank_id]),
                "period": Ids(once, [self._period]),
                "id_high": halves[:, 0],
                "id_low": halves[:, 1],
                "withdrawn_count": withdrawn,
                "standing": standing,
                "partition": places[:, 0],
                "offset": places[:, 1],
                "position": places[:, 2],
                "version": np.full(size, self._version, np.int64),
            },
        )


def _halves(digests: UInt8Array) -> Int64Array:
    """Return the first sixteen bytes of digests as two integers, (n, 2)."""
    first = np.ascontiguousarray(digests[:, :16])
    return first.view(">i8").astype(np.int64)
