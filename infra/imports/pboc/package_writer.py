"""Writes a filing as banks do: ``.dat``, ``.log`` and the ``.zip`` of both.

The same rows and the same time give the same ``.dat`` and ``.log`` everywhere, and the same
``.zip`` wherever the same zlib packs it.
"""

import datetime as dt
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from infra.imports.pboc.dat_facts import DatFacts, DatMeter, pieces_of_file
from infra.imports.pboc.filing_log import FilingLog, log_text
from infra.imports.pboc.filing_name import DAT, LOG, ZIP_SUFFIX, FilingName

_UNIX = 3
_PLAIN_FILE = 0o100644 << 16
_UNFINISHED = ".part"


class WrittenPackage(NamedTuple):
    """The three files that were written, and what the ``.dat`` is."""

    dat: Path
    log: Path
    zip: Path
    facts: DatFacts


def write_package(
    folder: Path, name: FilingName, dat_pieces: Iterable[bytes], log_time: dt.datetime
) -> WrittenPackage:
    """Write the filing ``name`` into ``folder``; files of the same names are replaced.

    Args:
        folder: is there.
        name: of the filing.
        dat_pieces: the bytes of the .dat, in pieces of any size.
        log_time: what the log and the archive give as their time, from 1980 on.

    """
    return write_files(folder, name.stem, dat_pieces, log_time)


def write_files(
    folder: Path,
    stem: str,
    dat_pieces: Iterable[bytes],
    log_time: dt.datetime,
    *,
    log_content: bytes | None = None,
) -> WrittenPackage:
    """Do the same under any name; ``log_content`` is a log that is there already."""
    dat, log, packed = (folder / f"{stem}{suffix}" for suffix in (DAT, LOG, ZIP_SUFFIX))
    meter = DatMeter()
    # Under their own names only when whole: a file that is there can be trusted.
    with _unfinished(dat).open("wb") as file:
        for piece in dat_pieces:
            meter.add(piece)
            file.write(piece)
    facts = meter.facts()
    if log_content is None:
        told = FilingLog(dat.name, facts.md5, facts.size_bytes, log_time, facts.row_count)
        log_content = log_text(told).encode()
    _unfinished(log).write_bytes(log_content)
    with zipfile.ZipFile(_unfinished(packed), "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (dat, log):
            _pack(archive, path, log_time)
    for path in (dat, log, packed):
        _unfinished(path).replace(path)
    return WrittenPackage(dat, log, packed, facts)


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + _UNFINISHED)


def _pack(archive: zipfile.ZipFile, path: Path, log_time: dt.datetime) -> None:
    entry = zipfile.ZipInfo(path.name, log_time.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    # Told, not taken from this machine, or the archive would differ between systems.
    entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
    unpacked = _unfinished(path)
    entry.file_size = unpacked.stat().st_size
    with unpacked.open("rb") as file, archive.open(entry, "w") as packed:
        for piece in pieces_of_file(file):
            packed.write(piece)
