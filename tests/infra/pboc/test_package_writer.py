"""What is written is what banks write, and is read back as it was given."""

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.imports.pboc.filing_name import filing_name_of
from infra.imports.pboc.package import Package, packages_of
from infra.imports.pboc.package_writer import write_package
from tests.infra.pboc.package_files import DAT, LOG, SAMPLES, STEM

NAME = filing_name_of(STEM)
LOG_TIME = dt.datetime.fromisoformat("2026-10-08 09:00:00")


def test_the_sample_is_written_as_the_bank_wrote_it(tmp_path: Path) -> None:
    written = write_package(tmp_path, NAME, [DAT[:100], DAT[100:]], LOG_TIME)

    assert written.dat.read_bytes() == DAT
    assert written.log.read_bytes() == LOG
    assert written.facts.row_count == 20
    with zipfile.ZipFile(written.zip) as ours, zipfile.ZipFile(SAMPLES / f"{STEM}.zip") as theirs:
        for mine, other in zip(ours.infolist(), theirs.infolist(), strict=True):
            assert (mine.filename, mine.date_time, mine.CRC) == (
                other.filename,
                other.date_time,
                other.CRC,
            )
            assert mine.compress_type == zipfile.ZIP_DEFLATED
            assert (mine.create_system, mine.external_attr) == (3, 0o100644 << 16)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".dat", ".log", ".zip"]


@pytest.mark.parametrize("dat", [b"", b"\n", "甲|乙\r\n丙|丁\r\n".encode(), b"x" * 3_000_000])
def test_what_is_written_is_read_back(dat: bytes, tmp_path: Path) -> None:
    written = write_package(tmp_path, NAME, [dat], LOG_TIME)

    (package,) = packages_of([written.zip], tmp_path)

    assert isinstance(package, Package)
    assert package.dat.read_bytes() == dat
    assert package.facts == written.facts
    assert package.log is not None
    assert package.log.written_at == LOG_TIME


def test_the_same_filing_is_written_with_the_same_bytes(tmp_path: Path) -> None:
    archives = []
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        archives.append(write_package(tmp_path / place, NAME, [DAT], LOG_TIME).zip.read_bytes())

    assert archives[0] == archives[1]


def test_a_filing_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    before = write_package(tmp_path, NAME, [DAT], LOG_TIME)

    def broken() -> Iterator[bytes]:
        yield b"half a row"
        raise ValueError("no more rows")

    with pytest.raises(ValueError, match="no more rows"):
        write_package(tmp_path, NAME, broken(), LOG_TIME)

    assert before.dat.read_bytes() == DAT
