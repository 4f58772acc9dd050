"""The ``.zip`` of a filing: exactly its ``.dat`` and its ``.log``, unpacked with a limit.

Nothing is written under a name that stands in the archive, and sizes are counted as bytes come
out, whatever the archive claims.
"""

import contextlib
import errno
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

from infra.imports.pboc.filing_fault import RULE_ZIP, FileFault, FilingError, shown
from infra.imports.source_file import PIECE_BYTES

DIRECTORY_BYTES_MAX = 2**16  # Two entries need some hundred bytes.
_END_OF_DIRECTORY = b"PK\x05\x06"
_END_OF_DIRECTORY_64 = b"PK\x06\x06"
_LOCATOR_64 = b"PK\x06\x07"
_END_BYTES_MAX = 22 + 2**16  # With the longest comment.
_SIZE_IN_64 = 2**32 - 1  # The size stands in the record for large archives.
_IS_ENCRYPTED = 1
_COMPRESSIONS = (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)
# Whatever a damaged archive makes the library raise.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,
    ValueError,
    IndexError,
    OverflowError,
)
_NAMES_SHOWN_MAX = 5
_PACK_AGAIN_ZH = "请重新打包，压缩包内只放 .dat 和 .log 两个文件（无文件夹、无密码）。"
_PACK_AGAIN_EN = "Pack it again with the .dat and the .log only, no folder and no password."


class ZipLimits(NamedTuple):
    """How far an archive may swell: above it, it is taken for an attack and refused."""

    unpacked_bytes_max: int = 4 * 2**30
    unpacked_ratio_max: int = 200  # Of unpacked to packed; loan tables reach about 20.
    any_ratio_bytes_max: int = 64 * 2**20  # A small file may be as regular as it likes.


class FilingZip:
    """An open archive with the two files of a filing."""

    def __init__(self, path: Path, stem: str, limits: ZipLimits) -> None:
        """Open ``path``; raise FilingError (rule 2) when it is not as it must be."""
        self._file = path.name
        self._limits = limits
        self._packed_bytes = path.stat().st_size
        _check_directory_size(path)
        with _telling_damage(self._file):
            self._archive = zipfile.ZipFile(path)
        try:
            self.dat, self.log = self._entries(stem)
        except FilingError:
            self._archive.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    @property
    def is_deflated(self) -> bool:
        return self.dat.compress_type == zipfile.ZIP_DEFLATED

    def pieces_of(self, entry: zipfile.ZipInfo, *, bytes_max: int | None = None) -> Iterator[bytes]:
        """Yield the unpacked bytes of ``entry``; raise FilingError when damaged or too many."""
        most = self._bytes_max if bytes_max is None else min(bytes_max, self._bytes_max)
        size_bytes = 0
        with _telling_damage(self._file):
            unpacked = self._archive.open(entry)
        with unpacked:
            while True:
                with _telling_damage(self._file):
                    piece = unpacked.read(PIECE_BYTES)
                if not piece:
                    return
                size_bytes += len(piece)
                if size_bytes > most:
                    raise FilingError(self._too_large(entry.filename, size_bytes, most))
                yield piece

    @property
    def _bytes_max(self) -> int:
        by_ratio = max(
            self._packed_bytes * self._limits.unpacked_ratio_max, self._limits.any_ratio_bytes_max
        )
        return min(self._limits.unpacked_bytes_max, by_ratio)

    def _entries(self, stem: str) -> tuple[zipfile.ZipInfo, zipfile.ZipInfo]:
        entries = self._archive.infolist()
        wanted = [f"{stem}.dat".casefold(), f"{stem}.log".casefold()]
        by_name = {entry.filename.casefold(): entry for entry in entries}
        if len(entries) != len(wanted) or set(by_name) != set(wanted):
            raise FilingError(self._wrong_files([entry.filename for entry in entries], stem))
        for entry in entries:
            if entry.flag_bits & _IS_ENCRYPTED:
                raise FilingError(self._not_plain(entry.filename, "password"))
            if entry.compress_type not in _COMPRESSIONS:
                method = f"compression method {entry.compress_type}"
                raise FilingError(self._not_plain(entry.filename, method))
        unpacked_bytes = sum(entry.file_size for entry in entries)
        if unpacked_bytes > self._bytes_max:
            raise FilingError(self._too_large(entries[0].filename, unpacked_bytes, self._bytes_max))
        return by_name[wanted[0]], by_name[wanted[1]]

    def _wrong_files(self, names: list[str], stem: str) -> FileFault:
        found = ", ".join(names[:_NAMES_SHOWN_MAX]) or "-"
        more = f" (+{len(names) - _NAMES_SHOWN_MAX})" if len(names) > _NAMES_SHOWN_MAX else ""
        return FileFault(
            rule=RULE_ZIP,
            file=self._file,
            wrong_zh="压缩包内的文件不符合规则",
            wrong_en="the archive does not hold what it must",
            found=shown(found) + more,
            expected_zh=f"仅 {stem}.dat 和 {stem}.log，不含文件夹",
            expected_en=f"{stem}.dat and {stem}.log only, in no folder",
            remedy_zh=_PACK_AGAIN_ZH,
            remedy_en=_PACK_AGAIN_EN,
        )

    def _not_plain(self, name: str, found: str) -> FileFault:
        return FileFault(
            rule=RULE_ZIP,
            file=self._file,
            wrong_zh=f"压缩包内 {shown(name)} 的压缩方式不可读",
            wrong_en=f"{shown(name)} is packed in a way that cannot be read",
            found=found,
            expected_zh="DEFLATE，无密码",
            expected_en="DEFLATE without a password",
            remedy_zh=_PACK_AGAIN_ZH,
            remedy_en=_PACK_AGAIN_EN,
        )

    def _too_large(self, name: str, size_bytes: int, most: int) -> FileFault:
        return FileFault(
            rule=RULE_ZIP,
            file=self._file,
            wrong_zh=f"压缩包内 {shown(name)} 解压后过大",
            wrong_en=f"{shown(name)} is too large when unpacked",
            found=f"≥ {size_bytes} bytes",
            expected_zh=f"不超过 {most} 字节",
            expected_en=f"at most {most} bytes",
            remedy_zh="请核对压缩包来源；确为报送文件的，请直接导入解压后的 .dat 和 .log。",
            remedy_en="Check where it comes from; if it is right, import .dat and .log unpacked.",
        )


def _check_directory_size(path: Path) -> None:
    """Raise FilingError when the list of entries is too long to be read into memory."""
    with path.open("rb") as file:
        size_bytes = file.seek(0, 2)
        file.seek(max(0, size_bytes - _END_BYTES_MAX))
        tail = file.read(_END_BYTES_MAX)
        place = tail.rfind(_END_OF_DIRECTORY)
        if place < 0 or len(tail) < place + 22:
            raise FilingError(_damaged(path.name, zipfile.BadZipFile("no end of directory")))
        (directory_bytes,) = struct.unpack_from("<L", tail, place + 12)
        locator = tail[max(0, place - 20) : place]
        if locator.startswith(_LOCATOR_64) and len(locator) == 20:
            file.seek(min(size_bytes, struct.unpack_from("<Q", locator, 8)[0]))
            record = file.read(56)
            if record.startswith(_END_OF_DIRECTORY_64) and len(record) == 56:
                (directory_bytes,) = struct.unpack_from("<Q", record, 40)
    if directory_bytes > DIRECTORY_BYTES_MAX:
        raise FilingError(_damaged(path.name, zipfile.BadZipFile("directory too long")))


@contextlib.contextmanager
def _telling_damage(file: str) -> Iterator[None]:
    """Turn what the library raises over a damaged archive into a FilingError."""
    try:
        yield
    except _DAMAGE as error:
        raise FilingError(_damaged(file, error)) from error
    except OSError as error:
        # A place before the start of the file, as damaged sizes give; else the disk's own trouble.
        if error.errno != errno.EINVAL:
            raise
        raise FilingError(_damaged(file, error)) from error


def _damaged(file: str, error: Exception) -> FileFault:
    return FileFault(
        rule=RULE_ZIP,
        file=file,
        wrong_zh="压缩包已损坏或不是 ZIP 文件",
        wrong_en="the archive is damaged or is no ZIP file",
        found=shown(str(error)),
        expected_zh="完整的 ZIP 文件",
        expected_en="a whole ZIP file",
        remedy_zh="请重新打包或重新传输后再导入。",
        remedy_en="Pack or transfer it again and import it.",
    )
