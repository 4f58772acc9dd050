"""Rule 2: an archive holds the .dat and the .log, and cannot harm who opens it."""

import struct
import zipfile
from pathlib import Path

import pytest

from tests.infra.pboc.package_files import (
    DAT,
    LOG,
    SAMPLES,
    STEM,
    log_of,
    only_package,
    only_problem,
    put_zip,
    rules,
)


@pytest.mark.parametrize(
    "names",
    [
        [f"{STEM}.dat"],
        [f"{STEM}.log"],
        [],
        [f"{STEM}.dat", f"{STEM}.log", "readme.txt"],
        [f"x/{STEM}.dat", f"x/{STEM}.log"],
        ["x/", f"{STEM}.dat", f"{STEM}.log"],
        [f"../{STEM}.dat", f"{STEM}.log"],
        [f"/{STEM}.dat", f"{STEM}.log"],
        [f"{STEM}.dat", f"{STEM}.dat"],
        [f"{STEM}.dat", f"{STEM}.log", f"{STEM}.dat"],
        [f"{STEM}.dat", f"{STEM.replace('0930', '0831')}.log"],
        [f"{STEM}.dat", f"{STEM}.log", f"__MACOSX/._{STEM}.dat"],
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_holds_the_dat_and_the_log_and_nothing_else(
    names: list[str], tmp_path: Path, unpacked: Path
) -> None:
    path = put_zip(tmp_path, [(name, DAT if ".dat" in name else LOG) for name in names])

    problem = only_problem([path], unpacked)

    assert rules(problem) == ["2"]
    assert f"{STEM}.dat and {STEM}.log only" in problem.faults[0].expected_en
    assert sorted(unpacked.rglob("*")) == []
    assert not (tmp_path.parent / f"{STEM}.dat").exists()


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip" * 1000, b"PK\x05\x06", DAT])
def test_what_is_no_archive_is_rule_2(content: bytes, tmp_path: Path, unpacked: Path) -> None:
    path = tmp_path / f"{STEM}.zip"
    path.write_bytes(content)

    assert rules(only_problem([path], unpacked)) == ["2"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_compression_is_refused(method: int, tmp_path: Path, unpacked: Path) -> None:
    entries = [(f"{STEM}.dat", DAT), (f"{STEM}.log", LOG)]

    problem = only_problem([put_zip(tmp_path, entries, method=method)], unpacked)

    assert rules(problem) == ["2"]
    assert "DEFLATE" in problem.faults[0].expected_en


def test_an_archive_with_a_password_is_refused(tmp_path: Path, unpacked: Path) -> None:
    path = tmp_path / f"{STEM}.zip"
    content = bytearray((SAMPLES / f"{STEM}.zip").read_bytes())
    for place in range(len(content)):
        if content[place : place + 4] == b"PK\x01\x02":
            content[place + 8] |= 1
    path.write_bytes(content)

    problem = only_problem([path], unpacked)

    assert problem.faults[0].found == "password"


def bomb(folder: Path, size_bytes: int) -> Path:
    dat = b"0" * size_bytes
    return put_zip(folder, [(f"{STEM}.dat", dat), (f"{STEM}.log", log_of(dat))])


def test_an_archive_that_swells_too_much_is_not_unpacked(tmp_path: Path, unpacked: Path) -> None:
    path = bomb(tmp_path, 1_000_000)

    assert rules(only_problem([path], unpacked, unpacked_bytes_max=999_999)) == ["2"]
    assert rules(only_problem([path], unpacked, any_ratio_bytes_max=0)) == ["2"]
    assert sorted(unpacked.rglob("*.dat")) == []
    assert only_package([path], unpacked).facts.size_bytes == 1_000_000


def test_an_archive_that_lies_about_its_size_stops_at_the_limit(
    tmp_path: Path, unpacked: Path
) -> None:
    """What is claimed is small; the bytes that come out are what is counted."""
    path = bomb(tmp_path, 1_000_000)
    claimed = path.read_bytes().replace((1_000_000).to_bytes(4, "little"), b"\x10\x00\x00\x00")
    path.write_bytes(claimed)

    problem = only_problem([path], unpacked, unpacked_bytes_max=100_000)

    assert rules(problem) == ["2"]
    assert sum(file.stat().st_size for file in unpacked.rglob("*.dat")) <= 100_000


def test_a_list_of_a_thousand_entries_is_not_read(tmp_path: Path, unpacked: Path) -> None:
    path = put_zip(tmp_path, [(f"{number:0100}.dat", b"") for number in range(1000)])

    assert "directory too long" in only_problem([path], unpacked).faults[0].found


def as_large_archive(content: bytes) -> bytes:
    """Return the archive with the directory's size in the record that large ones have."""
    end = content.rindex(b"PK\x05\x06")
    count, size_bytes, offset = struct.unpack_from("<HLL", content, end + 10)
    record = struct.pack(
        "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size_bytes, offset
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    sentinels = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, 2**16 - 1, 2**16 - 1, *[2**32 - 1] * 2, 0
    )
    return content[:end] + record + locator + sentinels


def test_an_archive_in_the_form_for_large_files_is_read(tmp_path: Path, unpacked: Path) -> None:
    path = tmp_path / f"{STEM}.zip"
    path.write_bytes(as_large_archive((SAMPLES / f"{STEM}.zip").read_bytes()))
    long_list = put_zip(unpacked, [(f"{number:0100}.dat", b"") for number in range(1000)])
    long_list.write_bytes(as_large_archive(long_list.read_bytes()))

    assert only_package([path], unpacked).facts.row_count == 20
    assert "directory too long" in only_problem([long_list], unpacked).faults[0].found
