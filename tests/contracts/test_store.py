"""What every Store promises, run against each of them."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.clickhouse.connection import StoreError
from infra.clickhouse.embedded import STREAM_ROWS_MAX, EmbeddedConnection
from infra.clickhouse.migrate import migrate
from infra.clickhouse.store import ClickHouseStore
from schemas.columns import Ids
from schemas.tables import (
    CELL_SUMS,
    CELLS,
    CHECKPOINTS,
    EVENTS,
    I64,
    MESSAGES,
    POINTERS,
    RAW,
    REGISTERS,
    TABLES,
    TEXT,
    TOTALS,
    Table,
)
from streams.memory_store import Killed, MemoryStore
from streams.ports import Store
from streams.row_shape import NUMBER_RANGES

ODD_TEXTS = [
    "",
    "'",
    "it's",
    '"quoted"',
    "back\\slash",
    "\\N",
    "\\",
    "a\nb\r\tc",
    "NUL\0inside",
    "\0",
    "普惠型小微企业",
    "🏦",
    "{x:String}",
    "null",
    "]",
    "','",
]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedConnection]:
    connection = EmbeddedConnection(tmp_path_factory.mktemp("store") / "chdb", "contract")
    migrate(connection, now_ms=0)
    yield connection
    connection.close()


@pytest.fixture(params=["memory", "embedded"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    connection = request.getfixturevalue("embedded")
    for table in TABLES:
        connection.execute(f"truncate table {table.name}")
    return ClickHouseStore(connection)


def rows_of(table: Table, count: int, **given: Any) -> dict[str, Any]:
    """``count`` rows of ``table``: the columns given, zeros and empty texts for the others."""
    empty = {TEXT: [""] * count, RAW: [b""] * count}
    rows = {
        name: empty.get(kind, np.zeros(count, np.int64)) for name, kind in table.columns.items()
    }
    for name, value in given.items():
        alone = isinstance(value, int | str | bytes)
        column = [value] * count if alone else value
        is_number = table.columns[name] in NUMBER_RANGES
        rows[name] = np.asarray(column) if is_number else column
    return rows


def pointers(names: list[str], values: list[int], version: int | list[int]) -> dict[str, Any]:
    return rows_of(POINTERS, len(names), name=names, value=values, version=version)


def plain(rows: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        name: column.to_list() if isinstance(column, Ids) else list(column)
        for name, column in rows.items()
    }


def values_by_name(store: Store) -> dict[str, int]:
    rows = plain(store.read(POINTERS))
    return dict(zip(rows["name"], rows["value"], strict=True))


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


def test_any_text_comes_back_as_it_was_and_can_be_asked_for(store: Store) -> None:
    store.insert(POINTERS, pointers(ODD_TEXTS, list(range(len(ODD_TEXTS))), 1))

    assert values_by_name(store) == {text: place for place, text in enumerate(ODD_TEXTS)}
    for place, text in enumerate(ODD_TEXTS):
        assert store.read(POINTERS, {"name": text})["value"].tolist() == [place], repr(text)
        assert store.read(POINTERS, among=("name", [text]))["value"].tolist() == [place], repr(text)
    assert len(store.read(POINTERS, among=("name", ODD_TEXTS))["value"]) == len(ODD_TEXTS)


def test_texts_may_be_given_as_ids_lists_and_arrays_of_bytes_or_text(store: Store) -> None:
    texts = ["甲", "", "bc", "甲"]
    forms: list[Any] = [
        Ids(np.array([3, 0, 1, 3], np.int64), ["", "bc", "never used", "甲", "nor this"]),
        texts,
        np.array(texts),
        np.array([text.encode() for text in texts], "S64"),
        np.array([text.encode() for text in texts]),
    ]
    for form in forms:
        rows = rows_of(CELLS, 4, borrower_id=form, quarter=np.arange(4), version=1)
        store.insert(CELLS, rows)
        given = plain(store.read(CELLS, columns=["borrower_id", "quarter"]))
        assert dict(zip(given["quarter"], given["borrower_id"], strict=True)) == dict(
            enumerate(texts)
        )


def test_text_read_has_every_value_once(store: Store) -> None:
    rows = rows_of(CELLS, 300, quarter=np.arange(300), version=1)
    rows["borrower_id"] = Ids(np.arange(300, dtype=np.int32) % 7, list("gfedcba"))
    store.insert(CELLS, rows)

    ids = store.read(CELLS)["borrower_id"]

    assert sorted(ids.values) == list("abcdefg")
    assert len(ids.codes) == 300


def test_numbers_may_come_in_any_integer_type(store: Store) -> None:
    for dtype in (np.int8, np.uint8, np.int32, np.int64, np.bool_):
        numbers = np.array([0, 1], dtype)
        rows = rows_of(CELLS, 2, loan_kind=numbers, disbursed_minor=numbers, version=1)
        store.insert(CELLS, rows)
        assert store.read(CELLS)["disbursed_minor"].tolist() == [0, 1]
    step = np.arange(10)[::5]  # Not contiguous.
    store.insert(CELLS, rows_of(CELLS, 2, loan_kind=step, quarter=step, version=1))
    assert store.read(CELLS, {"loan_kind": 5})["quarter"].tolist() == [5]


def test_raw_bytes_come_back_whatever_they_are(store: Store) -> None:
    values = [bytes(range(256)), b"", b"\0", b"\xff\xfe", bytes([0]) * 1000, "中文".encode()]
    rows = rows_of(MESSAGES, len(values), offset=np.arange(len(values)), value=values, version=1)
    store.insert(MESSAGES, rows)

    assert store.read(MESSAGES)["value"] == values


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_holds_its_least_and_its_most(store: Store, table: Table) -> None:
    rows = rows_of(table, 2)
    for name, kind in table.columns.items():
        rows[name] = np.array(NUMBER_RANGES[kind]) if kind in NUMBER_RANGES else rows[name]
        rows[name] = ["a", "b"] if kind == TEXT else rows[name]
    store.insert(table, rows)

    read = store.read(table)

    for name, kind in table.columns.items():
        if kind in NUMBER_RANGES:
            assert read[name].tolist() == list(NUMBER_RANGES[kind]), name


def test_int64_extremes_can_be_asked_for(store: Store) -> None:
    least, most = NUMBER_RANGES[I64]
    store.insert(POINTERS, pointers(["least", "most"], [least, most], 1))

    assert store.read(POINTERS, {"value": least})["name"].to_list() == ["least"]
    assert store.read(POINTERS, {"value": most})["name"].to_list() == ["most"]


def test_a_number_that_does_not_fit_its_column_is_refused_and_nothing_is_written(
    store: Store,
) -> None:
    for name, number in (("loan_kind", 256), ("quarter", -1), ("partition", 65_536)):
        with pytest.raises(AssertionError, match=f"cells.{name}: found {number}"):
            store.insert(CELLS, rows_of(CELLS, 1, **{name: number}))
    with pytest.raises(AssertionError, match="disbursed_minor"):
        store.insert(CELLS, rows_of(CELLS, 1, disbursed_minor=2**63))
    with pytest.raises(AssertionError, match="float64 given"):
        store.insert(CELLS, rows_of(CELLS, 1, disbursed_minor=[1.0]))

    assert len(store.read(CELLS)["version"]) == 0


def test_rows_with_a_column_missing_unknown_or_short_are_refused(store: Store) -> None:
    rows = pointers(["a"], [1], 1)
    missing = {name: column for name, column in rows.items() if name != "value"}
    for wrong in (missing, rows | {"amount": np.zeros(1)}, rows | {"value": np.zeros(2, int)}):
        with pytest.raises(AssertionError, match="pointers"):
            store.insert(POINTERS, wrong)


def test_many_rows_at_once_are_all_there(store: Store) -> None:
    count = 120_000
    rng = np.random.default_rng(7)
    rows = rows_of(CELLS, count, bank_id="甲", quarter=rng.integers(0, 100, count), version=1)
    rows["borrower_id"] = Ids(
        rng.permutation(count).astype(np.int32), [f"{n:08}" for n in range(count)]
    )
    for name in CELL_SUMS:
        rows[name] = rng.integers(*NUMBER_RANGES[I64], count)
    store.insert(CELLS, rows)

    read = store.read(CELLS)

    order = np.argsort(rows["borrower_id"].codes)
    assert read["borrower_id"].to_list() == rows["borrower_id"].values
    for name in ("quarter", *CELL_SUMS):
        np.testing.assert_array_equal(read[name], rows[name][order])


def test_a_long_list_of_values_is_one_question(store: Store) -> None:
    names = [f"{n:064}" for n in range(20_000)]
    store.insert(POINTERS, pointers(names[::1000], list(range(20)), 1))

    assert store.read(POINTERS, among=("name", names))["value"].tolist() == list(range(20))


WRITES = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.sampled_from(["", "甲", "a", "b'"]),
            st.integers(0, 2),
            st.integers(-9, 9),
            st.integers(0, 3),
        ),
        max_size=6,
    ),
    max_size=5,
)


@given(WRITES)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_both_stores_give_the_same_after_any_writes(
    embedded: EmbeddedConnection, writes: list[list[tuple[int, str, int, int, int]]]
) -> None:
    """The simulation proves recovery on the memory store: that says nothing if they differ."""
    embedded.execute(f"truncate table {TOTALS.name}")
    stores: list[Store] = [MemoryStore(), ClickHouseStore(embedded)]
    for block in writes:
        partition, bank, quarter, change, version = zip(*block, strict=True) if block else [()] * 5
        rows = rows_of(
            TOTALS,
            len(block),
            partition=np.array(partition, np.int64),
            bank_id=list(bank),
            quarter=np.array(quarter, np.int64),
            balance_change_minor=np.array(change, np.int64),
            version=np.array(version, np.int64),
        )
        for store in stores:
            store.insert(TOTALS, rows)
    for equal in ({}, {"partition": 1}, {"bank_id": "甲"}, {"balance_change_minor": 1}):
        memory, clickhouse = (plain(store.read(TOTALS, equal)) for store in stores)
        assert memory == clickhouse, equal


def test_pieces_of_a_large_read_are_the_whole_and_show_one_moment(store: Store) -> None:
    count = 150_000
    borrowers = np.array([b"%08d" % n for n in range(count)])
    rows = rows_of(CELLS, count, borrower_id=borrowers, disbursed_minor=1, version=1)
    store.insert(CELLS, rows)

    pieces = store.read_batches(CELLS, columns=["borrower_id", "disbursed_minor"])
    read = [next(pieces)]
    two = np.full(count, 2)
    store.insert(CELLS, rows | {"disbursed_minor": two, "version": two})
    read += pieces

    assert sum(int(piece["disbursed_minor"].sum()) for piece in read) == count
    texts = [text for piece in read for text in piece["borrower_id"].to_list()]
    assert texts == [text.decode() for text in borrowers]


def test_a_filtered_read_in_pieces_that_finds_nothing_has_no_pieces(store: Store) -> None:
    store.insert(POINTERS, pointers(["a"], [1], 1))

    assert list(store.read_batches(POINTERS, {"name": "b"})) == []


def test_a_reader_sees_a_block_whole_or_not_at_all(embedded: EmbeddedConnection) -> None:
    """The figures shown rest on it: totals and their marker are one block."""
    embedded.execute(f"truncate table {TOTALS.name}")
    store = ClickHouseStore(embedded)
    seen: list[tuple[int, ...]] = []
    is_done = threading.Event()

    def watch() -> None:
        while not is_done.is_set():
            versions = store.read(TOTALS, columns=["version"])["version"]
            seen.append((versions.size, *np.unique(versions).tolist()))

    watchers = [threading.Thread(target=watch) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    for version in range(30):
        count = 300 if version % 2 else STREAM_ROWS_MAX + 1  # Both ways of inserting.
        rows = rows_of(TOTALS, count, quarter=np.arange(count) % 300, version=version)
        store.insert(TOTALS, rows)
    is_done.set()
    for watcher in watchers:
        watcher.join()

    newest = [versions for size, *versions in seen if size]
    assert {size for size, *_ in seen} <= {0, 300}
    assert all(len(versions) == 1 for versions in newest)
    assert len({version for (version,) in newest}) > 1, "the readers saw no change: no race"


def test_an_insert_of_more_than_a_million_rows_is_still_one_block(
    embedded: EmbeddedConnection,
) -> None:
    embedded.execute(f"truncate table {POINTERS.name}")
    numbers = np.arange(1_200_000)
    ClickHouseStore(embedded).insert(
        POINTERS, {"name": numbers.astype("S8"), "value": numbers, "version": numbers}
    )

    sql = "select rows from system.parts where database = {name:String} and active and table = 'pointers'"
    parts = [
        row
        for block in embedded.query(sql, {"name": embedded.database})
        for row in block["rows"].to_pylist()
    ]

    assert parts == [numbers.size]


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


def test_the_folder_of_an_engine_is_made_and_a_second_folder_is_refused(
    embedded: EmbeddedConnection, tmp_path: Path
) -> None:
    assert embedded.folder.is_dir()
    with pytest.raises(StoreError, match="one process can hold one folder"):
        EmbeddedConnection(tmp_path / "second")
