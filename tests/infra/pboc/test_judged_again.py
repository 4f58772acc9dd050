"""Rows that came earlier and are held back, or freed, by what the bank sends of another table."""

from pathlib import Path

from schemas.tables import FILING_FINDINGS
from tests.identities import bank_id
from tests.infra.pboc.memory_import import MemoryImport
from tests.infra.pboc.sound_months import MONTHS, put_dat, sound_month, stem_of

BANK = bank_id(1)
MONTH = MONTHS[0]
LENDING = ("CLDWDK", "DWDKFS")


def put(folder: Path, tables: dict[str, list[bytes]], *names: str) -> list[Path]:
    folder.mkdir()
    return [put_dat(folder, stem_of(BANK, name, MONTH), b"\n".join(tables[name])) for name in names]


def held_lines(kept: MemoryImport, table: str) -> list[int]:
    (filing,) = kept.archive.batches(BANK, table, MONTH)
    return (filing.refused.nonzero()[0] + 1).tolist()


def test_a_customer_who_is_gone_holds_back_loans_that_came_before_and_says_so(
    tmp_path: Path,
) -> None:
    tables = sound_month(BANK, MONTH)
    kept = MemoryImport()
    kept.take(put(tmp_path / "1", tables, "FTYKHX", *LENDING))
    before = kept.cells()

    fewer = tables | {"FTYKHX": tables["FTYKHX"][1:]}
    (report,) = kept.take(put(tmp_path / "2", fewer, "FTYKHX")).values()

    assert [held_lines(kept, table) for table in LENDING] == [[1], [1]]
    assert report.month_withdrawn_count > 0
    said = [remark.zh for remark in report.remarks if "新退回 1 行" in remark.zh]
    assert len(said) == 2
    rows = kept.store.read(FILING_FINDINGS, {"bank_id": BANK, "table_code": "CLDWDK"})
    assert (rows["rule"].to_list(), rows["line"].tolist()) == (["45"], [1])
    assert kept.cells() != before


def test_the_same_file_again_tells_what_is_held_back_of_it_now(tmp_path: Path) -> None:
    tables = sound_month(BANK, MONTH)
    kept = MemoryImport()
    stock = put(tmp_path / "1", tables, *LENDING, "FTYKHX")[0]
    kept.take([stock, *sorted((tmp_path / "1").glob("*FTYKHX*"))])
    kept.take(put(tmp_path / "2", tables | {"FTYKHX": tables["FTYKHX"][2:]}, "FTYKHX"))

    (again,) = kept.take([stock]).values()

    assert again.is_known
    assert (again.refused_row_count, again.accepted_row_count) == (2, again.row_count - 2)


def test_the_customer_who_comes_back_frees_them(tmp_path: Path) -> None:
    tables = sound_month(BANK, MONTH)
    kept = MemoryImport()
    kept.take(put(tmp_path / "1", tables, "FTYKHX", *LENDING))
    before = kept.cells()
    kept.take(put(tmp_path / "2", tables | {"FTYKHX": tables["FTYKHX"][1:]}, "FTYKHX"))

    (report,) = kept.take(put(tmp_path / "3", tables, "FTYKHX")).values()

    assert [held_lines(kept, table) for table in LENDING] == [[], []]
    assert len([remark for remark in report.remarks if "恢复 1 行" in remark.zh]) == 2
    assert kept.cells() == before
