"""The workbook of findings, read again: what a bank's clerk sees."""

import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from infra.imports.pboc import findings as findings_module
from infra.imports.pboc.check_rows import check_rows
from infra.imports.pboc.findings import Findings
from infra.imports.pboc.findings_xlsx import CheckedFiling, write_findings
from infra.imports.pboc.rule import Level
from infra.imports.pboc.table_spec import spec_of
from tests.infra.pboc.filings import rows_of, sound_row

FILE = "91310000XXBANK018C_DWDKFS_20260930.dat"
HEAD = ["文件", "行", "字段(中文)", "字段名", "规则", "级别", "发现值", "应为", "示例", "说明"]
_NAMES = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}

Cell = str | float


class Book:
    """A workbook as Excel stores it, read without a library."""

    def __init__(self, content: bytes) -> None:
        self.archive = zipfile.ZipFile(io.BytesIO(content))
        sheets = self.xml("xl/workbook.xml").iterfind(".//s:sheet", _NAMES)
        self.names = [sheet.attrib["name"] for sheet in sheets]

    def xml(self, path: str) -> ET.Element:
        return ET.fromstring(self.archive.read(path))

    def sheet(self, name: str) -> ET.Element:
        return self.xml(f"xl/worksheets/sheet{self.names.index(name) + 1}.xml")

    def rows(self, name: str) -> list[list[Cell]]:
        """Return the cells of every row from the first column on; blank ones are empty texts."""
        return [self._cells(row) for row in self.sheet(name).iterfind(".//s:row", _NAMES)]

    def _cells(self, row: ET.Element) -> list[Cell]:
        cells: dict[int, Cell] = {}
        for cell in row.iterfind("s:c", _NAMES):
            letters = re.match("[A-Z]+", cell.attrib["r"])
            assert letters is not None
            assert cell.find("s:f", _NAMES) is None, "a formula"
            text = "".join(cell.itertext())
            is_text = cell.attrib.get("t") == "inlineStr"
            cells[ord(letters[0]) - ord("A")] = text if is_text else float(text)
        return [cells.get(column, "") for column in range(max(cells, default=-1) + 1)]


def book_of(*filings: CheckedFiling, **options: int) -> Book:
    file = io.BytesIO()
    write_findings(file, filings, **options)
    return Book(file.getvalue())


def checked(lines: list[str], table: str = "DWDKFS", file_name: str = FILE) -> CheckedFiling:
    spec = spec_of(table)
    rows = rows_of(spec, lines)
    findings = Findings(file_name, spec)
    result = check_rows(rows)
    for broken in result.groups:
        findings.add_broken(rows, broken)
    return CheckedFiling(findings, rows.size, int(result.refused.sum()))


def test_a_clerk_reads_what_to_mend_where() -> None:
    filing = checked(
        [
            sound_row("DWDKFS"),
            sound_row("DWDKFS", matures_on="2026-09-02"),
            sound_row("DWDKFS", currency=""),
            sound_row("DWDKFS", product_code="F777"),
        ]
    )
    book = book_of(filing)

    assert book.names == ["汇总", "问题清单"]
    assert book.rows("问题清单") == [
        HEAD,
        [
            FILE, 2.0, "贷款到期日期", "matures_on", "20", "退回", "2026-09-02",
            "不早于贷款发放日期", "2027-09-02", "贷款到期日期不得早于贷款发放日期",
        ],
        [FILE, 3.0, "币种", "currency", "必填", "退回", "(空)", "必填", "CNY", "必填字段不得为空"],
        [
            FILE, 4.0, "贷款产品类别", "product_code", "14", "提示", "F777",
            "贷款产品类别代码, 如 F0211 F0212 F02131 F02132 F0219 F022 F023 F041 F042 F051 F052 F053",
            "F022", "代码不在已知值域之内或有待确认, 先行接收, 请核对",
        ],
    ]  # fmt: skip


def test_the_summary_says_how_each_file_fared_and_that_nothing_was_stored() -> None:
    good = checked([sound_row("CLDWDK")] * 3, "CLDWDK", "good.dat")
    bad = checked([sound_row("DWDKFS", currency="", purpose_text="?")] * 2 + [sound_row("DWDKFS")])
    bad.findings.add(
        "55", Level.PERIOD, [3], "balance", "1.00", "期初加减发生额等于期末", "adds up"
    )
    bad.findings.add_unchecked("45", "未报送 FTYKHX, 未核对客户信息", "FTYKHX was not sent")
    rows = book_of(good, bad).rows("汇总")

    assert rows[0] == ["金融基础数据校验结果(试报, 未入库)"]
    assert ["good.dat", "存量单位贷款信息", 3.0, 3.0, 0.0, 0.0, 0.0, "未发现问题"] in rows
    assert [FILE, "单位贷款发生额信息", 3.0, 1.0, 2.0, 0.0, 1.0] in [row[:7] for row in rows]
    counted = [row[1:6] for row in rows if len(row) == 8 and row[4] in {"退回", "跨期"}]
    assert counted == [
        ["币种", "currency", "必填", "退回", 2.0],
        ["贷款用途", "purpose_text", "8", "退回", 2.0],
        ["balance", "balance", "55", "跨期", 1.0],
    ]
    assert rows[-1] == [FILE, "", "", "45", "", "", "", "未报送 FTYKHX, 未核对客户信息"]


@pytest.mark.parametrize(
    "value", ["=1+1", "+1", "-1", "@SUM(A1)", "https://example.org", "0012", "{=1}", "  x"]
)
def test_what_stands_in_a_file_is_never_more_than_text(value: str) -> None:
    findings = Findings(FILE, spec_of("DWDKFS"))
    findings.add("8", Level.REFUSE, [1], "purpose_text", value, value, "text", example=value)
    book = book_of(CheckedFiling(findings, 1, 1))
    row = book.rows("问题清单")[1]

    assert (row[6], row[8], row[9]) == (value, value, value)
    assert not any("hyperlink" in name for name in book.archive.namelist())
    assert book.sheet("问题清单").find(".//s:hyperlinks", _NAMES) is None


def test_long_and_unprintable_values_make_a_workbook_that_opens() -> None:
    findings = Findings(FILE, spec_of("DWDKFS"))
    found = ["甲" * 40_000, "a\x00b\x0bc\ufffe", "<&>\"'", "\U0001f600"]
    findings.add("8", Level.REFUSE, [1, 2, 3, 4], "purpose_text", found, "标记", "marks")
    values = [row[6] for row in book_of(CheckedFiling(findings, 4, 4)).rows("问题清单")[1:]]

    assert values == ["甲" * 499 + "…", "a\ufffdb\ufffdc\ufffd", "<&>\"'", "\U0001f600"]


def test_more_rows_than_a_sheet_holds_go_on_in_the_next() -> None:
    findings = Findings(FILE, spec_of("DWDKFS"))
    findings.add("M", Level.REFUSE, range(1, 10), "currency", "", "必填", "filled")
    book = book_of(CheckedFiling(findings, 9, 9), sheet_rows_max=4)

    assert book.names == ["汇总", "问题清单", "问题清单2", "问题清单3"]
    lines = [[row[1] for row in book.rows(name)[1:]] for name in book.names[1:]]
    assert lines == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert all(book.rows(name)[0] == HEAD for name in book.names[1:])


def test_the_head_stays_in_sight_and_every_column_can_be_filtered() -> None:
    sheet = book_of(checked([sound_row("DWDKFS", currency="")] * 2)).sheet("问题清单")
    pane, chosen = sheet.find(".//s:pane", _NAMES), sheet.find("s:autoFilter", _NAMES)

    assert pane is not None
    assert (pane.attrib["ySplit"], pane.attrib["state"]) == ("1", "frozen")
    assert chosen is not None
    assert chosen.attrib["ref"] == "A1:J3"
    widths = [column.attrib for column in sheet.iterfind(".//s:col", _NAMES)]
    assert (widths[0]["min"], widths[-1]["max"]) == ("1", str(len(HEAD)))
    assert all(float(column["width"]) > 5 for column in widths)


def test_nothing_found_is_a_workbook_that_says_so() -> None:
    book = book_of(checked([sound_row("DWDKFS")]))

    assert book.rows("问题清单") == [HEAD]
    assert "未发现问题" in [row[-1] for row in book.rows("汇总") if row]


def test_what_is_not_listed_is_counted_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings_module, "LISTED_MAX", 2)
    monkeypatch.setattr(findings_module, "LISTED_OF_A_KIND_MIN", 1)
    findings = Findings(FILE, spec_of("DWDKFS"))
    findings.add("M", Level.REFUSE, range(1, 10), "currency", "", "必填", "filled")
    book = book_of(CheckedFiling(findings, 9, 9))

    assert "问题较多, 清单只列出 2 条, 另有 7 条" in [row[-1] for row in book.rows("汇总") if row]
    assert len(book.rows("问题清单")) == 3


def test_it_is_written_to_a_path_as_well(tmp_path: Path) -> None:
    path = tmp_path / "findings.xlsx"
    write_findings(path, [checked([sound_row("DWDKFS")])])

    assert Book(path.read_bytes()).names == ["汇总", "问题清单"]
