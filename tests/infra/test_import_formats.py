"""Files become parcels of events, whatever they are called; what cannot be read is refused by row."""

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.imports.completeness import NewestMonth
from infra.imports.csv_table import CellError
from infra.imports.event_ids import EventIds
from infra.imports.formats import events_ndjson
from infra.imports.formats.published_balances_csv import fen_of
from infra.imports.kinds import recognise
from infra.imports.parcel import PARCEL_EVENTS_MAX, LeftOut, Notice, Parcel, Refusal
from infra.imports.source_file import FileError, open_source
from schemas.message import CONTENT_ARROW

BANK_A, BANK_B = "91370000MA3EXAMPL1", "91370000MA3EXAMPL2"
PUBLISHED = Path("infra/reference/nfra_inclusive_sme_balance_by_type.csv")
POSITIONS_HEAD = "bank_id,quarter,population,balance_minor,borrower_count\n"


def read(path: Path, content: bytes | str | None = None) -> tuple[str, list]:
    """Return the kind of the file and all that its reader yields."""
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = open_source(path)
    form = recognise(source)
    return form.name, list(form.read(source, lambda _: None, lambda _: None))


def events_of(packed: list) -> list[dict]:
    return [
        json.loads(line) for parcel in packed if isinstance(parcel, Parcel)
        for line in parcel.value.splitlines()
    ]  # fmt: skip


def event_line(bank_id: str, number: int) -> str:
    return json.dumps(
        {"type": "loan_repaid", "bank_id": bank_id, "event_id": f"event-{number:020}"}
    )


def test_events_are_grouped_by_bank_in_the_order_of_the_file(tmp_path: Path) -> None:
    banks = [BANK_A, BANK_B, BANK_A]
    kind, packed = read(tmp_path / "x.txt", "\n".join(map(event_line, banks, range(3))) + "\n\n")

    assert kind == "events_ndjson"
    assert [(p.bank_id, p.lines) for p in packed] == [(BANK_A, [1, 3]), (BANK_B, [2])]
    assert [e["event_id"][-1] for e in events_of(packed)] == ["0", "2", "1"]


def test_a_parcel_holds_at_most_a_thousand_events(tmp_path: Path) -> None:
    count = 2 * PARCEL_EVENTS_MAX + 1
    _, packed = read(tmp_path / "x", "\n".join(event_line(BANK_A, n) for n in range(count)))

    assert [len(p.lines) for p in packed] == [PARCEL_EVENTS_MAX, PARCEL_EVENTS_MAX, 1]
    assert [line for p in packed for line in p.lines] == list(range(1, count + 1))


def test_lines_that_are_no_event_go_with_their_neighbours(tmp_path: Path) -> None:
    lines = ["{not json at all", event_line(BANK_A, 1), f'{{"bank_id":"{BANK_B}", oops', "[]"]
    _, packed = read(tmp_path / "x", "\n".join(lines))

    assert [(p.bank_id, p.lines) for p in packed] == [(BANK_A, [1, 2]), (BANK_B, [3, 4])]
    assert packed[0].value == f"{lines[0]}\n{lines[1]}\n".encode()


def test_a_file_that_names_no_bank_is_refused_line_by_line(tmp_path: Path) -> None:
    _, packed = read(tmp_path / "x", '{"type": 1}\n{}\n')

    assert [(r.line, r.field, r.code) for r in packed] == [
        (1, "bank_id", "no_bank_in_file"),
        (2, "bank_id", "no_bank_in_file"),
    ]


def test_an_endless_line_is_refused_and_the_next_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_ndjson, "LINE_BYTES_MAX", 200)
    _, packed = read(tmp_path / "x", f'{{"a":"{"x" * 999}"}}\n{event_line(BANK_A, 1)}\n')

    refusal, parcel = packed
    assert (refusal.line, refusal.code) == (1, "line_too_long")
    assert parcel.lines == [2]


def test_what_is_held_is_sent_when_it_grows_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.imports.parcel.HELD_BYTES_MAX", 250)
    banks = [BANK_A, BANK_B] * 3
    _, packed = read(tmp_path / "x", "\n".join(map(event_line, banks, range(6))))

    assert len(packed) > 2
    assert sorted(line for p in packed for line in p.lines) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("is_file", [True, False])
def test_both_forms_of_arrow_are_read_and_gathered(tmp_path: Path, is_file: bool) -> None:
    schema = pa.schema({"type": pa.string(), "bank_id": pa.string(), "occurred_on": pa.string()})
    path = tmp_path / "events"
    make = pa.ipc.new_file if is_file else pa.ipc.new_stream
    with make(str(path), schema) as writer:
        for bank in (BANK_A, BANK_B, None, BANK_A):
            columns = [["loan_repaid"], [bank], ["2021-03-01"]]
            writer.write_batch(pa.record_batch(columns, schema=schema))

    kind, packed = read(path)

    assert kind == "events_arrow"
    assert [(p.bank_id, p.lines, p.content_type) for p in packed] == [
        (BANK_A, [1, 3, 4], CONTENT_ARROW),
        (BANK_B, [2], CONTENT_ARROW),
    ]
    assert pa.ipc.open_stream(packed[0].value).read_all()["bank_id"].to_pylist() == [
        BANK_A, None, BANK_A,
    ]  # fmt: skip


def test_a_broken_arrow_file_says_so(tmp_path: Path) -> None:
    _, packed = read(tmp_path / "x", b"ARROW1\0\0" + b"rubbish" * 20)

    assert [(type(p), p.code) for p in packed] == [(Refusal, "not_arrow")]


def test_positions_become_events_of_the_quarter_end(tmp_path: Path) -> None:
    kind, packed = read(
        tmp_path / "any.dat", POSITIONS_HEAD + f"{BANK_A},2021Q4,inclusive,123456789,\n"
    )

    (event,) = events_of(packed)
    assert kind == "positions_csv"
    assert event["type"] == "position_reported"
    assert (event["occurred_on"], event["balance_minor"]) == ("2021-12-31", 123456789)
    assert event.get("borrower_count") is None


@pytest.mark.parametrize(
    ("row", "field", "code", "found"),
    [
        (f"{BANK_A},2021-Q4,inclusive,1,", "quarter", "not_a_quarter", "2021-Q4"),
        (f"{BANK_A},2021Q4,小微,1,", "population", "unknown_word", "小微"),
        (f"{BANK_A},2021Q4,unprofiled,1,", "population", "unknown_word", "unprofiled"),
        (f"{BANK_A},2021Q4,inclusive,1.5,", "balance_minor", "not_a_whole_number", "1.5"),
        (f"{BANK_A},2021Q4,inclusive,-1,", "balance_minor", "not_a_whole_number", "-1"),
        (f"{BANK_A},2021Q4,inclusive,1e9,", "balance_minor", "not_a_whole_number", "1e9"),
        (f"{BANK_A},2021Q4,inclusive,,", "balance_minor", "empty", ""),
        (f"{BANK_A},2021Q4,inclusive", "", "cell_count", "3"),
        (f"{BANK_A},2021Q4,inclusive,1,2,3", "", "cell_count", "6"),
    ],
)
def test_a_row_that_does_not_fit_is_named_and_the_rest_goes_on(
    tmp_path: Path, row: str, field: str, code: str, found: str
) -> None:
    good = f"{BANK_B},2021Q4,inclusive,7,\n"
    _, packed = read(tmp_path / "x.csv", POSITIONS_HEAD + row + "\n" + good)

    refusal, parcel = packed
    assert (refusal.line, refusal.field, refusal.code, refusal.found) == (2, field, code, found)
    assert parcel.lines == [3]


@pytest.mark.parametrize(
    ("encoding", "notices"),
    [("utf-8", []), ("utf-8-sig", []), ("gb18030", [("encoding_fallback", "gb18030")])],
)
def test_the_register_is_read_in_the_encodings_that_spreadsheets_write(
    tmp_path: Path, encoding: str, notices: list
) -> None:
    table = (
        "bank_id,occurred_on,name_zh,name_en,peer_group,city,is_qingdao\r\n"
        f"{BANK_A},2020-01-01,甲银行,Bank A,rural,370100,否\r\n"
    )
    kind, packed = read(tmp_path / "x.csv", table.encode(encoding))

    (event,) = events_of(packed)
    assert kind == "register_csv"
    assert (event["type"], event["name_zh"], event["is_qingdao"]) == (
        "bank_registered", "甲银行", False,
    )  # fmt: skip
    assert [(n.code, n.found) for n in packed if isinstance(n, Notice)] == notices


def test_columns_that_are_not_known_are_said(tmp_path: Path) -> None:
    _, packed = read(
        tmp_path / "x.csv",
        f"remark,bank_id,quarter,population,balance_minor,\n#REF!,{BANK_A},2021Q4,all,1,,,\n",
    )

    assert packed[0] == Notice("columns_left_out", "remark")
    assert packed[1].lines == [2]


def test_the_published_table_is_taken_to_the_fen_without_what_was_computed() -> None:
    kind, packed = read(PUBLISHED)

    by_key = {(e["bank_id"], e["quarter"]): e for e in events_of(packed)}
    assert kind == "published_balances_csv"
    assert len(by_key) == 50
    assert sum(isinstance(p, LeftOut) for p in packed) == 10
    assert not [p for p in packed if isinstance(p, Refusal)]
    large = by_key["large_commercial", "2020Q1"]
    assert large["balance_minor"] == 375_179_123_700_000  # 37517.91237 亿元
    assert (large["name_zh"], large["population"]) == ("大型商业银行", "inclusive")


@given(st.integers(0, 10**15), st.integers(0, 8))
def test_no_fen_is_lost_in_reading_a_published_balance(balance_minor: int, zeros: int) -> None:
    whole, fraction = divmod(balance_minor, 10**10)

    assert fen_of(f"{whole}.{fraction:010}{'0' * zeros}", "亿元") == balance_minor


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("#REF!", "not_a_number"),
        ("#N/A", "not_a_number"),
        ("-5", "not_a_number"),
        ("1.00000000001", "finer_than_fen"),
        ("9999999999999", "too_large"),
    ],
)
def test_a_balance_that_cannot_be_exact_is_refused(text: str, code: str) -> None:
    with pytest.raises(CellError) as caught:
        fen_of(text, "亿元")

    assert caught.value.code == code


def test_the_same_row_has_the_same_id_and_its_twin_another() -> None:
    def ids() -> list[str]:
        table = EventIds("positions")
        rows = [["a", "1"], ["a", "1"], ["a1", ""]]
        return [table.id_of(institution="B", period="2021Q4", row=row) for row in rows]

    assert ids() == ids()
    assert len(set(ids())) == 3
    assert all(len(event_id) == 64 for event_id in ids())


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "{\n}", "[1,2]", "PK\x03\x04"])
def test_a_file_of_no_known_kind_says_what_was_expected(tmp_path: Path, content: str) -> None:
    with pytest.raises(FileError, match=r"x\.bin:1: found .*expected one of: .*positions"):
        read(tmp_path / "x.bin", content)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"No such file.*Check the name"):
        open_source(tmp_path / "missing")


def test_the_digest_is_of_the_bytes_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\xef\xbb\xbf{}" * 1000)

    assert open_source(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_is_complete_to_the_end_of_its_newest_month() -> None:
    months = NewestMonth(now_ms=1_700_000_000_000)  # 2023-11-14
    for date in ("2021-02-01", "2021-02", "2020-12-31", "garbage", "2021-13-01", "2099-01-01"):
        months.hear(date)

    assert str(months.last_day) == "2021-02-28"
    assert months.ignored == "2099-01"
