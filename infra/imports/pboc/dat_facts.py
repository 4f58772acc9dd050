"""What a ``.dat`` is, from one pass over its bytes: digests, rows, line ends, encoding.

Nothing is held but the piece at hand, so a file may be larger than memory.
"""

import codecs
import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from infra.imports.pboc.filing_fault import RULE_ENCODING, FileFault
from infra.imports.source_file import BOM, PIECE_BYTES

_REMEDY_ZH = "请将文件另存为不带 BOM 的 UTF-8 编码，重新生成 .log 和 .zip 后再导入。"
_REMEDY_EN = "Save it as UTF-8 without BOM, make .log and .zip again, and import them."


class BadByte(NamedTuple):
    """The first byte that is not UTF-8, by its place in its line, both from 1."""

    line: int
    place: int
    value: int


class DatFacts(NamedTuple):
    """What is known of a file before its rows are read."""

    size_bytes: int
    sha256: str
    md5: str
    row_count: int  # Lines; the last may lack its line end.
    return_count: int  # Lines that end in \\r\\n.
    ends_with_newline: bool
    has_bom: bool
    bad_byte: BadByte | None

    def encoding_fault(self, file: str) -> FileFault | None:
        """Return why this is not UTF-8 without a byte order mark (rule 4); None: it is."""
        if self.has_bom:
            line, found = 1, "EF BB BF"
            zh, en = "文件以 BOM 开头", "the file starts with a byte order mark"
        elif self.bad_byte is not None:
            line, found = self.bad_byte.line, f"0x{self.bad_byte.value:02X}"
            zh = f"第 {line} 行第 {self.bad_byte.place} 字节起不是 UTF-8 编码"
            en = f"line {line} is not UTF-8 from its byte {self.bad_byte.place} on"
        else:
            return None
        return FileFault(
            rule=RULE_ENCODING,
            file=file,
            wrong_zh=zh,
            wrong_en=en,
            found=found,
            expected_zh="UTF-8，无 BOM",
            expected_en="UTF-8 without BOM",
            remedy_zh=_REMEDY_ZH,
            remedy_en=_REMEDY_EN,
            line=line,
        )


def pieces_of_file(file: BinaryIO) -> Iterator[bytes]:
    """Yield the rest of ``file`` in pieces."""
    while piece := file.read(PIECE_BYTES):
        yield piece


class DatMeter:
    """Adds up the facts of a file from its pieces."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._head = b""
        self._last = b""
        self._size_bytes = 0
        self._newline_count = 0
        self._return_count = 0
        self._line_start = 0  # Where the line that goes on begins, in bytes from the start.
        self._decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
        self._bad_byte: BadByte | None = None

    def add(self, piece: bytes) -> None:
        """Take the next bytes of the file."""
        if not piece:
            return
        self._sha256.update(piece)
        self._md5.update(piece)
        if len(self._head) < len(BOM):
            self._head += piece[: len(BOM)]
        self._decode(piece, is_last=False)
        if self._last == b"\r" and piece.startswith(b"\n"):
            self._return_count += 1
        if b"\r" in piece:  # Rare, and far quicker to see than to count.
            self._return_count += piece.count(b"\r\n")
        newline_count = piece.count(b"\n")
        if newline_count:
            self._line_start = self._size_bytes + piece.rfind(b"\n") + 1
        self._newline_count += newline_count
        self._size_bytes += len(piece)
        self._last = piece[-1:]

    def facts(self) -> DatFacts:
        """Return what the file is, once all of it was added."""
        self._decode(b"", is_last=True)
        ends_with_newline = self._last == b"\n"
        has_unended_line = self._size_bytes > 0 and not ends_with_newline
        return DatFacts(
            size_bytes=self._size_bytes,
            sha256=self._sha256.hexdigest(),
            md5=self._md5.hexdigest(),
            row_count=self._newline_count + has_unended_line,
            return_count=self._return_count,
            ends_with_newline=ends_with_newline,
            has_bom=self._head.startswith(BOM),
            bad_byte=self._bad_byte,
        )

    def _decode(self, piece: bytes, *, is_last: bool) -> None:
        if self._decoder is None:
            return
        pending = self._decoder.getstate()[0]
        if not pending and piece.isascii():
            return
        try:
            self._decoder.decode(piece, final=is_last)
        except UnicodeDecodeError as error:
            self._decoder = None
            # Bytes held over from the piece before hold no line end.
            seen = (pending + piece)[: error.start]
            line_start = self._line_start
            if b"\n" in seen:
                line_start = self._size_bytes - len(pending) + seen.rfind(b"\n") + 1
            place = self._size_bytes - len(pending) + error.start - line_start + 1
            line = self._newline_count + seen.count(b"\n") + 1
            self._bad_byte = BadByte(line, place, (pending + piece)[error.start])


def facts_of(pieces: Iterable[bytes]) -> DatFacts:
    """Return what the file made of ``pieces`` is."""
    meter = DatMeter()
    for piece in pieces:
        meter.add(piece)
    return meter.facts()
