"""The files of a filing are found, read and counted, each filing once."""

import hashlib
import shutil
import zipfile
from pathlib import Path

import pytest

from infra.imports.pboc.filing_fault import FileProblem
from infra.imports.pboc.package import Package, packages_of
from tests.infra.pboc.package_files import (
    DAT,
    LOG,
    SAMPLES,
    STEM,
    log_lines,
    log_of,
    only_package,
    only_problem,
    put,
    put_zip,
    rules,
)


@pytest.mark.parametrize("table", ["DWDKFS", "CLDWDK"])
def test_a_sample_archive_is_a_sound_package(table: str, unpacked: Path) -> None:
    stem = f"91310000XXBANK018C_{table}_20260930"
    sent = (SAMPLES / f"{stem}.dat").read_bytes()

    package = only_package([SAMPLES / f"{stem}.zip"], unpacked)

    assert package.name.stem == stem
    assert package.dat.read_bytes() == sent
    assert package.dat.is_relative_to(unpacked)
    assert package.facts.row_count == 20
    assert package.facts.size_bytes == len(sent)
    assert package.facts.sha256 == hashlib.sha256(sent).hexdigest()
    assert package.is_log_checked
    assert package.log_content == (SAMPLES / f"{stem}.log").read_bytes()
    assert package.remarks == ()


def test_a_dat_finds_its_log_beside_itself_or_among_the_files(
    tmp_path: Path, unpacked: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    dat, log = put(tmp_path, DAT, LOG)
    (moved,) = put(elsewhere, None, LOG)

    assert only_package([dat], unpacked).is_log_checked
    assert only_package([log, dat], unpacked).is_log_checked
    log.unlink()
    assert only_package([dat, moved], unpacked).is_log_checked
    assert only_package([dat], unpacked).dat == dat


def test_without_a_log_its_rule_is_said_to_be_unchecked(tmp_path: Path, unpacked: Path) -> None:
    package = only_package(put(tmp_path, DAT, None), unpacked)

    assert not package.is_log_checked
    assert [(remark.rule, "unchecked" in remark.wrong_en) for remark in package.remarks] == [
        ("3", True)
    ]
    assert "未校验" in package.remarks[0].sentence("zh")


@pytest.mark.parametrize(
    ("dat", "row_count", "remark_count"),
    [(b"", 0, 0), (b"a\nb", 2, 0), (b"a\nb\n", 2, 1), (b"a\r\nb\r\n", 2, 2), (b"a\r\nb", 2, 1)],
)
def test_rows_are_lines_whether_or_not_the_last_one_ends(
    dat: bytes, row_count: int, remark_count: int, tmp_path: Path, unpacked: Path
) -> None:
    package = only_package(put(tmp_path, dat, log_of(dat)), unpacked)

    assert package.facts.row_count == row_count
    assert len(package.remarks) == remark_count


@pytest.mark.parametrize("md5", ["", hashlib.md5(b"").hexdigest()])
def test_an_empty_table_may_have_a_blank_md5(md5: str, tmp_path: Path, unpacked: Path) -> None:
    lines = log_lines(b"")
    lines[1] = md5

    package = only_package(put(tmp_path, b"", "\n".join(lines).encode()), unpacked)

    assert package.facts.row_count == 0
    assert len(package.remarks) == (md5 == "")


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
def test_a_log_may_end_with_a_line_end_of_either_kind(
    ending: bytes, tmp_path: Path, unpacked: Path
) -> None:
    log = LOG.replace(b"\n", ending) if ending == b"\r\n" else LOG

    assert only_package(put(tmp_path, DAT, log + ending), unpacked).is_log_checked


def test_an_md5_in_capitals_and_an_archive_without_compression_are_remarked(
    tmp_path: Path, unpacked: Path
) -> None:
    lines = log_lines(DAT)
    lines[1] = lines[1].upper()
    log = "\n".join(lines).encode()
    path = put_zip(
        tmp_path, [(f"{STEM}.dat", DAT), (f"{STEM}.log", log)], method=zipfile.ZIP_STORED
    )

    package = only_package([path], unpacked)

    assert sorted(remark.rule for remark in package.remarks) == ["2", "3"]


def test_a_prefix_of_a_system_in_the_name_is_read_over(tmp_path: Path, unpacked: Path) -> None:
    stem = "91310000XXBANK018C_JS_101_DWDKFS_20260930"

    package = only_package(put(tmp_path, DAT, log_of(DAT, stem), stem), unpacked)

    assert package.name.stem == STEM
    assert [remark.rule for remark in package.remarks] == ["1"]


def test_a_folder_with_an_archive_and_what_is_in_it_gives_every_filing_once(
    unpacked: Path,
) -> None:
    paths = sorted(path for path in SAMPLES.iterdir() if path.name.startswith("9131"))

    outcomes = packages_of([*reversed(paths), *paths], unpacked)

    assert len(paths) == 6
    packages = [outcome for outcome in outcomes if isinstance(outcome, Package)]
    assert len(packages) == len(outcomes)
    assert sorted(package.name.table for package in packages) == ["CLDWDK", "DWDKFS"]
    assert [len(package.remarks) for package in packages] == [1, 1]  # The copy of each.


def test_a_loose_log_beside_an_archive_is_said_not_to_be_read(
    tmp_path: Path, unpacked: Path
) -> None:
    logs = put(tmp_path, None, b"anything")

    package = only_package([*logs, SAMPLES / f"{STEM}.zip"], unpacked)

    assert ["not read" in remark.wrong_en for remark in package.remarks] == [True]
    assert rules(only_problem([*logs, *put_zip_without_log(tmp_path)], unpacked)) == ["2"]


def put_zip_without_log(folder: Path) -> list[Path]:
    return [put_zip(folder, [(f"{STEM}.dat", DAT)])]


def test_of_two_copies_the_one_with_a_log_counts(tmp_path: Path, unpacked: Path) -> None:
    bare = put(tmp_path, DAT, None)

    package = only_package([*bare, SAMPLES / f"{STEM}.zip"], unpacked)

    assert package.is_log_checked
    assert [remark.file for remark in package.remarks] == [str(bare[0])]


def test_two_contents_of_one_filing_stop_both(tmp_path: Path, unpacked: Path) -> None:
    other = DAT.replace(b"3000000.00", b"3000001.00")
    paths = [*put(tmp_path, other, log_of(other)), SAMPLES / f"{STEM}.zip"]

    outcomes = packages_of(paths, unpacked)

    assert [rules(o) for o in outcomes if isinstance(o, FileProblem)] == [["1"], ["1"]]


def test_a_bad_filing_stops_no_other(tmp_path: Path, unpacked: Path) -> None:
    bad = put(tmp_path, DAT + b"x", LOG)
    good = SAMPLES / "91310000XXBANK018C_CLDWDK_20260930.zip"

    bad_outcome, good_outcome = packages_of([*bad, good], unpacked)

    assert isinstance(bad_outcome, FileProblem)
    assert isinstance(good_outcome, Package)


def test_a_log_alone_is_a_problem(tmp_path: Path, unpacked: Path) -> None:
    assert rules(only_problem(put(tmp_path, None, LOG), unpacked)) == ["3"]


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path, unpacked: Path) -> None:
    (dat_problem,) = packages_of([tmp_path / f"{STEM}.dat"], unpacked)
    (zip_problem,) = packages_of([tmp_path / f"{STEM}.zip"], unpacked)

    for problem in (dat_problem, zip_problem):
        assert isinstance(problem, FileProblem)
        assert rules(problem) == ["F"]
        assert "No such file" in problem.faults[0].found


def test_a_wrong_name_is_rule_1(tmp_path: Path, unpacked: Path) -> None:
    (path,) = put(tmp_path, DAT, None, "91310000XXBANK018C_DWDKFS_20260929")

    assert rules(only_problem([path], unpacked)) == ["1"]


def test_the_progress_counts_every_byte_of_the_dat(tmp_path: Path, unpacked: Path) -> None:
    counts: list[int] = []

    packages_of([SAMPLES / f"{STEM}.zip"], unpacked, on_bytes=counts.append)

    assert sum(counts) == len(DAT)


def test_a_link_that_leads_to_itself_is_a_problem(tmp_path: Path, unpacked: Path) -> None:
    path = tmp_path / f"{STEM}.dat"
    path.symlink_to(path)

    assert rules(only_problem([path], unpacked)) == ["F"]


def test_a_disk_without_room_is_a_problem_of_the_file(tmp_path: Path) -> None:
    gone = tmp_path / "unpacked"
    gone.mkdir()
    shutil.rmtree(gone)

    assert rules(only_problem([SAMPLES / f"{STEM}.zip"], gone)) == ["F"]
