"""The findings of a trial (试报) as a workbook in Chinese, from which a bank's clerk mends a file.

The first sheet says how each file fared, the sheets after it list what to mend, row by row.
Every cell is written as text or as a number, never as a formula, whatever stands in the file.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import xlsxwriter

from infra.imports.pboc.findings import WHOLE_FILE, Finding, Findings, Kind
from infra.imports.pboc.rule import FORM, MANDATORY, Level

SHEET_ROWS_MAX = 1_048_576  # Of Excel.
_CELL_CHARACTERS_MAX = 500
_CUT = "…"
# What is no character of XML would make the workbook unreadable.
_NO_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
TRIAL = "试报, 未入库"
_LEVELS = {Level.REFUSE: "退回", Level.WARN: "提示", Level.PERIOD: "跨期"}
_LEVEL_MEANINGS = (
    ("退回", "该行未通过校验, 不予接收, 须修改后重报"),
    ("提示", "该行可以接收, 请核对; 有误的修改后重报"),
    ("跨期", "该文件或与其他报送不一致, 请核对"),
)
_RULES = {MANDATORY: "必填", FORM: "格式"}
_FINDING_COLUMNS = (
    ("文件", 44),
    ("行", 9),
    ("字段(中文)", 22),
    ("字段名", 22),
    ("规则", 8),
    ("级别", 8),
    ("发现值", 34),
    ("应为", 40),
    ("示例", 26),
    ("说明", 70),
)
_SUMMARY_WIDTHS = (44, 24, 12, 12, 12, 12, 12, 70)
_FILE_COLUMNS = ("文件", "表", "行数", "可接收", "退回行", "提示条数", "跨期条数", "说明")
_COUNT_COLUMNS = ("文件", "字段(中文)", "字段名", "规则", "级别", "条数", "", "说明")
_UNCHECKED_COLUMNS = ("文件", "", "", "规则", "", "", "", "未检查原因")


class CheckedFiling(NamedTuple):
    """One file that was tried: what was found, and how many of its rows there are."""

    findings: Findings
    row_count: int
    refused_count: int

    @property
    def accepted_count(self) -> int:
        return self.row_count - self.refused_count


class _Sheet:
    """One sheet, written from the top, a row at a time."""

    def __init__(self, book: Any, name: str, widths: Sequence[int]) -> None:
        self.sheet = book.add_worksheet(name)
        self.bold = book.add_format({"bold": True})
        self.head = book.add_format({"bold": True, "bg_color": "#D9E2EC", "text_wrap": True})
        self.plain = book.add_format({"valign": "top", "text_wrap": True})
        self.row_count = 0
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)

    def write(self, cells: Sequence[str | int], style: Any = None) -> None:
        for column, cell in enumerate(cells):
            if isinstance(cell, int):
                self.sheet.write_number(self.row_count, column, cell, style)
            elif cell:
                # Not sheet.write: it makes a formula of =1+1 and a link of an address.
                self.sheet.write_string(self.row_count, column, _fitting(cell), style)
        self.row_count += 1


def write_findings(
    target: Path | BinaryIO,
    filings: Sequence[CheckedFiling],
    *,
    sheet_rows_max: int = SHEET_ROWS_MAX,
) -> None:
    """Write the workbook; memory does not grow with the number of findings."""
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        _write_summary(book, filings)
        _write_listed(book, filings, sheet_rows_max)


def _fitting(text: str) -> str:
    shown = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    if len(shown) > _CELL_CHARACTERS_MAX:
        return shown[: _CELL_CHARACTERS_MAX - 1] + _CUT
    return shown


def _write_summary(book: Any, filings: Sequence[CheckedFiling]) -> None:
    sheet = _Sheet(book, "汇总", _SUMMARY_WIDTHS)
    sheet.write([f"金融基础数据校验结果({TRIAL})"], sheet.bold)
    sheet.write(
        ["数据没有入库。请按“问题清单”逐行修改文件, 重新生成 .dat、.log 和 .zip 后再报送。"]
    )
    for level, meaning in _LEVEL_MEANINGS:
        sheet.write([f"{level}: {meaning}"])
    sheet.write([])
    sheet.write(_FILE_COLUMNS, sheet.head)
    for filing in filings:
        sheet.write(_file_cells(filing), sheet.plain)
    sheet.write([])
    _write_counts(sheet, filings)
    if any(filing.findings.unchecked for filing in filings):
        sheet.write([])
        sheet.write(["未检查的规则"], sheet.bold)
        sheet.write(_UNCHECKED_COLUMNS, sheet.head)
        for filing in filings:
            for rule, zh, _ in filing.findings.unchecked:
                sheet.write([filing.findings.file_name, "", "", rule, "", "", "", zh], sheet.plain)


def _file_cells(filing: CheckedFiling) -> list[str | int]:
    findings = filing.findings
    said = "" if findings.count else "未发现问题"
    if findings.unlisted_count:
        said = f"问题较多, 清单只列出 {findings.listed_count} 条, 另有 {findings.unlisted_count} 条"
    return [
        findings.file_name,
        findings.spec.name_zh if findings.spec else "无法识别",
        filing.row_count,
        filing.accepted_count,
        filing.refused_count,
        findings.count_of(Level.WARN),
        findings.count_of(Level.PERIOD),
        said,
    ]


def _write_counts(sheet: _Sheet, filings: Sequence[CheckedFiling]) -> None:
    sheet.write(["各规则问题条数(一行可有多条)"], sheet.bold)
    sheet.write(_COUNT_COLUMNS, sheet.head)
    for filing in filings:
        findings = filing.findings
        for kind, count in sorted(findings.counts.items(), key=_gravest_first):
            sheet.write(
                [
                    findings.file_name,
                    findings.field_zh(kind.field),
                    kind.field,
                    _rule_name(kind.rule),
                    _LEVELS[kind.level],
                    count,
                    "",
                    findings.meanings[kind][0],
                ],
                sheet.plain,
            )


def _gravest_first(counted: tuple[Kind, int]) -> tuple[int, int]:
    kind, count = counted
    return list(_LEVELS).index(kind.level), -count


def _rule_name(number: str) -> str:
    return _RULES.get(number, number)


def _write_listed(book: Any, filings: Sequence[CheckedFiling], sheet_rows_max: int) -> None:
    """Write sheets of findings, as many as there must be, at least one."""
    cells = (_finding_cells(one) for filing in filings for one in filing.findings.listed())
    number = 1
    while True:
        name = "问题清单" if number == 1 else f"问题清单{number}"
        part = islice(cells, sheet_rows_max - 1)
        first = next(part, None)
        if first is None and number > 1:
            return
        _write_list(book, name, first, part)
        number += 1


def _write_list(
    book: Any, name: str, first: list[str | int] | None, rest: Iterator[list[str | int]]
) -> None:
    sheet = _Sheet(book, name, [width for _, width in _FINDING_COLUMNS])
    sheet.sheet.freeze_panes(1, 0)
    sheet.write([title for title, _ in _FINDING_COLUMNS], sheet.head)
    if first is not None:
        sheet.write(first, sheet.plain)
        for cells in rest:
            sheet.write(cells, sheet.plain)
    sheet.sheet.autofilter(0, 0, sheet.row_count - 1, len(_FINDING_COLUMNS) - 1)


def _finding_cells(finding: Finding) -> list[str | int]:
    return [
        finding.file_name,
        "整个文件" if finding.line == WHOLE_FILE else finding.line,
        finding.field_zh,
        finding.field,
        _rule_name(finding.rule),
        _LEVELS[finding.level],
        finding.found or ("(空)" if finding.field else ""),
        finding.expected,
        finding.example,
        finding.zh,
    ]
