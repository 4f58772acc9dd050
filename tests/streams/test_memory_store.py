"""A memory store dies where it is told, and leaves what was written before."""

import pytest

from schemas.tables import (
    POINTERS,
)
from streams.memory_store import Killed, MemoryStore
from tests.contracts.store_rows import pointers, values_by_name


class Countdown:
    def __init__(self, rows_until_death: int) -> None:
        self.left = rows_until_death

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("rows_until_death", range(4))
def test_a_killed_memory_store_keeps_the_rows_before(rows_until_death: int) -> None:
    store = MemoryStore(Countdown(rows_until_death))

    try:
        store.insert(POINTERS, pointers(["a", "b", "c"], [1, 2, 3], 1))
        died = False
    except Killed:
        died = True

    assert died == (rows_until_death < 3)
    after = store.copy()
    assert values_by_name(after) == dict(list({"a": 1, "b": 2, "c": 3}.items())[:rows_until_death])


@pytest.mark.parametrize(("asks_until_death", "expected"), [(0, {}), (1, {"a": 1, "b": 2})])
def test_an_atomic_table_dies_before_its_block_or_after(
    asks_until_death: int, expected: dict[str, int]
) -> None:
    store = MemoryStore(Countdown(asks_until_death), atomic_tables=frozenset({POINTERS.name}))

    with pytest.raises(Killed):
        store.insert(POINTERS, pointers(["a", "b"], [1, 2], 1))

    assert values_by_name(store) == expected


def test_a_copy_is_not_changed_by_later_inserts() -> None:
    store = MemoryStore()
    store.insert(POINTERS, pointers(["a"], [1], 1))
    copy = store.copy()
    store.insert(POINTERS, pointers(["a", "b"], [2, 2], 2))

    assert values_by_name(copy) == {"a": 1}
    assert values_by_name(store) == {"a": 2, "b": 2}
