"""What goes into a Store comes out of it, whatever it is."""

from typing import Any

import numpy as np
import pytest

from schemas.columns import Ids
from schemas.table import I64, TEXT, Table
from schemas.tables import CELLS, MESSAGES, POINTERS, TABLES
from streams.ports import Store
from streams.row_shape import NUMBER_RANGES
from tests.contracts.store_rows import plain, pointers, rows_of, values_by_name

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
