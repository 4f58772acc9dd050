"""The state model alone, in plain Python: what is stored, in which order, and how it is read back.

Built before the real state and kept as its proof in small. One bank, a few borrowers; events
are numbers. What it has in common with the real thing: a checkpoint written last; cells with
their own versions; lanes with seqs; reversals; profiles by order; totals over populations made
again from cells at load; and a generation that readers see only once it is whole.
"""

import random
from typing import NamedTuple


class Died(Exception):
    pass


class Event(NamedTuple):
    event_id: str
    borrower: int
    quarter: int
    amount: int  # 0 for a profile.
    order: int = 0  # Of a profile: the higher counts.
    is_small: bool = False  # Of a profile: whether the borrower is in the population.
    reverses: str = ""


class Submission(NamedTuple):
    lane: int
    seq: int
    events: tuple[Event, ...]


class Disk:
    """Rows by (generation, table, key), the newest version winning; dies between any two rows."""

    def __init__(self, rng: random.Random, chance: float) -> None:
        self.rows: dict[tuple, tuple[int, object]] = {}
        self._rng, self._chance = rng, chance

    def write(self, generation: int, table: str, key: object, version: int, row: object) -> None:
        if self._rng.random() < self._chance:
            raise Died
        place = (generation, table, key)
        if version >= self.rows.get(place, (-1, None))[0]:
            self.rows[place] = (version, row)

    def read(self, generation: int, table: str) -> dict:
        return {
            place[2]: versioned
            for place, versioned in self.rows.items()
            if place[:2] == (generation, table)
        }


class Worker:
    """One life of a process over one partition: load, then handle batches of whole messages."""

    def __init__(self, disk: Disk, generation: int, partition: int) -> None:
        self.disk, self.generation, self.partition = disk, generation, partition
        place = disk.read(generation, f"checkpoint{partition}").get("", (0, (0, frozenset())))
        self.next_offset, self.seen = place[1]
        self.cells = self._mine("cells")
        self.profiles = self._mine("profiles")
        self.event_places = {row: key for key, (_, row) in self._mine("events").items()}
        self.reversals = {}
        for key, (_, reversed_id) in self._mine("reversals").items():
            self.reversals.setdefault(reversed_id, []).append(key)
        right = self.totals()
        held = self._mine("totals")
        self.stale = {
            key: held.get(key, (0, 0))[0]
            for key in held.keys() | right.keys()
            if held.get(key, (0, 0))[1] != right.get(key, 0)
        }

    def _mine(self, table: str) -> dict:
        return dict(self.disk.read(self.generation, f"{table}{self.partition}"))

    def _write(self, table: str, key: object, version: int, row: object) -> None:
        self.disk.write(self.generation, f"{table}{self.partition}", key, version, row)

    def _is_small(self, borrower: int, quarter: int) -> bool:
        known = [q for who, q in self.profiles if who == borrower and q <= quarter]
        return bool(known) and self.profiles[borrower, max(known)][1][1]

    def totals(self) -> dict[tuple[str, int], int]:
        """Δ[B(q)·m(q)] by population and quarter, made from nothing but cells and profiles."""
        totals: dict[tuple[str, int], int] = {}
        for who in {borrower for borrower, _ in self.cells}:
            quarters = {q for b, q in [*self.cells, *self.profiles] if b == who}
            before = {"all": 0, "small": 0}
            balance = 0
            for quarter in sorted(quarters):
                balance += self.cells.get((who, quarter), (0, 0))[1]
                now = {"all": balance, "small": balance * self._is_small(who, quarter)}
                for population, level in now.items():
                    change = level - before[population]
                    key = population, quarter
                    totals[key] = totals.get(key, 0) + change
                before = now
        return totals

    def handle(self, batch: list[tuple[int, Submission]]) -> None:
        old = self.totals()
        # One row a key: a row that held half of a message could never be made whole again.
        touched: dict[tuple[str, object], tuple[int, object]] = {}
        seen = set(self.seen)
        for offset, submission in batch:
            if (submission.lane, submission.seq) in seen:
                continue
            seen.add((submission.lane, submission.seq))
            guards: dict[tuple[int, int], int] = {}  # Version of each cell before this message.
            for position, event in enumerate(submission.events):
                self._take(event, (offset, position), guards, touched)
        next_offset = batch[-1][0] + 1
        new = self.totals()
        changed = {key for key in old.keys() | new.keys() if old.get(key, 0) != new.get(key, 0)}
        for (table, key), (version, row) in touched.items():
            self._write(table, key, version, row)
        for key in sorted(changed | self.stale.keys()):
            self._write("totals", key, next_offset, new.get(key, 0))
        self._write("checkpoint", "", next_offset, (next_offset, frozenset(seen)))
        self.stale = {key: version for key, version in self.stale.items() if version > next_offset}
        self.next_offset, self.seen = next_offset, frozenset(seen)

    def _take(self, event: Event, place: tuple[int, int], guards: dict, touched: dict) -> None:
        if self.event_places.get(event.event_id, place) < place:
            return  # Its id was there before, at a lower place.
        if event.reverses and any(p < place for p in self.reversals.get(event.reverses, [])):
            return  # A second reversal.
        self.event_places[event.event_id] = place
        offset = place[0]
        touched["events", place] = offset, event.event_id
        if event.reverses:
            self.reversals.setdefault(event.reverses, []).append(place)
            touched["reversals", place] = offset, event.reverses
        key = event.borrower, event.quarter
        if event.amount == 0:
            version, known = self.profiles.get(key, (-1, (-1, False)))
            if event.order > known[0]:
                self.profiles[key] = (max(version, offset), (event.order, event.is_small))
                touched["profiles", key] = self.profiles[key]
            return
        version, amount = self.cells.get(key, (-1, 0))
        if offset > guards.setdefault(key, version):
            self.cells[key] = (offset, amount + event.amount)
            touched["cells", key] = self.cells[key]
