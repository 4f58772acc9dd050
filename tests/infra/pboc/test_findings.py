"""Findings of a filing: counted exactly, listed in order, and kept small."""

import subprocess
import sys
import tracemalloc

import numpy as np

from infra.imports.pboc import findings as module
from infra.imports.pboc.check_rows import check_rows
from infra.imports.pboc.findings import (
    LISTED_MAX,
    LISTED_OF_A_KIND_MIN,
    Finding,
    Findings,
    Kind,
    Unchecked,
)
from infra.imports.pboc.rule import Level
from infra.imports.pboc.table_spec import spec_of
from tests.infra.pboc.filings import rows_of, sound_row

FILE = "91310000XXBANK018C_DWDKFS_20260930.dat"
SPEC = spec_of("DWDKFS")


def found_in(lines: list[str]) -> Findings:
    rows = rows_of(SPEC, lines)
    findings = Findings(FILE, SPEC)
    for broken in check_rows(rows).groups:
        findings.add_broken(rows, broken)
    return findings


def test_a_finding_says_where_what_and_why() -> None:
    findings = found_in([sound_row("DWDKFS"), sound_row("DWDKFS", matures_on="2026-09-02")])
    (one,) = findings.listed()

    assert one == Finding(
        file_name=FILE,
        line=2,
        field="matures_on",
        field_zh="贷款到期日期",
        rule="20",
        level=Level.REFUSE,
        found="2026-09-02",
        expected="不早于贷款发放日期",
        expected_en="not before the day it was paid out",
        zh="贷款到期日期不得早于贷款发放日期",
        en="A loan does not mature before it is paid out",
        example="2027-09-02",
    )
    assert one.place == f"{FILE}:2:matures_on: rule 20"


def test_findings_are_listed_by_line_whatever_rule_came_first() -> None:
    findings = found_in(
        [
            sound_row("DWDKFS", rate_pct="0.00000"),
            sound_row("DWDKFS", currency="", purpose_text="?"),
            sound_row("DWDKFS", currency=""),
        ]
    )
    places = [(one.line, one.rule) for one in findings.listed()]

    assert places == [(1, "40"), (2, "M"), (2, "8"), (3, "M")]
    assert [one.line for one in findings.listed(2)] == [1, 2]


def test_findings_about_a_file_and_a_period_are_added_by_hand() -> None:
    findings = Findings(FILE, SPEC)
    findings.add("3", Level.REFUSE, [], "", "12", "行数不符", "row count", expected="20")
    findings.add("42", Level.REFUSE, [9, 4], "receipt_no", ["a", "b"], "主键重复", "repeated key")
    findings.add_unchecked("45", "未报送 FTYKHX", "FTYKHX was not sent")

    assert [one.place for one in findings.listed()] == [
        f"{FILE}: rule 3",
        f"{FILE}:4:receipt_no: rule 42",
        f"{FILE}:9:receipt_no: rule 42",
    ]
    assert findings.unchecked == [Unchecked("45", "未报送 FTYKHX", "FTYKHX was not sent")]
    assert findings.count_of(Level.REFUSE) == 3
    assert findings.count_of(Level.WARN) == 0


def test_a_table_that_is_not_known_has_findings_too() -> None:
    findings = Findings("x.dat", None)
    findings.add("1", Level.PERIOD, [], "", "x", "文件名不符", "the name")

    assert [one.place for one in findings.listed()] == ["x.dat: rule 1"]
    assert findings.field_zh("") == ""


def test_counts_are_exact_where_the_list_ends() -> None:
    findings = Findings(FILE, SPEC)
    for start in range(0, 1_000_000, 50_000):
        lines = np.arange(start, start + 50_000) + 1
        findings.add("M", Level.REFUSE, lines, "currency", "", "必填", "filled")
    findings.add("20", Level.REFUSE, [7], "matures_on", "2026-01-01", "到期", "matures")
    findings.add(
        "21", Level.WARN, range(1, 2_001), "disbursed_on", ["x"] * 2_000, "发放", "paid out"
    )

    assert findings.counts == {
        Kind("M", "currency", Level.REFUSE): 1_000_000,
        Kind("20", "matures_on", Level.REFUSE): 1,
        Kind("21", "disbursed_on", Level.WARN): 2_000,
    }
    assert findings.count == 1_002_001
    assert findings.listed_count == LISTED_MAX + 1 + LISTED_OF_A_KIND_MIN
    assert findings.unlisted_count == findings.count - findings.listed_count
    listed = [one.rule for one in findings.listed()]
    assert len(listed) == findings.listed_count
    # A flood of one fault does not hide another.
    assert listed.count("20") == 1
    assert listed.count("21") == LISTED_OF_A_KIND_MIN


def test_a_million_findings_take_little_memory() -> None:
    findings = Findings(FILE, SPEC)
    tracemalloc.start()
    for start in range(0, 1_000_000, 50_000):
        found = [str(number % 1_000) for number in range(50_000)]
        lines = np.arange(start, start + 50_000)
        findings.add("36", Level.REFUSE, lines, "amount", found, "大于零", "above zero")
    del found, lines
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept_bytes < 32 * LISTED_MAX


def test_findings_come_without_pandas() -> None:
    program = f"import sys, {module.__name__}; sys.exit('pandas' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
