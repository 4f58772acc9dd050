"""Which events of a batch were there before.

An id that comes again is a duplicate only if the stored row has a *lower* place (offset,
position) in the same partition: after a crash a batch is read again, and must not take its
own rows for somebody else's. The same holds for a second reversal of one event.
"""

from collections.abc import Collection
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


_Place = tuple[int, int]  # Offset and position.


class _Earlier(NamedTuple):
    """Ids that may have been there before, by row, and the lowest place known of each."""

    suspects: dict[int, str]
    first: dict[str, _Place]

    def has(self, row: int, place: _Place) -> bool:
        known = self.first.get(self.suspects.get(row, ""))
        return known is not None and known < place

    def note(self, row: int, place: _Place) -> None:
        if row in self.suspects:
            self.first[self.suspects[row]] = place


class _Flight(NamedTuple):
    """Events that are prepared and perhaps not stored yet."""

    next_offset: int
    ids: dict[str, BytesArray]  # By column.
    hashes: dict[str, Int64Array]
    offset: Int64Array
    position: Int64Array

    def places(self, column: str, hashes: Int64Array, texts: Collection[str]) -> dict[str, _Place]:
        """Return where those of ``texts`` stand that are among these."""
        places: dict[str, _Place] = {}
        for row in np.flatnonzero(np.isin(self.hashes[column], hashes)).tolist():
            text = self.ids[column][row].decode()
            if text in texts:
                place = int(self.offset[row]), int(self.position[row])
                places[text] = min(places.get(text, place), place)
        return places


class SeenEvents:
    """The events of one partition: a filter in memory, an exact look-up in the store on a hit."""

    def __init__(self, store: Store, generation: int, partition: int) -> None:
        self._store = store
        self._where: dict[str, int | str] = {"generation": generation, "partition": partition}
        self._filter = IdFilter()
        self._flights: tuple[_Flight, ...] = ()
        self._stored_to = 0  # Written by whoever stores; everything else here by who prepares.
        columns = ["event_id", "reversed_event_id"]
        # In pieces: all ids at once would take more memory than everything else here.
        for rows in store.read_batches(EVENTS, self._where, columns=columns):
            self._filter.add(id_hash(_texts(rows["event_id"])))
            reversed_id = _texts(rows["reversed_event_id"])
            self._filter.add(id_hash(reversed_id[reversed_id != b""], _REVERSED))

    def judge(self, events: EventColumns, offset: Int64Array) -> Verdicts:
        """Return the verdicts on a batch, whole messages in log order; remember its events."""
        hashes = id_hash(events.event_id)
        reversals = np.flatnonzero(events.sign < 0)
        reversed_ids = events.reversed_event_id[reversals]
        reversed_hashes = id_hash(reversed_ids, _REVERSED)
        own = self._earlier("event_id", events.event_id, np.arange(events.size), hashes)
        reversed_before = self._earlier(
            "reversed_event_id", reversed_ids, reversals, reversed_hashes
        )
        is_duplicate, is_second = np.zeros((2, events.size), np.bool_)
        # Event by event, not one column after the other: a refused second reversal is stored
        # nowhere, so its own id was not there before, wherever batches happen to be cut.
        for row in sorted({*own.suspects, *reversed_before.suspects}):
            place = int(offset[row]), int(events.position[row])
            if own.has(row, place):
                is_duplicate[row] = True
            elif reversed_before.has(row, place):
                is_second[row] = True
            else:
                own.note(row, place)
                reversed_before.note(row, place)
        self._filter.add(hashes)
        self._filter.add(reversed_hashes)
        return Verdicts(is_duplicate, is_second, hashes)

    def note_in_flight(
        self, events: EventColumns, offset: Int64Array, hashes: Int64Array, next_offset: int
    ) -> None:
        """Remember accepted events until ``in_flight_is_stored`` up to ``next_offset``."""
        reversed_hashes = id_hash(events.reversed_event_id, _REVERSED)
        stored_to = self._stored_to
        self._flights = (
            *(flight for flight in self._flights if flight.next_offset > stored_to),
            _Flight(
                next_offset,
                {"event_id": events.event_id, "reversed_event_id": events.reversed_event_id},
                {"event_id": hashes, "reversed_event_id": reversed_hashes},
                offset,
                events.position.astype(np.int64),
            ),
        )

    def in_flight_is_stored(self, next_offset: int) -> None:
        """Forget what can be looked up in the store now."""
        self._stored_to = next_offset

    def _earlier(
        self, column: str, ids: BytesArray, rows: Int64Array, hashes: Int64Array
    ) -> _Earlier:
        """Return which of ``rows`` may repeat an id, and where the store has it first."""
        order = np.argsort(hashes, kind="stable")
        is_same = hashes[order][1:] == hashes[order][:-1]
        suspected = self._filter.suspects(hashes)
        suspected[order[1:][is_same]] = True
        suspected[order[:-1][is_same]] = True
        texts = [text.decode() for text in ids[suspected].tolist()]
        first: dict[str, _Place] = {}
        if texts:
            # What is in flight first: then it is there, or in the store already.
            flights = self._flights
            wanted = set(texts)
            found = [flight.places(column, hashes[suspected], wanted) for flight in flights]
            for places in (self._stored_places(column, sorted(wanted)), *found):
                for text, place in places.items():
                    first[text] = min(first.get(text, place), place)
        return _Earlier(dict(zip(rows[suspected].tolist(), texts, strict=True)), first)

    def _stored_places(self, column: str, texts: list[str]) -> dict[str, _Place]:
        """Return the lowest place at which each id is stored."""
        columns = [column, "offset", "position"]
        rows = self._store.read(EVENTS, self._where, among=(column, texts), columns=columns)
        places: dict[str, _Place] = {}
        for text, offset, position in zip(
            rows[column].to_list(), rows["offset"].tolist(), rows["position"].tolist(), strict=True
        ):
            places[text] = min(places.get(text, (offset, position)), (offset, position))
        return places


def _texts(ids: Ids) -> BytesArray:
    return np.array(ids.values, "S64")[ids.codes] if ids.values else np.zeros(0, "S64")
