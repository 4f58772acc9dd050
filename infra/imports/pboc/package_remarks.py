"""What is said of a filing's files beside their contents: what stops it, and what is only odd."""

from collections.abc import Iterator

from infra.imports.pboc.dat_facts import DatFacts
from infra.imports.pboc.filing_fault import RULE_LOG, RULE_NAME, RULE_ZIP, FileFault
from infra.imports.pboc.filing_log import FilingLog, is_blank_md5_of
from infra.imports.pboc.filing_name import SUFFIXES, has_prefix

_NOTHING_ZH = "无需处理。"
_NOTHING_EN = "Nothing to do."


def odd_things(stem: str, facts: DatFacts, log: FilingLog | None) -> Iterator[FileFault]:
    """Yield what is unusual in a filing that can be imported all the same."""
    dat = f"{stem}.dat"
    if has_prefix(stem):
        yield _remark(
            RULE_NAME,
            dat,
            "文件名中表代码前有系统前缀，已略去",
            "a system's prefix stands before the table",
        )
    if facts.ends_with_newline:
        yield _remark(
            "",
            dat,
            "最后一行后有换行符，已接受",
            "the last row ends with a line end, which is accepted",
        )
    if facts.return_count:
        yield _remark(
            "",
            dat,
            "换行符为 \\r\\n，已接受",
            "lines end with \\r\\n, which is accepted",
            str(facts.return_count),
        )
    if log is None:
        yield no_log(dat)
        return
    if is_blank_md5_of(facts, log):
        yield _remark(
            RULE_LOG,
            f"{stem}.log",
            "空表的 MD5 为空，已接受",
            "the MD5 of an empty table is blank, which is accepted",
        )
    elif log.md5 != log.md5.lower():
        yield _remark(
            RULE_LOG,
            f"{stem}.log",
            "MD5 为大写，已接受",
            "the MD5 is in capitals, which is accepted",
        )


def no_log(file: str) -> FileFault:
    """Return that MD5, size and row count could not be checked."""
    return FileFault(
        rule=RULE_LOG,
        file=file,
        wrong_zh="未提供 .log，规则 3（MD5、字节数、行数）未校验",
        wrong_en="without its .log, rule 3 (MD5, size, row count) is unchecked",
        found="",
        expected_zh="",
        expected_en="",
        remedy_zh="如需校验，请将 .log 放在同一文件夹后重新导入。",
        remedy_en="To have it checked, put the .log beside it and import again.",
    )


def not_deflated(file: str) -> FileFault:
    """Return that the archive is readable but not packed as the standard says."""
    return _remark(
        RULE_ZIP, file, "压缩方式不是 DEFLATE，已接受", "not packed by DEFLATE, which is accepted"
    )


def loose_log(file: str) -> FileFault:
    """Return that a log was handed in beside an archive, which holds its own."""
    return _remark(
        RULE_LOG,
        file,
        "压缩包内已有 .log，未读取此文件",
        "not read: the archive holds its own .log",
    )


def same_content(other: str) -> FileFault:
    """Return that the same filing came in another file as well."""
    return _remark(
        "", other, "与同名文件内容相同，只导入一次", "has the same content and is imported once"
    )


def given_twice(file: str, others: list[str]) -> FileFault:
    """Return that one filing came with two contents, so that nobody can say which counts."""
    return FileFault(
        rule=RULE_NAME,
        file=file,
        wrong_zh="同一机构、同一表、同一期给出了内容不同的文件",
        wrong_en="one table of one month was given with different contents",
        found=", ".join(others),
        expected_zh="一份",
        expected_en="one of them",
        remedy_zh="请先导入较早的一份，再单独导入更正的一份。",
        remedy_en="Import the earlier one first and the corrected one after it, by itself.",
    )


def wrong_ending(file: str) -> FileFault:
    """Return that a file is neither .zip, .dat nor .log."""
    return FileFault(
        rule=RULE_NAME,
        file=file,
        wrong_zh="文件扩展名不符合规则",
        wrong_en="the ending of the name is not one of a filing",
        found=file,
        expected_zh="、".join(SUFFIXES),
        expected_en=", ".join(SUFFIXES),
        remedy_zh="请导入 .zip，或 .dat 和 .log。",
        remedy_en="Import the .zip, or the .dat and the .log.",
    )


def log_alone(file: str) -> FileFault:
    """Return that a log came without its .dat."""
    return FileFault(
        rule=RULE_LOG,
        file=file,
        wrong_zh="只有 .log，没有对应的 .dat 或 .zip",
        wrong_en="a .log alone: its .dat or .zip was not given",
        found=file,
        expected_zh="同名的 .dat 或 .zip",
        expected_en="the .dat or .zip of the same name",
        remedy_zh="请一并导入 .dat，或导入 .zip。",
        remedy_en="Import the .dat with it, or the .zip.",
    )


def _remark(rule: str, file: str, zh: str, en: str, found: str = "") -> FileFault:
    return FileFault(
        rule=rule,
        file=file,
        wrong_zh=zh,
        wrong_en=en,
        found=found,
        expected_zh="",
        expected_en="",
        remedy_zh=_NOTHING_ZH,
        remedy_en=_NOTHING_EN,
    )
