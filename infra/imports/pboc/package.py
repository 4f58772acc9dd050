"""A filing as it was handed in: its files found, unpacked and checked as files (rules 1 to 4).

What is wrong with one filing stops that filing and no other. Rows are not looked at here.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from infra.imports.pboc import package_remarks as remarks
from infra.imports.pboc.dat_facts import DatFacts, DatMeter, pieces_of_file
from infra.imports.pboc.filing_fault import FileFault, FileProblem, FilingError, unreadable
from infra.imports.pboc.filing_log import LOG_BYTES_MAX, FilingLog, differences, read_log
from infra.imports.pboc.filing_name import (
    DAT,
    LOG,
    SUFFIXES,
    ZIP_SUFFIX,
    FilingName,
    filing_name_of,
)
from infra.imports.pboc.filing_zip import FilingZip, ZipLimits

OnBytes = Callable[[int], None]


class Package(NamedTuple):
    """One filing whose files are sound; ``dat`` is where its rows can be read."""

    name: FilingName
    given: Path  # The .zip or .dat that was handed in.
    dat: Path  # The same file, or where it was unpacked to.
    facts: DatFacts
    log: FilingLog | None  # None: not sent, so rule 3 is unchecked.
    log_content: bytes | None  # As sent.
    remarks: tuple[FileFault, ...]  # What is odd and stops nothing.

    @property
    def is_log_checked(self) -> bool:
        return self.log is not None

    def remarked(self, *odd: FileFault) -> "Package":
        return self._replace(remarks=self.remarks + odd)


def packages_of(
    paths: Iterable[Path],
    unpack_folder: Path,
    *,
    limits: ZipLimits = ZipLimits(),  # noqa: B008 - a tuple, which nobody can change.
    on_bytes: OnBytes = lambda _: None,
) -> list[Package | FileProblem]:
    """Return every filing among ``paths``, or what is wrong with it, in the order given.

    Args:
        paths: .zip, .dat and .log files. A .dat finds its .log among them or beside itself.
        unpack_folder: where archives are unpacked; the caller removes it in the end.
        limits: how far an archive may swell.
        on_bytes: told how many bytes of a .dat were read, for a progress bar.

    """
    given = _Given(paths)
    outcomes = [
        _opened(path, given, unpack_folder, limits, on_bytes)
        for path in given.paths
        if not given.is_read_with_another(path)
    ]
    return _each_filing_once(outcomes)


class _Given:
    """The files handed in, each once, and which belong together."""

    def __init__(self, paths: Iterable[Path]) -> None:
        # Not resolve(): it fails on a link that leads to itself, which is told as any other.
        absolute = {os.path.abspath(path): path for path in paths}  # noqa: PTH100
        self.paths = list(absolute.values())
        self._by_kind: dict[tuple[str, str], list[Path]] = {}
        for path in self.paths:
            self._by_kind.setdefault((path.stem, path.suffix.lower()), []).append(path)

    def of(self, stem: str, suffix: str) -> list[Path]:
        return self._by_kind.get((stem, suffix), [])

    def is_read_with_another(self, path: Path) -> bool:
        """Return whether ``path`` is a log whose .dat or .zip was handed in as well."""
        others = self.of(path.stem, DAT) + self.of(path.stem, ZIP_SUFFIX)
        return path.suffix.lower() == LOG and bool(others)

    def log_of(self, dat: Path) -> Path | None:
        """Return the log that belongs to ``dat``: beside it, else handed in from elsewhere."""
        beside = [dat.with_suffix(suffix) for suffix in (LOG, LOG.upper())]
        found = [path for path in beside if path.exists()] or self.of(dat.stem, LOG)
        return found[0] if found else None


def _opened(
    path: Path, given: _Given, unpack_folder: Path, limits: ZipLimits, on_bytes: OnBytes
) -> Package | FileProblem:
    try:
        name = filing_name_of(path)
        if _content_suffix(path) == ZIP_SUFFIX:
            loose_logs = given.of(path.stem, LOG) if not given.of(path.stem, DAT) else []
            with FilingZip(path, path.stem, limits) as archive:
                outcome = _from_zip(path, name, archive, unpack_folder, on_bytes)
            unread = [remarks.loose_log(log.name) for log in loose_logs]
            return outcome.remarked(*unread) if isinstance(outcome, Package) else outcome
        return _from_dat(path, name, given.log_of(path), on_bytes)
    except FilingError as error:
        return FileProblem(path, (error.fault,))
    except OSError as error:
        return FileProblem(path, (unreadable(path.name, error),))


def _content_suffix(path: Path) -> str:
    """Return .dat or .zip; raise FilingError where ``path`` ends in neither."""
    suffix = path.suffix.lower()
    if suffix == LOG:
        raise FilingError(remarks.log_alone(path.name))
    if suffix not in SUFFIXES:
        raise FilingError(remarks.wrong_ending(path.name))
    return suffix


def _from_zip(
    path: Path, name: FilingName, archive: FilingZip, unpack_folder: Path, on_bytes: OnBytes
) -> Package | FileProblem:
    log_content = b"".join(archive.pieces_of(archive.log, bytes_max=LOG_BYTES_MAX))
    dat = Path(tempfile.mkdtemp(dir=unpack_folder)) / f"{path.stem}{DAT}"
    with dat.open("wb") as file:
        facts = _measured(archive.pieces_of(archive.dat), on_bytes, file.write)
    outcome = _judged(path, name, dat, facts, log_content)
    if isinstance(outcome, FileProblem):
        dat.unlink()
        return outcome
    return outcome if archive.is_deflated else outcome.remarked(remarks.not_deflated(path.name))


def _from_dat(
    path: Path, name: FilingName, log: Path | None, on_bytes: OnBytes
) -> Package | FileProblem:
    with path.open("rb") as file:
        facts = _measured(pieces_of_file(file), on_bytes, lambda _: None)
    log_content = None
    if log is not None:
        with log.open("rb") as file:
            log_content = file.read(LOG_BYTES_MAX + 1)
    return _judged(path, name, path, facts, log_content)


def _measured(
    pieces: Iterator[bytes], on_bytes: OnBytes, keep: Callable[[bytes], object]
) -> DatFacts:
    meter = DatMeter()
    for piece in pieces:
        meter.add(piece)
        keep(piece)
        on_bytes(len(piece))
    return meter.facts()


def _judged(
    given: Path, name: FilingName, dat: Path, facts: DatFacts, log_content: bytes | None
) -> Package | FileProblem:
    """Return the package, or everything that is wrong with its two files."""
    faults: list[FileFault] = []
    log: FilingLog | None = None
    if log_content is not None:
        log_file = f"{given.stem}{LOG}"
        try:
            log = read_log(log_file, log_content)
            faults += differences(log_file, log, f"{given.stem}{DAT}", facts)
        except FilingError as error:
            faults.append(error.fault)
    encoding = facts.encoding_fault(f"{given.stem}{DAT}")
    if encoding is not None:
        faults.append(encoding)
    if faults:
        return FileProblem(given, tuple(faults))
    odd = tuple(remarks.odd_things(given.stem, facts, log))
    return Package(name, given, dat, facts, log, log_content, odd)


def _each_filing_once(outcomes: list[Package | FileProblem]) -> list[Package | FileProblem]:
    """Return ``outcomes`` with one package a filing; two that differ are both refused.

    A folder often holds the .zip and what was packed into it: the same content is one filing.
    """
    by_name: dict[FilingName, list[Package]] = {}
    for outcome in outcomes:
        if isinstance(outcome, Package):
            by_name.setdefault(outcome.name, []).append(outcome)
    kept: list[Package | FileProblem] = []
    for outcome in outcomes:
        if isinstance(outcome, FileProblem):
            kept.append(outcome)
            continue
        twins = by_name[outcome.name]
        if len({twin.facts.sha256 for twin in twins}) > 1:
            fault = remarks.given_twice(outcome.given.name, [str(twin.given) for twin in twins])
            kept.append(FileProblem(outcome.given, (fault,)))
        elif outcome is _best(twins):
            others = [twin.given for twin in twins if twin is not outcome]
            kept.append(outcome.remarked(*(remarks.same_content(str(path)) for path in others)))
    return kept


def _best(twins: list[Package]) -> Package:
    """Return the package that was checked with its log, else the first."""
    return next((twin for twin in twins if twin.is_log_checked), twins[0])
