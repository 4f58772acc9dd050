"""What banks sent is kept and given back as it was, but for what must not be kept of persons."""

import datetime as dt
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from infra.imports.pboc import archive as archive_module
from infra.imports.pboc import rows as rows_module
from infra.imports.pboc.archive import DONE, Archive, Filing, ToKeep, packed_lines
from infra.imports.pboc.dat_facts import facts_of
from infra.imports.pboc.table_spec import spec_of
from streams.memory_store import Killed, MemoryStore
from tests.identities import bank_id, person_id
from tests.infra.pboc.filings import INSTITUTION, OTHER_FIRM, PERIOD, PERSON, sound_row
from tests.infra.pboc.memory_import import MemoryImport, TickingClock
from tests.infra.pboc.sound_months import MONTHS, put_dat, sound_month, stem_of

RESIDENT = "11010519491231002X"  # The example of GB 11643, nobody's.
OLD_RESIDENT = "110105491231002"


def filing(content: bytes, table: str = "CLDWDK", batch: int = 1) -> Filing:
    facts = facts_of([content])
    return Filing(
        bank_id=INSTITUTION,
        table=table,
        period=PERIOD,
        batch=batch,
        file_name=f"{INSTITUTION}_{table}_{PERIOD:%Y%m%d}.dat",
        spec_version="current",
        sha256=facts.sha256,
        size_bytes=facts.size_bytes,
        row_count=facts.row_count,
        log_text="",
        received_at_ms=0,
    )


Keep = Callable[..., Filing]


@pytest.fixture
def archive() -> Archive:
    return Archive(MemoryStore(), TickingClock())


@pytest.fixture
def keep(archive: Archive, tmp_path: Path) -> Keep:
    def kept(content: bytes, table: str = "CLDWDK", *, has_residents: bool = False) -> Filing:
        path = tmp_path / "as_sent.dat"
        path.write_bytes(content)
        spec = spec_of(table)
        batch = len(archive.batches(INSTITUTION, table, PERIOD)) + 1
        sent = filing(content, table, batch)
        (kept,) = archive.keep([ToKeep(sent, path, spec, has_residents)])
        return kept

    return kept


def given_back(archive: Archive, kept: Filing) -> bytes:
    return b"".join(archive.pieces(kept))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"a|b",
        b"a|b\r\n",
        b"\r\n\r\n|\x00\xff\n\n",
        b"x" * 1_000,
        b"one\n" * 40 + b"two",
    ],
)
@pytest.mark.parametrize("piece_bytes", [1, 7, 2**22])
def test_bytes_are_given_back_wherever_they_are_cut(
    content: bytes, piece_bytes: int, archive: Archive, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "PIECE_BYTES", piece_bytes)

    assert given_back(archive, keep(content)) == content


def test_batches_are_numbered_and_each_keeps_its_bytes(archive: Archive, keep: Keep) -> None:
    kept = [keep(content) for content in (b"first", b"second", b"")]

    assert [one.batch for one in kept] == [1, 2, 3]
    assert [given_back(archive, one) for one in kept] == [b"first", b"second", b""]
    assert archive.batches(INSTITUTION, "CLDWDK", PERIOD) == kept
    assert archive.newest(INSTITUTION, "CLDWDK", PERIOD) == kept[-1]
    assert archive.newest(INSTITUTION, "DWDKFS", PERIOD) is None


def test_a_later_mark_replaces_the_earlier_one(archive: Archive, keep: Keep) -> None:
    refused = np.array([False, True, False])
    kept = keep(b"a\nb\nc")
    marked = kept._replace(
        state=DONE, report='{"file": "甲"}', log_text="a\r\nb", refused_lines=packed_lines(refused)
    )

    archive.mark([marked])

    (found,) = archive.batches(INSTITUTION, "CLDWDK", PERIOD)
    assert found == marked
    assert found.refused.tolist() == refused.tolist()
    assert kept.refused.tolist() == [False] * 3


def test_a_list_of_filings_leaves_their_reports_out(archive: Archive, keep: Keep) -> None:
    archive.mark([keep(b"a")._replace(report="long")])

    (listed,) = archive.listed()

    assert listed == archive.batches(INSTITUTION, "CLDWDK", PERIOD)[0]._replace(report="")
    assert archive.listed(INSTITUTION) == [listed]
    assert archive.listed("another") == []


@pytest.mark.parametrize("rows_before_death", range(4))
def test_nothing_of_a_file_that_a_killed_process_began_comes_back(
    rows_before_death: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "PIECE_BYTES", 4)
    ticks = itertools.count()
    store, clock = MemoryStore(lambda: next(ticks) == rows_before_death), TickingClock()
    path = tmp_path / "as_sent.dat"
    path.write_bytes(b"aaaabbbbcccc")
    spec = spec_of("CLDWDK")
    with pytest.raises(Killed):
        Archive(store, clock).keep([ToKeep(filing(path.read_bytes()), path, spec, False)])

    for content in (b"dddd", b""):
        path.write_bytes(content)
        archive = Archive(store.copy(), clock)
        (kept,) = archive.keep([ToKeep(filing(content), path, spec, False)])

        assert given_back(archive, kept) == content


def test_of_persons_only_what_events_need_is_kept(archive: Archive, keep: Keep) -> None:
    row = sound_row("GRKHXX", nationality="CHN", born_on="1990-01-01", marital_status="10")
    content = f"{row}\r\n{row}|张三\n\n张三|1990-01-01\n{row}".encode()

    told = given_back(archive, keep(content, "GRKHXX"))

    spec = spec_of("GRKHXX")
    lines = told.split(b"\n")
    assert len(lines) == content.count(b"\n") + 1
    assert lines[0].endswith(b"\r")
    for line in (lines[0].removesuffix(b"\r"), lines[4]):
        kept = dict(zip(spec.names, line.decode().split("|"), strict=True))
        sent = dict(zip(spec.names, row.split("|"), strict=True))
        assert {name for name in spec.names if kept[name] != sent[name]} == {
            name for name in spec.withheld if sent[name]
        }
        assert not any(kept[name] for name in spec.withheld)
        assert kept["customer_id"] == PERSON
    # A line that is no row may hold anything anywhere: its separators are what is kept.
    assert lines[1:4] == [b"|" * 20, b"", b"|"]


@pytest.mark.parametrize(
    ("table", "sent", "kept"),
    [
        ("GRDKFS", {"borrower_id": RESIDENT}, {"borrower_id": "110105" + "*" * 12}),
        ("GRDKFS", {"borrower_id": OLD_RESIDENT}, {"borrower_id": "110105" + "*" * 9}),
        ("GRDKFS", {"borrower_id": f"ID{RESIDENT}"}, {"borrower_id": "ID" + "*" * 18}),
        ("CLDWDK", {"borrower_id": RESIDENT}, {"borrower_id": "110105" + "*" * 12}),
        ("GRKHXX", {"customer_id": RESIDENT}, {"customer_id": "110105" + "*" * 12}),
        (
            "FTYKHX",
            {"controller_ids": f"{OTHER_FIRM},{RESIDENT}"},
            {"controller_ids": f"{OTHER_FIRM},110105{'*' * 12}"},
        ),
        # These are no identifiers, and a receipt that had another number would be another.
        ("CLGRDK", {"receipt_no": RESIDENT, "contract_no": OLD_RESIDENT}, {}),
    ],
)
def test_a_number_in_clear_is_blotted_out_in_its_own_field(
    table: str, sent: dict[str, str], kept: dict[str, str], archive: Archive, keep: Keep
) -> None:
    content = f"{sound_row(table, **sent)}\r\n{sound_row(table)}"

    told = given_back(archive, keep(content.encode(), table, has_residents=True))

    spec = spec_of(table)
    expected = sound_row(table, **{**sent, **kept, **dict.fromkeys(spec.withheld, "")})
    sound = sound_row(table, **dict.fromkeys(spec.withheld, ""))
    assert told.decode() == f"{expected}\r\n{sound}"


def test_in_a_line_that_is_no_row_numbers_are_blotted_out_wherever_they_stand(
    archive: Archive, keep: Keep
) -> None:
    content = f"a|{RESIDENT}|b\r\n{RESIDENT}|{PERSON}\n".encode()

    told = given_back(archive, keep(content, has_residents=True))

    assert told == f"a|110105{'*' * 12}|b\r\n110105{'*' * 12}|{PERSON}\n".encode()


def test_a_line_without_end_is_kept_whole_but_for_the_numbers_in_it(
    archive: Archive, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "PIECE_BYTES", 256)
    monkeypatch.setattr(rows_module, "LINE_BYTES_MAX", 64)
    content = f"a\n{RESIDENT}|{'甲' * 999}\n|{'乙' * 99}\nlast".encode()

    told = given_back(archive, keep(content, has_residents=True))

    assert told == content.replace(RESIDENT.encode(), b"110105" + b"*" * 12)


def test_of_a_line_without_end_in_a_table_of_persons_separators_are_kept(
    archive: Archive, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "PIECE_BYTES", 256)
    monkeypatch.setattr(rows_module, "LINE_BYTES_MAX", 64)

    told = given_back(archive, keep(f"{'张三|' * 99}\n张|三".encode(), "GRKHXX"))

    assert told == b"|" * 99 + b"\n|"


def test_filings_of_several_months_come_in_order(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "as_sent.dat"
    path.write_bytes(b"a")
    for month in (10, 8, 9):
        one = filing(b"a")._replace(period=dt.date(2026, month, 28))
        archive.keep([ToKeep(one, path, spec_of("CLDWDK"), False)])

    assert [one.period.month for one in archive.listed(INSTITUTION)] == [8, 9, 10]


def test_a_receipt_numbered_like_a_person_is_the_same_receipt_next_month(tmp_path: Path) -> None:
    bank, kept = bank_id(1), MemoryImport()
    sound = {table: sound_month(bank, MONTHS[0], 1)[table][0] for table in ("CLGRDK", "GRDKFS")}
    rows = {table: row.replace(b"XJ000001", RESIDENT.encode()) for table, row in sound.items()}
    in_clear = sound["CLGRDK"].replace(person_id(1).encode(), RESIDENT.encode())
    later = rows["CLGRDK"].replace(b"0|FQ01", b"1|FQ01")
    kept.take([
        put_dat(tmp_path, stem_of(bank, "CLGRDK", MONTHS[0]), rows["CLGRDK"] + b"\n" + in_clear),
        put_dat(tmp_path, stem_of(bank, "GRDKFS", MONTHS[0]), rows["GRDKFS"]),
    ])  # fmt: skip

    reports = kept.take([
        put_dat(tmp_path, stem_of(bank, "CLGRDK", MONTHS[1]), later),
        put_dat(tmp_path, stem_of(bank, "GRDKFS", MONTHS[1]), b""),
    ])  # fmt: skip

    stock = reports[stem_of(bank, "CLGRDK", MONTHS[1])]
    assert stock.refused_row_count == 0
    assert stock.event_types == {"balance_reported": 1}
    assert stock.period_finding_count == 0


@pytest.mark.parametrize(("table", "prefix"), [("CLDWDK", "borrower_"), ("CLPJRZ", "drawer_")])
def test_a_row_held_back_for_a_number_in_clear_is_so_again_when_it_is_read_back(
    table: str, prefix: str, tmp_path: Path
) -> None:
    bank, kept, flows = bank_id(1), MemoryImport(), {"CLDWDK": "DWDKFS", "CLPJRZ": "PJRZFS"}
    rows = [
        sound_row(
            table,
            **{
                "institution_id": bank,
                "bill_no" if table == "CLPJRZ" else "receipt_no": f"{number:018}",
                f"{prefix}id_type": kind,
                f"{prefix}id": f"{before}{RESIDENT}",
            },
        )
        for number, (kind, before) in enumerate(
            itertools.product(("A01", "A03", "B01", "B03", "C01", "L01", "Z99"), ("", "张三", "-"))
        )
    ]
    kept.take([put_dat(tmp_path, stem_of(bank, table, MONTHS[0]), "\n".join(rows).encode())])
    (before,) = kept.archive.listed(bank)

    # The flows come later, and the month is told again from what is kept.
    kept.take([put_dat(tmp_path, stem_of(bank, flows[table], MONTHS[0]), b"")])

    after = kept.archive.newest(bank, table, MONTHS[0])
    assert after is not None
    assert before.refused.all()
    assert after.refused.all()
    assert RESIDENT.encode() not in given_back(kept.archive, after)
    assert not kept.cells()
