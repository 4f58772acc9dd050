"""Large reads and inserts, and what a reader sees while rows are written."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.clickhouse.connection import Connection, StoreError
from infra.clickhouse.embedded import STREAM_ROWS_MAX, EmbeddedConnection
from infra.clickhouse.store import ClickHouseStore
from schemas.columns import Ids
from schemas.table import I64
from schemas.tables import CELL_SUMS, CELLS, EVENTS, POINTERS, TOTALS
from streams.memory_store import MemoryStore
from streams.ports import Store
from streams.row_shape import NUMBER_RANGES
from tests.contracts.store_rows import plain, pointers, rows_of


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


@pytest.mark.serial
def test_a_batch_of_known_events_is_found_in_seconds(store: Store) -> None:
    """A file that is sent again asks for 50,000 ids at a time; that once took a minute."""
    count = 50_000
    event_ids = [f"again-{n:026}" for n in range(count)]
    rows = rows_of(EVENTS, count, offset=np.arange(count), event_id=event_ids, version=1)
    store.insert(EVENTS, rows)

    started_s = time.monotonic()
    found = store.read(EVENTS, {"generation": 0}, among=("event_id", event_ids), columns=["offset"])

    assert found["offset"].size == count
    assert time.monotonic() - started_s < 10


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
    connection: Connection, writes: list[list[tuple[int, str, int, int, int]]]
) -> None:
    """The simulation proves recovery on the memory store: that says nothing if they differ."""
    connection.execute(f"truncate table {TOTALS.name}")
    stores: list[Store] = [MemoryStore(), ClickHouseStore(connection)]
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


def test_a_reader_sees_a_block_whole_or_not_at_all(connection: Connection) -> None:
    """The figures shown rest on it: totals and their marker are one block."""
    store = ClickHouseStore(connection)
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
    connection: Connection,
) -> None:
    numbers = np.arange(1_200_000)
    ClickHouseStore(connection).insert(
        POINTERS, {"name": numbers.astype("S8"), "value": numbers, "version": numbers}
    )

    sql = "select rows from system.parts where database = {name:String} and active and table = 'pointers'"
    parts = [
        row
        for block in connection.query(sql, {"name": connection.database})
        for row in block["rows"].to_pylist()
    ]

    assert parts == [numbers.size]


def test_the_folder_of_an_engine_is_made_and_a_second_folder_is_refused(
    embedded: EmbeddedConnection, tmp_path: Path
) -> None:
    assert embedded.folder.is_dir()
    with pytest.raises(StoreError, match="one process can hold one folder"):
        EmbeddedConnection(tmp_path / "second")
