"""The demo's world as files: written whole, the same every time, and fit to be imported."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from infra.cli import cli
from infra.demo_files import DemoTruth
from infra.imports.pboc.filing_fault import FileProblem
from infra.imports.pboc.package import Package, packages_of

SMALL = ("--seed", "3", "--banks", "3", "--borrowers", "60", "--quarters", "2")
MONTHS = ["2019-12", "2020-01", "2020-02", "2020-03"]


def write(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["demo-files", str(folder), *SMALL, *words])


def files_in(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of which half of the months went wrong at first."""
    folder = tmp_path_factory.mktemp("world") / "files"
    assert write(folder, "--faults", "0.5").exit_code == 0
    return folder


def truth(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "truth.json").read_bytes())  # type: ignore[no-any-return]


def test_the_same_options_give_the_same_files(folder: Path, tmp_path: Path) -> None:
    assert write(tmp_path / "again", "--faults", "0.5").exit_code == 0

    assert files_in(tmp_path / "again") == files_in(folder)


def test_the_summary_counts_what_was_written(tmp_path: Path) -> None:
    summary = json.loads(write(tmp_path / "world").stdout)
    packages = sorted((tmp_path / "world" / "filings").rglob("*.zip"))
    (tmp_path / "unpacked").mkdir()
    opened = packages_of(packages, tmp_path / "unpacked")
    rows = sum(one.facts.row_count for one in opened if isinstance(one, Package))

    assert summary["filing_count"] == len(packages) == len(opened) == 4 * 3 * 9
    assert summary["row_count"] == rows
    with pa.ipc.open_stream(tmp_path / "world" / "events.arrow") as events:
        assert summary["event_count"] == events.read_all().num_rows
    assert summary["resubmitted_count"] == 0


def test_the_second_batch_holds_what_was_wrong_in_the_first(folder: Path) -> None:
    second = {path.stem for path in (folder / "filings").rglob("2/*.zip")}

    assert sorted(path.name for path in (folder / "filings").iterdir()) == MONTHS
    assert second == {entry["file"] for entry in truth(folder)["resubmitted"]}
    assert len(second) > 3


def test_a_log_of_another_file_is_found_out_and_mended(folder: Path, tmp_path: Path) -> None:
    wrong = [e["file"] for e in truth(folder)["resubmitted"] if e["wrong"] == "log"]
    assert wrong
    for stem in wrong:
        first, second = sorted((folder / "filings").rglob(f"{stem}.zip"))
        assert isinstance(packages_of([first], tmp_path)[0], FileProblem)
        assert isinstance(packages_of([second], tmp_path)[0], Package)


def test_dat_files_come_with_their_logs(folder: Path, tmp_path: Path) -> None:
    assert write(tmp_path / "world", "--faults", "0.5", "--dat").exit_code == 0
    names = [path.name for path in (tmp_path / "world" / "filings").rglob("*") if path.is_file()]
    stems = [path.stem for path in (folder / "filings").rglob("*.zip")]

    assert sorted(names) == sorted(f"{stem}{end}" for stem in stems for end in (".dat", ".log"))


def test_the_register_names_every_bank(folder: Path) -> None:
    with (folder / "banks.csv").open(encoding="utf-8", newline="") as file:
        banks = list(csv.DictReader(file))
    senders = {path.name.split("_")[0] for path in (folder / "filings").rglob("*.zip")}

    assert {bank["bank_id"] for bank in banks} == senders
    assert {bank["is_qingdao"] for bank in banks} <= {"true", "false"}


def test_what_was_planted_is_told(folder: Path) -> None:
    told = truth(folder)

    assert set(told) == set(DemoTruth.__struct_fields__)
    assert told["demo"] | {"seed": 3, "banks": 3, "borrowers": 60} == told["demo"]
    assert told["planted"]


def test_a_folder_with_files_in_it_is_refused(folder: Path) -> None:
    result = write(folder)

    assert result.exit_code == 1
    assert "expected an empty one" in result.stderr


def test_files_and_events_are_imported_from_the_command_line(folder: Path, tmp_path: Path) -> None:
    months = sorted((folder / "filings").iterdir())
    batches = [batch for month in months for batch in sorted(month.iterdir())]
    ways = {
        "events": [[folder / "events.arrow"]],
        "files": [[folder / "banks.csv"], *(sorted(batch.glob("*.zip")) for batch in batches)],
    }
    growth = {}
    for way, imports in ways.items():
        for paths in imports:
            words = ["import", *map(str, paths), "--data", str(tmp_path / way), "--format", "json"]
            assert CliRunner().invoke(cli, words).exit_code in {0, 1}
        words = ["growth", "--quarter", "2020Q1", "--data", str(tmp_path / way), "--format", "json"]
        growth[way] = json.loads(CliRunner().invoke(cli, words).stdout)
        del growth[way]["data_version"]  # How many messages it took.

    assert growth["files"] == growth["events"]
    assert len(growth["events"]["rows"]) > 3
