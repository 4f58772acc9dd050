"""Files of filings for tests: the samples, and made ones with a fault."""

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path

from infra.imports.pboc.filing_fault import FileProblem
from infra.imports.pboc.filing_zip import ZipLimits
from infra.imports.pboc.package import Package, packages_of

SAMPLES = Path(__file__).parent / "samples"
STEM = "91310000XXBANK018C_DWDKFS_20260930"
DAT = (SAMPLES / f"{STEM}.dat").read_bytes()
LOG = (SAMPLES / f"{STEM}.log").read_bytes()


def log_lines(dat: bytes, stem: str = STEM) -> list[str]:
    """Return the five lines of a right log, counted apart from the code that is tested."""
    row_count = len(dat.split(b"\n")) - (not dat or dat.endswith(b"\n"))
    md5 = hashlib.md5(dat).hexdigest()
    return [f"{stem}.dat", md5, str(len(dat)), "2026-10-08 09:00:00", str(row_count)]


def log_of(dat: bytes, stem: str = STEM) -> bytes:
    return "\n".join(log_lines(dat, stem)).encode()


def put(folder: Path, dat: bytes | None, log: bytes | None, stem: str = STEM) -> list[Path]:
    """Write the loose files of a filing; None: not that one."""
    paths = []
    for suffix, content in ((".dat", dat), (".log", log)):
        if content is not None:
            paths.append(folder / f"{stem}{suffix}")
            paths[-1].write_bytes(content)
    return paths


def put_zip(
    folder: Path,
    entries: Iterable[tuple[str, bytes]],
    stem: str = STEM,
    method: int = zipfile.ZIP_DEFLATED,
) -> Path:
    path = folder / f"{stem}.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def only_package(paths: list[Path], folder: Path, **limits: int) -> Package:
    (outcome,) = packages_of(paths, folder, limits=ZipLimits(**limits))
    assert isinstance(outcome, Package), outcome
    return outcome


def only_problem(paths: list[Path], folder: Path, **limits: int) -> FileProblem:
    (outcome,) = packages_of(paths, folder, limits=ZipLimits(**limits))
    assert isinstance(outcome, FileProblem), outcome
    for fault in outcome.faults:
        assert fault.sentence("zh")
        assert fault.remedy_en in fault.sentence("en")
    return outcome


def rules(problem: FileProblem) -> list[str]:
    return [fault.rule for fault in problem.faults]
