"""Which events a bank's month has made so far: what a new batch is compared with.

An event is known by the first sixteen bytes of the SHA-256 over what it is made from, and its id
is that digest in full. One that was withdrawn and comes again gets another id, made from the same
digest and how often it was withdrawn, because a reversed event cannot be sent again.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from schemas.columns import Ids
from schemas.tables import FILING_EVENTS
from schemas.units import BoolArray, BytesArray, Int64Array, UInt8Array
from streams.ports import Clock, Store

WITHDRAWN, LIVE, REPLACED = 0, 1, 2  # Of FILING_EVENTS.standings.
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


class _Sent(NamedTuple):
    """The events of the month that went in one submission, in the order of their sending."""

    partition: int
    offset: int
    halves: Int64Array  # (n, 2)
    position: Int64Array
    withdrawn: Int64Array
    standing: Int64Array


class Ledger:
    """The events of one bank's month. Compare everything the month gives, then ask who is gone."""

    def __init__(self, store: Store, clock: Clock, bank_id: str, period: str) -> None:
        self._store, self._clock = store, clock
        self._bank_id, self._period = bank_id, period
        rows = store.read(FILING_EVENTS, {"bank_id": bank_id, "period": period})
        self._sent = _sent_of(rows)
        self._version = int(rows["version"].max(initial=0))
        self._oldest_version = int(rows["version"].min()) if self._sent else 0
        self._entries = _Entries(self._sent)
        self._is_told = np.zeros(self._entries.last.size, np.bool_)

    @property
    def oldest_version(self) -> int:
        """When the submission was noted that was noted longest ago; 0 where there is none."""
        return self._oldest_version

    @property
    def is_empty(self) -> bool:
        return not self._sent

    def compare(self, digests: UInt8Array) -> tuple[BoolArray, BytesArray, Int64Array]:
        """Return which events are new, the ids of all, and how often each was withdrawn."""
        ids = hex_of(digests)
        withdrawn = np.zeros(ids.size, np.int64)
        if self.is_empty:
            return np.ones(ids.size, np.bool_), ids, withdrawn
        entries = self._entries
        event = entries.find(_halves(digests))
        is_known = event >= 0
        self._is_told[event[is_known]] = True
        known = entries.last[event[is_known]]
        withdrawn[is_known] = entries.withdrawn[known]
        for row in np.flatnonzero(withdrawn).tolist():
            again = digests[row].tobytes() + b"\n%d" % withdrawn[row]
            ids[row] = hashlib.sha256(again).hexdigest().encode()
        is_standing = np.zeros(ids.size, np.bool_)
        is_standing[is_known] = entries.standing[known] != WITHDRAWN
        return ~is_standing, ids, withdrawn

    def vanished(self) -> list[Place]:
        """Return the events that count and that nothing compared has told again."""
        entries = self._entries
        gone = entries.last[self._gone()]
        return [
            Place(sent.partition, sent.offset, position)
            for sent, position in zip(
                [self._sent[number] for number in entries.sent[gone].tolist()],
                entries.position[gone].tolist(),
                strict=True,
            )
        ]

    def withdraw(self) -> None:
        """Note that the vanished events were reversed, wherever they stand."""
        entries = self._entries
        is_gone = np.zeros(entries.last.size, np.bool_)
        is_gone[self._gone()] = True
        rows = np.flatnonzero(is_gone[entries.event])
        counts = entries.withdrawn[entries.last][entries.event[rows]] + 1
        changed: dict[int, _Sent] = {}
        for row, count in zip(rows.tolist(), counts.tolist(), strict=True):
            sent = changed.setdefault(int(entries.sent[row]), self._sent[int(entries.sent[row])])
            place = int(entries.place[row])
            sent.standing[place], sent.withdrawn[place] = WITHDRAWN, count
        self._write(list(changed.values()))

    def note(
        self,
        digests: UInt8Array,
        withdrawn: Int64Array,
        places: Int64Array,
        *,
        is_replaced: BoolArray,
    ) -> None:
        """Note events that were sent, with their places (n, 3): those of a submission together."""
        standing = np.where(is_replaced, REPLACED, LIVE)
        halves = _halves(digests)
        starts = np.flatnonzero((places[1:, :2] != places[:-1, :2]).any(axis=1)) + 1
        ends = [*starts.tolist(), places.shape[0]]
        sent = []
        for begin, end in zip([0, *starts.tolist()], ends, strict=True):
            part = slice(begin, end)
            partition, offset, _ = places[begin].tolist()
            sent.append(
                _Sent(
                    partition,
                    offset,
                    halves[part],
                    places[part, 2],
                    withdrawn[part],
                    standing[part],
                )
            )
        self._write(sent)

    def _gone(self) -> Int64Array:
        standing = self._entries.standing[self._entries.last]
        return np.flatnonzero((standing == LIVE) & ~self._is_told)

    def _write(self, sent: Sequence[_Sent]) -> None:
        if not sent:
            return
        # Never below what is there, even if the machine's clock is set back.
        self._version = max(self._version + 1, self._clock.now_ms())
        once = np.zeros(len(sent), np.int32)
        self._store.insert(
            FILING_EVENTS,
            {
                "bank_id": Ids(once, [self._bank_id]),
                "period": Ids(once, [self._period]),
                "partition": np.array([one.partition for one in sent], np.int64),
                "offset": np.array([one.offset for one in sent], np.int64),
                "ids": [one.halves.astype(_ID).tobytes() for one in sent],
                "positions": [one.position.astype(_COUNT).tobytes() for one in sent],
                "withdrawn_counts": [one.withdrawn.astype(_COUNT).tobytes() for one in sent],
                "standings": [one.standing.astype(np.uint8).tobytes() for one in sent],
                "version": np.full(len(sent), self._version, np.int64),
            },
        )


class _Entries:
    """All that was sent, sorted by event; an event that was sent twice has two entries.

    What counts of an event is its last entry: one that stands, if there is any, else the one that
    was withdrawn most often.
    """

    def __init__(self, sent: Sequence[_Sent]) -> None:
        nothing = [np.zeros((0, 2), np.int64)]
        halves = np.concatenate([*nothing, *(one.halves for one in sent)])
        sizes = [one.position.size for one in sent]
        self.sent = np.repeat(np.arange(len(sent)), sizes)
        self.place = np.concatenate([*_NONE, *(np.arange(size) for size in sizes)])
        self.position = np.concatenate([*_NONE, *(one.position for one in sent)])
        self.withdrawn = np.concatenate([*_NONE, *(one.withdrawn for one in sent)])
        self.standing = np.concatenate([*_NONE, *(one.standing for one in sent)])
        stands = self.standing != WITHDRAWN
        order = np.lexsort((self.withdrawn, stands, halves[:, 1], halves[:, 0]))
        halves = halves[order]
        for name in ("sent", "place", "position", "withdrawn", "standing"):
            setattr(self, name, getattr(self, name)[order])
        is_last = np.ones(order.size, np.bool_)
        is_last[:-1] = (halves[1:] != halves[:-1]).any(axis=1)
        self.last = np.flatnonzero(is_last)  # By event: its last entry.
        self.event: Int64Array = np.cumsum(is_last) - is_last  # By entry: which event.
        self._halves = halves[self.last]

    def find(self, halves: Int64Array) -> Int64Array:
        """Return which events these are, -1 for those that are not here."""
        first = np.searchsorted(self._halves[:, 0], halves[:, 0])
        found = np.full(first.size, -1, np.int64)
        # Two ids with one high half are next to each other; three there never were.
        for step in (1, 0):
            place = np.minimum(first + step, self._halves.shape[0] - 1)
            is_same = (self._halves[place] == halves).all(axis=1)
            found[is_same] = place[is_same]
        return found


_ID, _COUNT = ">i8", "<i4"
_NONE = (np.zeros(0, np.int64),)


def _sent_of(rows: Mapping[str, Any]) -> list[_Sent]:
    numbers = zip(rows["partition"].tolist(), rows["offset"].tolist(), strict=True)
    return [
        _Sent(
            partition,
            offset,
            np.frombuffer(rows["ids"][row], _ID).reshape(-1, 2).astype(np.int64),
            np.frombuffer(rows["positions"][row], _COUNT).astype(np.int64),
            np.frombuffer(rows["withdrawn_counts"][row], _COUNT).astype(np.int64),
            np.frombuffer(rows["standings"][row], np.uint8).astype(np.int64),
        )
        for row, (partition, offset) in enumerate(numbers)
    ]


def _halves(digests: UInt8Array) -> Int64Array:
    """Return the first sixteen bytes of digests as two integers, (n, 2)."""
    first = np.ascontiguousarray(digests[:, :16])
    return first.view(">i8").astype(np.int64)
