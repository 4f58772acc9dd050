"""A file as it lies on disk: its name, its digest, how it starts and how its text is encoded.

One pass reads it in pieces, so a file may be larger than memory.
"""

import codecs
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

PIECE_BYTES = 2**20
HEAD_BYTES = 2**16
BOM = codecs.BOM_UTF8

UTF8, UTF8_BOM, GB18030, UNKNOWN = "utf-8", "utf-8-sig", "gb18030", ""


class FileError(ValueError):
    """A file that cannot be imported at all; says which, what was found and what to do."""


class SourceFile(NamedTuple):
    """What is known of a file before its rows are read."""

    path: Path
    size_bytes: int
    sha256: str
    encoding: str  # "" where the bytes are neither UTF-8 nor GB 18030.
    head: bytes  # The first HEAD_BYTES, without a byte order mark.

    @property
    def first_line(self) -> str:
        return self.head.split(b"\n", 1)[0].decode(self.encoding or UTF8, errors="replace").strip()


def open_source(path: Path) -> SourceFile:
    """Return what ``path`` is; raise FileError when it cannot be read."""
    try:
        with path.open("rb") as file:
            digest, encoding = _digest_and_encoding(file)
            file.seek(0)
            head = file.read(HEAD_BYTES)
        size_bytes = path.stat().st_size
    except OSError as error:
        raise FileError(
            f"{path}: cannot be read ({error.strerror}). Check the name and that you may read it"
        ) from error
    return SourceFile(path, size_bytes, digest, encoding, head.removeprefix(BOM))


def lines_of(
    source: SourceFile, *, line_bytes_max: int, on_bytes: Callable[[int], None]
) -> Iterator[tuple[int, bytes | None]]:
    """Yield line numbers and lines without line ends; None for a line that is too long."""
    with source.path.open("rb") as file:
        if source.encoding == UTF8_BOM:
            file.seek(len(BOM))
        number = 0
        while line := file.readline(line_bytes_max):
            number += 1
            on_bytes(len(line))
            if len(line) == line_bytes_max and not line.endswith(b"\n"):
                while line and not line.endswith(b"\n"):
                    line = file.readline(line_bytes_max)
                    on_bytes(len(line))
                yield number, None
            else:
                yield number, line.strip()


def _digest_and_encoding(file: BinaryIO) -> tuple[str, str]:
    digest = hashlib.sha256()
    decoders = {
        name: codecs.getincrementaldecoder(name)(errors="strict") for name in (UTF8, GB18030)
    }
    first = True
    has_bom = False
    while piece := file.read(PIECE_BYTES):
        has_bom = has_bom or (first and piece.startswith(BOM))
        first = False
        digest.update(piece)
        for name in list(decoders):
            # ASCII is valid in both; only a piece with more needs a look.
            if not _decodes(decoders[name], piece, is_last=False):
                del decoders[name]
    for name in list(decoders):
        if not _decodes(decoders[name], b"", is_last=True):
            del decoders[name]
    if UTF8 in decoders:
        return digest.hexdigest(), UTF8_BOM if has_bom else UTF8
    return digest.hexdigest(), GB18030 if GB18030 in decoders else UNKNOWN


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, is_last: bool) -> bool:
    try:
        decoder.decode(piece, final=is_last)
    except UnicodeDecodeError:
        return False
    return True
