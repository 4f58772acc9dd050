"""A bank's file is given back as it was sent, and what cannot be given back is said."""

import datetime as dt
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.cli import cli
from infra.imports.pboc.export import ExportError, Form, export_filing, filing_of, kept_filings
from infra.imports.pboc.filing_log import read_log
from infra.imports.pboc.package import Package, packages_of
from infra.operations import Operations
from infra.wiring import Node
from schemas.tables import FILING_PIECES
from tests.infra.pboc.filings import INSTITUTION, PERIOD, PERSON, sound_row
from tests.infra.pboc.memory_import import NOW, MemoryImport
from tests.infra.pboc.package_files import DAT, LOG, SAMPLES, STEM, log_of, put, put_zip

RESIDENT = "11010519491231002X"  # The example of GB 11643, nobody's.
PERSONS = f"{INSTITUTION}_GRKHXX_{PERIOD:%Y%m%d}"


@pytest.fixture
def kept() -> MemoryImport:
    return MemoryImport()


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    folder = tmp_path / "sent"
    folder.mkdir()
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "given" / "back"


def suffixes(folder: Path) -> list[str]:
    return sorted(path.name.removeprefix(STEM) for path in folder.iterdir())


@pytest.mark.parametrize(
    ("form", "written"),
    [("all", [".dat", ".log", ".zip"]), ("dat", [".dat", ".log"]), ("zip", [".zip"])],
)
def test_the_sample_is_given_back_with_its_log_and_packed(
    form: Form, written: list[str], kept: MemoryImport, out: Path, tmp_path: Path
) -> None:
    kept.take([SAMPLES / f"{STEM}.zip"])
    filing = filing_of(kept.archive, INSTITUTION, "DWDKFS", PERIOD, 0)

    exported = export_filing(kept.archive, filing, out, form)

    assert exported.is_whole
    assert exported.remarks == ()
    assert suffixes(out) == written
    assert [path.name.removeprefix(STEM) for path in exported.files] == written
    if ".dat" in written:
        assert (out / f"{STEM}.dat").read_bytes() == DAT
        assert (out / f"{STEM}.log").read_bytes() == LOG
    if ".zip" in written:
        (package,) = packages_of([out / f"{STEM}.zip"], tmp_path)
        assert isinstance(package, Package)
        assert (package.dat.read_bytes(), package.log_content) == (DAT, LOG)
        assert package.remarks == ()


def test_a_log_with_line_ends_of_its_own_is_given_back_as_it_was(
    kept: MemoryImport, sent: Path, out: Path
) -> None:
    log = log_of(DAT).replace(b"\n", b"\r\n") + b"\r\n"
    kept.take(put(sent, DAT, log))

    export_filing(kept.archive, filing_of(kept.archive, INSTITUTION, "DWDKFS", PERIOD, 0), out)

    assert (out / f"{STEM}.log").read_bytes() == log
    with zipfile.ZipFile(out / f"{STEM}.zip") as archive:
        assert archive.read(f"{STEM}.log") == log
        assert {one.date_time for one in archive.infolist()} == {(2026, 10, 8, 9, 0, 0)}


def test_the_name_with_its_prefix_is_the_one_that_its_log_tells(
    kept: MemoryImport, sent: Path, out: Path, tmp_path: Path
) -> None:
    stem = f"{INSTITUTION}_JS_101_DWDKFS_{PERIOD:%Y%m%d}"
    kept.take(put(sent, DAT, log_of(DAT, stem), stem))

    export_filing(kept.archive, filing_of(kept.archive, INSTITUTION, "DWDKFS", PERIOD, 0), out)

    (package,) = packages_of([out / f"{stem}.zip"], tmp_path)
    assert isinstance(package, Package)


def test_without_its_log_a_filing_is_given_back_and_that_is_said(
    kept: MemoryImport, sent: Path, out: Path, tmp_path: Path
) -> None:
    kept.take(put(sent, DAT, None))
    filing = filing_of(kept.archive, INSTITUTION, "DWDKFS", PERIOD, 0)

    loose = export_filing(kept.archive, filing, out / "loose", "dat")
    packed = export_filing(kept.archive, filing, out / "packed", "zip")

    assert suffixes(out / "loose") == [".dat"]
    assert "no .log came with it" in packed.remarks[0].en
    assert loose.is_whole
    (package,) = packages_of(packed.files, tmp_path)
    assert isinstance(package, Package)
    assert package.log is not None
    assert package.log.written_at.date() == NOW.date()


def test_every_batch_is_given_back_the_newest_unless_another_is_asked_for(
    kept: MemoryImport, sent: Path, out: Path
) -> None:
    contents = [DAT, DAT.replace(b"\n", b"\r\n"), b"no row at all\n", b""]
    for content in contents:
        kept.take(put(sent, content, log_of(content)))

    for batch, content in enumerate([contents[-1], *contents]):
        filing = filing_of(kept.archive, INSTITUTION, "DWDKFS", PERIOD, batch)
        exported = export_filing(kept.archive, filing, out / str(batch), "dat")

        assert exported.is_whole
        assert exported.files[0].read_bytes() == content


def test_what_is_never_kept_of_persons_is_said(kept: MemoryImport, sent: Path, out: Path) -> None:
    dat = sound_row("GRKHXX").encode()
    kept.take(put(sent, dat, log_of(dat, PERSONS), PERSONS))
    filing = filing_of(kept.archive, INSTITUTION, "GRKHXX", PERIOD, 0)

    exported = export_filing(kept.archive, filing, out)

    assert not exported.is_whole
    withheld, log = exported.remarks
    assert "出生日期" in withheld.zh
    assert "born_on" in withheld.en
    assert "MD5" in log.en
    assert b"1990-01-01" not in exported.files[0].read_bytes()
    assert PERSON.encode() in exported.files[0].read_bytes()


def test_numbers_in_clear_are_not_given_back_and_that_is_said(
    kept: MemoryImport, sent: Path, out: Path
) -> None:
    stem = f"{INSTITUTION}_GRDKFS_{PERIOD:%Y%m%d}"
    dat = sound_row("GRDKFS", borrower_id=RESIDENT).encode()
    kept.take(put(sent, dat, None, stem))
    filing = filing_of(kept.archive, INSTITUTION, "GRDKFS", PERIOD, 0)

    exported = export_filing(kept.archive, filing, out)

    assert not exported.is_whole
    assert [remark.rule for remark in exported.remarks] == ["3", "12"]
    assert exported.files[0].read_bytes() == dat.replace(RESIDENT.encode(), b"110105" + b"*" * 12)


def test_a_file_that_is_there_is_not_written_over(
    kept: MemoryImport, sent: Path, out: Path
) -> None:
    kept.take(put(sent, DAT, LOG))
    out.mkdir(parents=True)
    (out / f"{STEM}.log").write_bytes(b"another's")
    filing = filing_of(kept.archive, INSTITUTION, "DWDKFS", PERIOD, 0)

    with pytest.raises(ExportError, match="is there already"):
        export_filing(kept.archive, filing, out)

    assert suffixes(out) == [".log"]
    assert (out / f"{STEM}.log").read_bytes() == b"another's"


def test_a_store_that_has_lost_a_piece_gives_nothing(
    kept: MemoryImport, sent: Path, out: Path
) -> None:
    kept.take(put(sent, DAT, LOG))
    filing = filing_of(kept.archive, INSTITUTION, "DWDKFS", PERIOD, 0)
    kept.store._rows[FILING_PIECES.name].clear()

    with pytest.raises(ExportError, match="what is kept is not what was sent"):
        export_filing(kept.archive, filing, out)

    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("bank", "table", "period", "batch", "told"),
    [
        (INSTITUTION, "DWDKFX", PERIOD, 0, "expected one of CLDWDK"),
        (INSTITUTION, "CLDWDK", PERIOD, 0, "nothing is kept"),
        (INSTITUTION, "DWDKFS", dt.date(2026, 8, 31), 0, "nothing is kept"),
        ("another", "DWDKFS", PERIOD, 0, "nothing is kept"),
        (INSTITUTION, "DWDKFS", PERIOD, 2, "batch was 2, expected one of 1"),
    ],
)
def test_what_is_not_kept_is_told(
    bank: str, table: str, period: dt.date, batch: int, told: str, kept: MemoryImport
) -> None:
    kept.take([SAMPLES / f"{STEM}.zip"])

    with pytest.raises(ExportError, match=told):
        filing_of(kept.archive, bank, table, period, batch)


def test_the_list_tells_of_every_batch(kept: MemoryImport, sent: Path) -> None:
    kept.take([SAMPLES / f"{STEM}.zip"])
    kept.take(put(sent, b"no row\n" + DAT, None))

    first, second = kept_filings(kept.archive)

    assert (first["batch"], first["row_count"], first["refused_row_count"]) == (1, 20, 0)
    assert (second["batch"], second["row_count"], second["refused_row_count"]) == (2, 21, 1)
    assert (first["has_log"], second["has_log"]) == (True, False)
    assert second["received_at"] == "2026-10-08 09:00:00Z"
    assert kept_filings(kept.archive, INSTITUTION) == [first, second]
    assert kept_filings(kept.archive, "another") == []


# On a real store, by the command.


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with the samples, and a table of persons."""
    place = tmp_path_factory.mktemp("export")
    entries = [(f"{PERSONS}.dat", dat := sound_row("GRKHXX").encode())]
    persons = put_zip(place, [*entries, (f"{PERSONS}.log", log_of(dat, PERSONS))], PERSONS)
    with Node(place / "data") as node:
        node.filing_importer.import_filings([*SAMPLES.glob("*.zip"), persons])
    return place / "data"


def puhui(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["export", *map(str, words)])


@pytest.mark.parametrize("period", ["2026-09-30", "20260930", "2026-09", "202609"])
def test_the_command_writes_the_files_and_says_so(period: str, folder: Path, out: Path) -> None:
    asked = ("--pboc", INSTITUTION, "DWDKFS", period, "--out", out, "--data", folder)

    result = puhui(*asked)

    assert result.exit_code == 0, result.output
    assert "逐字节一致" in result.stdout
    assert (out / f"{STEM}.dat").read_bytes() == DAT
    assert (out / f"{STEM}.log").read_bytes() == LOG
    again = puhui(*asked, "--lang", "en")
    assert again.exit_code == 1
    assert "is there already" in again.stderr


def test_the_command_says_what_is_missing_in_both_languages(folder: Path, out: Path) -> None:
    for lang, told in (("zh", "以下个人信息字段从未保存"), ("en", "never kept and blank")):
        result = puhui(
            "--pboc", INSTITUTION, "GRKHXX", "2026-09", "--zip", "--out", out / lang,
            "--data", folder, "--lang", lang,
        )  # fmt: skip

        assert told in result.stdout
        assert [path.suffix for path in (out / lang).iterdir()] == [".zip"]


def test_the_list_is_a_table_or_json(folder: Path) -> None:
    table = puhui("--pboc", "--list", "--data", folder).stdout
    rows = json.loads(puhui("--pboc", "--list", INSTITUTION, "--json", "--data", folder).stdout)

    assert "存量单位贷款信息" in table
    assert [row["table"] for row in rows["rows"]] == ["CLDWDK", "DWDKFS", "GRKHXX"]
    assert puhui("--pboc", "--list", "another", "--json", "--data", folder).exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "--pboc"),
        (("--pboc",), "expected BANK TABLE PERIOD"),
        (("--pboc", INSTITUTION, "DWDKFS"), "expected BANK TABLE PERIOD"),
        (("--pboc", INSTITUTION, "dwdkfs", "2026-09"), "expected one of CLDWDK"),
        (("--pboc", INSTITUTION, "DWDKFS", "2026-09-29"), "expected the end of a month"),
        (("--pboc", INSTITUTION, "DWDKFS", "2026-13"), "expected the end of a month"),
        (("--pboc", INSTITUTION, "DWDKFS", "2026-08"), "nothing is kept"),
        (("--pboc", INSTITUTION, "DWDKFS", "2026-09", "--batch", "9"), "expected one of 1"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(
    words: tuple[str, ...], told: str, folder: Path, out: Path
) -> None:
    result = puhui(*words, "--out", out, "--data", folder)

    assert result.exit_code != 0
    assert told in result.stderr
    assert not out.exists()


def test_another_process_may_ask_for_it(folder: Path, out: Path) -> None:
    with Node(folder) as node:
        asked = {"bank_id": INSTITUTION, "table": "DWDKFS", "period": "2026-09-30"}
        answer = Operations(node).run("export_filing", {**asked, "folder": str(out), "form": "dat"})
        with pytest.raises(ValueError, match="form"):
            Operations(node).run("export_filing", {**asked, "folder": str(out), "form": "rar"})
        with pytest.raises(ValueError, match="period was '2026-09'"):
            Operations(node).run("export_filing", {**asked, "folder": "", "period": "2026-09"})

    assert answer["is_whole"]
    assert answer["files"] == [str(out / f"{STEM}{suffix}") for suffix in (".dat", ".log")]
    assert read_log(STEM, Path(answer["files"][1]).read_bytes()).row_count == answer["row_count"]
