"""What banks sent is kept and given back as it was, but for what must not be kept of persons."""

import datetime as dt
import io
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from infra.imports.pboc import archive as archive_module
from infra.imports.pboc import rows as rows_module
from infra.imports.pboc.archive import DONE, Archive, Filing, packed_lines
from infra.imports.pboc.dat_facts import facts_of
from infra.imports.pboc.rows import lines_of, pieces_of
from infra.imports.pboc.table_spec import spec_of
from streams.memory_store import Killed, MemoryStore
from tests.infra.pboc.filings import INSTITUTION, PERIOD, PERSON, sound_row
from tests.infra.pboc.memory_import import TickingClock

RESIDENT = "11010519491231002X"  # The example of GB 11643, nobody's.


def filing(content: bytes, table: str = "CLDWDK") -> Filing:
    facts = facts_of([content])
    return Filing(
        bank_id=INSTITUTION,
        table=table,
        period=PERIOD,
        batch=0,
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
        return archive.keep(filing(content, table), path, spec, has_residents=has_residents)

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

    archive.mark(marked)

    (found,) = archive.of_bank(INSTITUTION)
    assert found == marked
    assert found.refused.tolist() == refused.tolist()
    assert kept.refused.tolist() == [False] * 3


def test_a_list_of_filings_leaves_their_reports_out(archive: Archive, keep: Keep) -> None:
    archive.mark(keep(b"a")._replace(report="long"))

    (listed,) = archive.listed()

    assert listed == archive.of_bank(INSTITUTION)[0]._replace(report="")
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
        Archive(store, clock).keep(filing(path.read_bytes()), path, spec, has_residents=False)

    for content in (b"dddd", b""):
        path.write_bytes(content)
        archive = Archive(store.copy(), clock)
        kept = archive.keep(filing(content), path, spec, has_residents=False)

        assert kept.batch == 1
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


def test_of_numbers_in_clear_only_the_beginning_is_kept(archive: Archive, keep: Keep) -> None:
    content = f"a|{RESIDENT}|b\r\n{RESIDENT}|{PERSON}\n".encode()

    told = given_back(archive, keep(content, has_residents=True))

    assert told == f"a|110105{'*' * 12}|b\r\n110105{'*' * 12}|{PERSON}\n".encode()


def test_a_line_without_end_stays_no_row_when_its_end_is_not_kept(
    archive: Archive, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "PIECE_BYTES", 16)
    monkeypatch.setattr(rows_module, "LINE_BYTES_MAX", 64)
    spec = spec_of("CLDWDK")
    separators = "|" * (len(spec.fields) - 1)
    # Cut at its limit, the first line would have the fields of a row, and half a character.
    content = f"{RESIDENT}{separators}{'甲' * 99}\nlast".encode()

    told = given_back(archive, keep(content, has_residents=True))

    bad = [
        one.line
        for piece in pieces_of(io.BytesIO(told), piece_bytes=16)
        for one in lines_of(piece, len(spec.fields)).bad_lines
    ]
    assert bad == [1, 2]
    assert told.endswith(b"\nlast")
    assert RESIDENT.encode() not in told


def test_filings_of_several_months_come_in_order(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "as_sent.dat"
    path.write_bytes(b"a")
    for month in (10, 8, 9):
        one = filing(b"a")._replace(period=dt.date(2026, month, 28))
        archive.keep(one, path, spec_of("CLDWDK"), has_residents=False)

    assert [one.period.month for one in archive.of_bank(INSTITUTION)] == [8, 9, 10]
