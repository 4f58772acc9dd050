"""The banks' own files on the command line: imported, tried, and through a running server."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.pboc.test_findings_xlsx import Book
from tests.infra.test_cli import PUHUI, puhui

SAMPLES = Path("tests/infra/pboc/samples")
BANK = "91310000XXBANK018C"
ZIPS = sorted(SAMPLES.glob("*.zip"))
EVENTS = {
    "loan_disbursed": 10,
    "loan_acquired": 1,
    "loan_repaid": 6,
    "loan_refinanced": 1,
    "loan_written_off": 1,
    "loan_transferred": 1,
}


@pytest.fixture
def mistaken(tmp_path: Path) -> Path:
    """The sample flows with an amount of one decimal on line 1; without a log."""
    sample = SAMPLES / f"{BANK}_DWDKFS_20260930.dat"
    path = tmp_path / sample.name
    path.write_bytes(sample.read_bytes().replace(b"|3000000.00|", b"|3000000.0|", 1))
    return path


def test_two_files_of_a_month_make_its_events_and_its_opening_balances(tmp_path: Path) -> None:
    done = puhui("import", *ZIPS, "--data", tmp_path / "data", "--json")

    stock, flows = json.loads(done.stdout)["files"]
    assert done.exit_code == 0
    assert {kind: flows["event_types"][kind] for kind in EVENTS} == EVENTS
    assert stock["event_types"]["balance_reported"] == 20
    opened = [report["event_types"]["balance_brought_forward"] for report in (stock, flows)]
    assert sum(opened) == 13
    assert (stock["complete_to"], stock["accepted_row_count"]) == ("2026-09-30", 20)


def test_the_same_files_again_change_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    puhui("import", *ZIPS, "--data", data)
    before = puhui("digest", "--data", data, "--json").stdout

    again = puhui("import", *ZIPS, "--data", data)

    assert again.stdout.count("此前已导入, 未再发送") == 2
    assert puhui("digest", "--data", data, "--json").stdout == before


def test_a_row_that_is_held_back_is_named_by_file_line_and_field(
    tmp_path: Path, mistaken: Path
) -> None:
    done = puhui("import", mistaken, "--data", tmp_path / "data", "--lang", "en")

    assert done.exit_code == 0
    assert f"✗ {mistaken}:1:amount: rule 6: " in done.stdout
    assert "found 3000000.0" in done.stdout
    assert "rows: 20 (19 accepted, 1 held back)" in done.stdout
    assert "held back, and in no figure: 1" in done.stderr


def test_a_trial_stores_nothing_and_writes_what_is_to_be_mended(
    tmp_path: Path, mistaken: Path
) -> None:
    data, workbook = tmp_path / "data", tmp_path / "findings.xlsx"

    done = puhui("import", "--check", mistaken, "--out", workbook, "--data", data)

    assert not data.exists()
    assert "校验结果已写入" in done.stdout
    rows = Book(workbook.read_bytes()).rows("问题清单")
    (row,) = [row for row in rows if row[1:2] == [1.0]]
    assert row[2:7] == ["贷款发生金额", "amount", "6", "退回", "3000000.0"]


def test_a_trial_on_a_folder_compares_with_what_is_stored(tmp_path: Path) -> None:
    data = tmp_path / "data"
    puhui("import", SAMPLES / f"{BANK}_CLDWDK_20260930.zip", "--data", data)
    before = puhui("digest", "--data", data, "--json").stdout
    flows = SAMPLES / f"{BANK}_DWDKFS_20260930.zip"

    done = puhui("import", "--check", flows, "--out", tmp_path / "x.xlsx", "--data", data, "--json")

    (report,) = json.loads(done.stdout)["files"]
    assert report["is_trial"]
    assert "55" not in {one["rule"] for one in report["unchecked"]}
    assert puhui("digest", "--data", data, "--json").stdout == before


def test_a_file_whose_log_does_not_fit_is_not_taken(tmp_path: Path) -> None:
    data, stem = tmp_path / "data", f"{BANK}_DWDKFS_20260930"
    for suffix in (".dat", ".log"):
        shutil.copy(SAMPLES / f"{stem}{suffix}", tmp_path)
    dat = tmp_path / f"{stem}.dat"
    dat.write_bytes(dat.read_bytes() + b"\n")

    done = puhui("import", dat, "--data", data, "--lang", "en")

    assert done.exit_code == 1
    assert "rule 3" in done.stderr
    assert (
        json.loads(puhui("export", "--pboc", "--list", "--data", data, "--json").stdout)["rows"]
        == []
    )


def test_a_trial_of_another_kind_of_file_is_refused_at_once(tmp_path: Path) -> None:
    done = puhui("import", "--check", "README.md", "--data", tmp_path)

    assert done.exit_code == 2
    assert "CLDWDK_20260930.zip" in done.stderr


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Path]:
    """A data folder that another process holds."""
    data = tmp_path / "held"
    command = [*PUHUI, "serve", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    yield data
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_a_running_server_imports_and_tries_the_same_way(
    serving: Path, tmp_path: Path, mistaken: Path
) -> None:
    imported = puhui("import", *ZIPS, "--data", serving, "--json")
    workbook = tmp_path / "findings.xlsx"
    tried = puhui("import", "--check", mistaken, "--data", serving, "--out", workbook, "--json")

    assert [report["told_count"] for report in json.loads(imported.stdout)["files"]] == [31, 23]
    assert json.loads(tried.stdout)["files"][0]["refused_row_count"] == 1
    assert workbook.exists()


def test_a_trial_never_writes_over_the_file_it_tries(tmp_path: Path, mistaken: Path) -> None:
    before = mistaken.read_bytes()

    done = puhui("import", "--check", mistaken, "--out", mistaken, "--data", tmp_path / "data")

    assert done.exit_code == 1
    assert "ends in .xlsx" in done.stderr
    assert mistaken.read_bytes() == before


def test_a_wrong_name_stops_no_other_file(tmp_path: Path, mistaken: Path) -> None:
    nameless = tmp_path / "存量单位贷款.zip"
    shutil.copy(ZIPS[0], nameless)
    workbook = tmp_path / "findings.xlsx"

    done = puhui("import", "--check", nameless, mistaken, "--out", workbook, "--data", tmp_path)

    assert done.exit_code == 1
    assert "规则 1" in done.stdout
    rows = Book(workbook.read_bytes()).rows("问题清单")
    assert {row[4] for row in rows[1:]} == {"1", "6"}


def test_a_folder_is_not_imported_and_says_what_to_give(tmp_path: Path) -> None:
    done = puhui("import", SAMPLES, "--data", tmp_path / "data")

    assert done.exit_code == 1
    assert "/*.zip" in done.stderr


def test_a_file_saved_with_commas_is_known_for_one(tmp_path: Path, mistaken: Path) -> None:
    mistaken.write_bytes(mistaken.read_bytes().replace(b"|", b","))

    done = puhui("import", mistaken, "--data", tmp_path / "data")

    assert "该行像是以逗号分隔" in done.stdout


def test_an_empty_second_batch_is_doubted(tmp_path: Path) -> None:
    data = tmp_path / "data"
    puhui("import", *ZIPS, "--data", data)
    empty = tmp_path / f"{BANK}_CLDWDK_20260930.dat"
    empty.write_bytes(b"")

    done = puhui("import", empty, "--data", data)

    assert "行数较上一次报送变动超过 30 %" in done.stdout


def test_a_bank_that_was_called_complete_too_early_is_named(tmp_path: Path) -> None:
    """September alone is a beginning; with July before it, August is missing."""
    data = tmp_path / "data"
    puhui("import", *ZIPS, "--data", data)
    july = [tmp_path / f"{BANK}_{table}_20260731.dat" for table in ("CLDWDK", "DWDKFS")]
    for path in july:
        path.write_bytes(b"")

    done = puhui("import", *july, "--data", data)

    assert "此前已记为报送截至 2026-09-30" in done.stdout
