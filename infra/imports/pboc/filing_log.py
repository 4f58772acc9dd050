"""The ``.log`` beside a ``.dat``: what the bank says it sent, and whether that came.

Five lines: name of the ``.dat``, its MD5, its size in bytes, when it was made, and its rows.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import NamedTuple

from infra.imports.pboc.dat_facts import DatFacts
from infra.imports.pboc.filing_fault import RULE_ENCODING, RULE_LOG, FileFault, FilingError, shown
from infra.imports.source_file import BOM

LOG_BYTES_MAX = 4096  # Far more than five lines need; nothing beyond it is read.
LINE_COUNT = 5
_MD5 = re.compile(r"[0-9a-fA-F]{32}")
_WHOLE = re.compile(r"[0-9]{1,18}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_REMEDY_ZH = "请用同一份 .dat 重新生成 .log 后再导入。"
_REMEDY_EN = "Make the .log again from the .dat that is sent, and import both."


class FilingLog(NamedTuple):
    """What a log says."""

    dat_name: str
    md5: str  # In the case it is written in; "" where an empty table has none.
    size_bytes: int
    written_at: dt.datetime  # The bank's own clock.
    row_count: int


class _Line(NamedTuple):
    """What one line of a log is called and must look like."""

    pattern: re.Pattern[str]
    zh: str
    en: str
    expected_zh: str
    expected_en: str


_LINES = (
    _Line(re.compile(r".+"), ".dat 文件名", "name of the .dat", "文件名", "a file name"),
    _Line(re.compile(f"{_MD5.pattern}|"), "MD5", "MD5", "32位十六进制", "32 hexadecimal digits"),
    _Line(_WHOLE, "字节数", "size in bytes", "整数", "a whole number"),
    _Line(_TIME, "生成时间", "time", "例如 2026-10-08 09:00:00", "such as 2026-10-08 09:00:00"),
    _Line(_WHOLE, "行数", "row count", "整数", "a whole number"),
)


def read_log(file: str, content: bytes) -> FilingLog:
    """Return what the log ``file`` says; raise FilingError (rule 3 or 4) when it is none."""
    if content.startswith(BOM):
        raise FilingError(_not_utf8(file, "BOM", line=1))
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FilingError(_not_utf8(file, f"0x{content[error.start]:02X}", line=line)) from error
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if len(lines) == LINE_COUNT + 1 and not lines[-1]:
        del lines[-1]
    if len(lines) != LINE_COUNT:
        raise FilingError(_wrong_line_count(file, len(lines)))
    for number, (expected, told) in enumerate(zip(_LINES, lines, strict=True), start=1):
        if expected.pattern.fullmatch(told) is None:
            raise FilingError(_malformed(file, number, told))
    try:
        written_at = dt.datetime.fromisoformat(lines[3])
    except ValueError as error:
        raise FilingError(_malformed(file, 4, lines[3])) from error
    return FilingLog(lines[0], lines[1], int(lines[2]), written_at, int(lines[4]))


def log_text(log: FilingLog) -> str:
    """Return the text of a log, as ``read_log`` reads it; no line end after the last line."""
    lines = (log.dat_name, log.md5, log.size_bytes, f"{log.written_at:%Y-%m-%d %H:%M:%S}")
    return "\n".join(str(line) for line in (*lines, log.row_count))


def differences(file: str, log: FilingLog, dat_name: str, facts: DatFacts) -> Iterator[FileFault]:
    """Yield where ``log`` differs from the ``.dat`` that came (rule 3).

    An empty table's MD5 may be left blank: one of the programs in use does so.
    """
    pairs = [
        (1, log.dat_name.casefold() == dat_name.casefold(), log.dat_name, dat_name),
        (2, log.md5.lower() == facts.md5 or is_blank_md5_of(facts, log), log.md5, facts.md5),
        (3, log.size_bytes == facts.size_bytes, str(log.size_bytes), str(facts.size_bytes)),
        (5, log.row_count == facts.row_count, str(log.row_count), str(facts.row_count)),
    ]
    for number, is_equal, told, counted in pairs:
        if not is_equal:
            line = _LINES[number - 1]
            yield FileFault(
                rule=RULE_LOG,
                file=file,
                wrong_zh=f".log 中的{line.zh}与 .dat 不符",
                wrong_en=f"the {line.en} in the .log is not that of the .dat",
                found=shown(told) or '""',
                expected_zh=shown(counted),
                expected_en=shown(counted),
                remedy_zh=_REMEDY_ZH,
                remedy_en=_REMEDY_EN,
                line=number,
            )


def is_blank_md5_of(facts: DatFacts, log: FilingLog) -> bool:
    """Return whether ``log`` leaves out the MD5 of an empty table."""
    return not log.md5 and facts.size_bytes == 0


def _malformed(file: str, number: int, found: str) -> FileFault:
    told = _LINES[number - 1]
    return FileFault(
        rule=RULE_LOG,
        file=file,
        wrong_zh=f".log 第 {number} 行（{told.zh}）格式不符",
        wrong_en=f"line {number} of the .log, its {told.en}, is malformed",
        found=shown(found) or '""',
        expected_zh=told.expected_zh,
        expected_en=told.expected_en,
        remedy_zh=_REMEDY_ZH,
        remedy_en=_REMEDY_EN,
        line=number,
    )


def _wrong_line_count(file: str, count: int) -> FileFault:
    names_zh = "、".join(line.zh for line in _LINES)
    names_en = ", ".join(line.en for line in _LINES)
    return FileFault(
        rule=RULE_LOG,
        file=file,
        wrong_zh=".log 行数不符",
        wrong_en="the .log does not have its five lines",
        found=str(count),
        expected_zh=f"{LINE_COUNT} 行：{names_zh}",
        expected_en=f"{LINE_COUNT} lines: {names_en}",
        remedy_zh=_REMEDY_ZH,
        remedy_en=_REMEDY_EN,
    )


def _not_utf8(file: str, found: str, *, line: int) -> FileFault:
    return FileFault(
        rule=RULE_ENCODING,
        file=file,
        wrong_zh=".log 不是不带 BOM 的 UTF-8 编码",
        wrong_en="the .log is not UTF-8 without a byte order mark",
        found=found,
        expected_zh="UTF-8，无 BOM",
        expected_en="UTF-8 without BOM",
        remedy_zh=_REMEDY_ZH,
        remedy_en=_REMEDY_EN,
        line=line,
    )
