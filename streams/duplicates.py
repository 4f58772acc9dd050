"""Which events of a batch were there before.

An id that comes again is a duplicate only if the stored row has a *lower* place (offset,
position) in the same partition: after a crash a batch is read again, and must not take its
own rows for somebody else's. The same holds for a second reversal of one event.
"""

from typing import NamedTuple

import numpy as np

from schemas.columns import EventColumns, Ids
from schemas.tables import EVENTS
from schemas.units import BoolArray, BytesArray, Int64Array
from streams.id_filter import IdFilter, id_hash
from streams.ports import Store

_REVERSED = 1  # Salt: reversed ids are remembered apart from event ids.


class Verdicts(NamedTuple):
    """By event: whether its id, or its reversal, was there before; and the id's hash."""

    is_duplicate: BoolArray
    is_second_reversal: BoolArray
    event_hash: Int64Array


class SeenEvents:
    """The events of one partition: a filter in memory, an exact look-up in the store on a hit."""

    def __init__(self, store: Store, generation: int, partition: int) -> None:
        self._store = store
        self._where: dict[str, int | str] = {"generation": generation, "partition": partition}
        self._filter = IdFilter()
        columns = ["event_id", "reversed_event_id"]
        rows = store.read(EVENTS, self._where, columns=columns)
        self._filter.add(id_hash(_texts(rows["event_id"])))
        reversed_id = _texts(rows["reversed_event_id"])
        self._filter.add(id_hash(reversed_id[reversed_id != b""], _REVERSED))

    def judge(self, events: EventColumns, offset: Int64Array) -> Verdicts:
        """Return the verdicts on a batch, whole messages in log order; remember its events."""
        hashes = id_hash(events.event_id)
        is_duplicate = self._repeats("event_id", events.event_id, hashes, offset, events)
        is_reversal = (events.sign < 0) & ~is_duplicate
        is_second = np.zeros(events.size, np.bool_)
        reversed_hashes = id_hash(events.reversed_event_id[is_reversal], _REVERSED)
        reversals = events.take(is_reversal)
        is_second[is_reversal] = self._repeats(
            "reversed_event_id",
            reversals.reversed_event_id,
            reversed_hashes,
            offset[is_reversal],
            reversals,
        )
        self._filter.add(hashes)
        self._filter.add(reversed_hashes)
        return Verdicts(is_duplicate, is_second, hashes)

    def _repeats(
        self,
        column: str,
        ids: BytesArray,
        hashes: Int64Array,
        offset: Int64Array,
        events: EventColumns,
    ) -> BoolArray:
        """Return which ids were stored at a lower place, or stand earlier in the batch."""
        repeats = np.zeros(ids.size, np.bool_)
        order = np.argsort(hashes, kind="stable")
        is_same = hashes[order][1:] == hashes[order][:-1]
        suspected = self._filter.suspects(hashes)
        suspected[order[1:][is_same]] = True
        suspected[order[:-1][is_same]] = True
        rows = np.flatnonzero(suspected)
        if not rows.size:
            return repeats
        texts = [text.decode() for text in ids[rows].tolist()]
        first = self._stored_places(column, sorted(set(texts)))
        for row, text in zip(rows.tolist(), texts, strict=True):
            place = int(offset[row]), int(events.position[row])
            earlier = first.get(text)
            if earlier is not None and earlier < place:
                repeats[row] = True
            else:
                first[text] = place
        return repeats

    def _stored_places(self, column: str, texts: list[str]) -> dict[str, tuple[int, int]]:
        """Return the lowest place at which each id is stored."""
        columns = [column, "offset", "position"]
        rows = self._store.read(EVENTS, self._where, among=(column, texts), columns=columns)
        places: dict[str, tuple[int, int]] = {}
        for text, offset, position in zip(
            rows[column].to_list(), rows["offset"].tolist(), rows["position"].tolist(), strict=True
        ):
            places[text] = min(places.get(text, (offset, position)), (offset, position))
        return places


def _texts(ids: Ids) -> BytesArray:
    return np.array(ids.values, "S64")[ids.codes] if ids.values else np.zeros(0, "S64")
