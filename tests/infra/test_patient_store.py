"""A store that is away is asked again, with pauses, until it is back or patience ends."""

import numpy as np
import pytest

from infra.clickhouse import patient
from infra.clickhouse.connection import StoreError
from infra.clickhouse.patient import PatientStore
from infra.clickhouse.server import StoreAwayError
from schemas.tables import POINTERS
from streams.memory_store import MemoryStore

ROW = {"name": ["generation"], "value": np.array([3]), "version": np.array([1])}


class FlakyStore(MemoryStore):
    """Is away for the next ``away_count`` questions."""

    def __init__(self, away_count: int, error: Exception | None = None) -> None:
        super().__init__()
        self.away_count, self.error = away_count, error or StoreAwayError("away")

    def _ask(self) -> None:
        if self.away_count:
            self.away_count -= 1
            raise self.error

    def insert(self, table, rows) -> None:
        self._ask()
        super().insert(table, rows)

    def read(self, *args, **kwargs):
        self._ask()
        return super().read(*args, **kwargs)

    def read_batches(self, *args, **kwargs):
        self._ask()
        yield from super().read_batches(*args, **kwargs)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only pauses move."""
    slept: list[float] = []
    monkeypatch.setattr(patient.time, "monotonic", lambda: sum(slept))
    monkeypatch.setattr(patient.time, "sleep", slept.append)
    return slept


def test_what_was_to_be_done_is_done_when_the_store_is_back(pauses: list[float]) -> None:
    told: list[StoreAwayError] = []
    store = PatientStore(FlakyStore(4), patience_s=120, on_retry=told.append)

    store.insert(POINTERS, ROW)

    assert store.read(POINTERS)["value"].tolist() == [3]
    assert [rows["value"].tolist() for rows in store.read_batches(POINTERS)] == [[3]]
    assert len(told) == 4
    assert pauses == sorted(pauses), "pauses grow"
    assert pauses == [0.1, 0.2, 0.4, 0.8]


def test_reading_begins_again_when_it_did_not_begin(pauses: list[float]) -> None:
    flaky = FlakyStore(0)
    store = PatientStore(flaky, patience_s=120, on_retry=lambda _: None)
    store.insert(POINTERS, ROW)
    flaky.away_count = 3

    assert [rows["value"].tolist() for rows in store.read_batches(POINTERS)] == [[3]]


def test_patience_ends(pauses: list[float]) -> None:
    store = PatientStore(FlakyStore(10**6), patience_s=120, on_retry=lambda _: None)

    with pytest.raises(StoreAwayError):
        store.insert(POINTERS, ROW)

    assert 110 < sum(pauses) <= 120
    assert max(pauses) == patient.LONGEST_PAUSE_S


def test_what_will_not_succeed_later_is_not_tried_again(pauses: list[float]) -> None:
    flaky = FlakyStore(1, StoreError("no such table"))
    with pytest.raises(StoreError, match="no such table"):
        PatientStore(flaky, patience_s=120, on_retry=lambda _: None).insert(POINTERS, ROW)

    assert pauses == []
