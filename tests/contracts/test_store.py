"""What every Store promises, run against each of them."""

import numpy as np
import pytest

from schemas.columns import Ids
from schemas.table import RAW, TEXT, Table
from schemas.tables import CHECKPOINTS, EVENTS, MESSAGES, POINTERS, REGISTERS, TABLES
from streams.ports import Store
from tests.contracts.store_rows import plain, pointers, rows_of, values_by_name


def test_what_is_written_is_read_back_in_the_columns_of_the_port(store: Store) -> None:
    store.insert(POINTERS, pointers(["b", "a"], [2, 1], 5))

    rows = store.read(POINTERS)

    assert list(rows) == ["name", "value", "version"]
    assert isinstance(rows["name"], Ids)
    assert rows["name"].codes.dtype == np.int32
    assert rows["value"].dtype == np.int64
    assert plain(rows) == {"name": ["a", "b"], "value": [1, 2], "version": [5, 5]}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_takes_and_gives_a_row(store: Store, table: Table) -> None:
    store.insert(table, rows_of(table, 1, version=3))

    rows = store.read(table)

    assert list(rows) == list(table.columns)
    for name, kind in table.columns.items():
        expected = {TEXT: [""], RAW: [b""]}.get(kind, [3 if name == "version" else 0])
        assert plain(rows)[name] == expected, name
        assert isinstance(rows[name], {TEXT: Ids, RAW: list}.get(kind, np.ndarray)), name


def test_an_empty_table_gives_empty_columns(store: Store) -> None:
    rows = store.read(MESSAGES)

    assert isinstance(rows["topic"], Ids)
    assert rows["value"] == []
    assert rows["offset"].dtype == np.int64
    assert [len(column) for column in plain(rows).values()] == [0] * len(MESSAGES.columns)


def test_inserting_no_rows_changes_nothing(store: Store) -> None:
    store.insert(POINTERS, pointers([], [], []))

    assert values_by_name(store) == {}


def test_writing_twice_changes_nothing(store: Store) -> None:
    rows = pointers(["a", "b"], [1, 2], 5)
    store.insert(POINTERS, rows)
    once = plain(store.read(POINTERS))
    store.insert(POINTERS, rows)

    assert plain(store.read(POINTERS)) == once


@pytest.mark.parametrize("versions", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 2)])
def test_the_newest_version_wins_whatever_the_order(
    store: Store, versions: tuple[int, ...]
) -> None:
    for version in versions:
        store.insert(POINTERS, pointers(["a"], [100 + version], version))

    assert values_by_name(store) == {"a": 103}


def test_the_newest_version_wins_inside_one_insert(store: Store) -> None:
    store.insert(POINTERS, pointers(["a", "a", "a", "b"], [1, 3, 2, 9], [1, 3, 2, 1]))

    assert values_by_name(store) == {"a": 3, "b": 9}


def test_of_equal_versions_the_last_written_wins(store: Store) -> None:
    for value in (5, 9, 7):
        store.insert(POINTERS, pointers(["a"], [value], 4))
    assert values_by_name(store) == {"a": 7}

    store.insert(POINTERS, pointers(["a", "a"], [2, 1], 4))
    assert values_by_name(store) == {"a": 1}


def test_versions_below_zero_are_versions_too(store: Store) -> None:
    store.insert(POINTERS, pointers(["a"], [2], -1))
    store.insert(POINTERS, pointers(["a"], [1], -2))

    assert values_by_name(store) == {"a": 2}


def test_partitions_and_generations_are_kept_apart(store: Store) -> None:
    places = [(0, 0), (0, 1), (1, 0)]
    for generation, partition in places:
        rows = rows_of(
            CHECKPOINTS,
            1,
            generation=generation,
            partition=partition,
            next_offset=10 * generation + partition,
            version=1,
        )
        store.insert(CHECKPOINTS, rows)

    assert store.read(CHECKPOINTS)["next_offset"].tolist() == [0, 1, 10]
    one = store.read(CHECKPOINTS, {"generation": 0, "partition": 1})
    assert one["next_offset"].tolist() == [1]
    assert store.read(CHECKPOINTS, {"generation": 1})["next_offset"].tolist() == [10]


def test_rows_come_sorted_by_key_numbers_by_size_and_texts_by_bytes(store: Store) -> None:
    texts = ["b", "a", "", "10", "9", "é", "中", "🏦", "～", "Z", "a\0", "aa"]
    rows = rows_of(REGISTERS, len(texts) * 2, register="bank", version=1)
    rows["partition"] = np.repeat([10, 9], len(texts))
    rows["bank_id"] = texts * 2
    store.insert(REGISTERS, rows)

    given = plain(store.read(REGISTERS, columns=["partition", "bank_id"]))

    ordered = sorted(texts, key=lambda text: text.encode())
    assert given["partition"] == [9] * len(texts) + [10] * len(texts)
    assert given["bank_id"] == ordered * 2


def test_only_the_columns_asked_for_come_and_in_that_order(store: Store) -> None:
    store.insert(POINTERS, pointers(["a"], [1], 5))

    rows = store.read(POINTERS, {"name": "a"}, columns=["version", "value"])

    assert [(name, column.tolist()) for name, column in rows.items()] == [
        ("version", [5]),
        ("value", [1]),
    ]


def test_among_keeps_the_rows_with_one_of_the_values(store: Store) -> None:
    store.insert(POINTERS, pointers(["a", "b", "c"], [1, 2, 3], 5))

    assert store.read(POINTERS, among=("name", ["c", "a", "x"]))["value"].tolist() == [1, 3]
    assert store.read(POINTERS, {"value": 3}, among=("name", ["c", "a"]))["value"].tolist() == [3]
    assert store.read(POINTERS, among=("name", []))["value"].tolist() == []


def test_a_filter_looks_at_the_newest_version_only(store: Store) -> None:
    store.insert(POINTERS, pointers(["a", "b"], [1, 1], 1))
    store.insert(POINTERS, pointers(["a"], [2], 2))

    assert store.read(POINTERS, {"value": 1})["name"].to_list() == ["b"]
    assert store.read(POINTERS, {"value": 2})["name"].to_list() == ["a"]


def test_an_event_is_found_by_its_id_which_is_no_part_of_the_key(store: Store) -> None:
    event_ids = [f"{n:064x}" for n in range(100)]
    rows = rows_of(EVENTS, 100, offset=np.arange(100), event_id=event_ids, version=1)
    store.insert(EVENTS, rows)
    store.insert(EVENTS, rows | {"generation": np.ones(100, np.int64)})

    found = store.read(
        EVENTS, {"generation": 1}, among=("event_id", [event_ids[70], event_ids[3], "f" * 64])
    )

    assert found["offset"].tolist() == [3, 70]
    assert found["generation"].tolist() == [1, 1]


def test_within_keeps_the_rows_from_a_number_up_to_before_another(store: Store) -> None:
    rows = rows_of(EVENTS, 5, generation=1, version=1, offset=[2, 3, 5, 8, 13])
    store.insert(EVENTS, rows)

    def offsets(first: int, end: int) -> list[int]:
        found = store.read(EVENTS, {"generation": 1}, within=("offset", first, end))
        return list(found["offset"].tolist())

    assert offsets(3, 8) == [3, 5]
    assert offsets(3, 9) == [3, 5, 8]
    assert offsets(-5, 3) == [2]
    assert offsets(4, 4) == []
    pieces = store.read_batches(EVENTS, {"generation": 1}, within=("offset", 8, 2**40))
    assert [offset for piece in pieces for offset in piece["offset"].tolist()] == [8, 13]
