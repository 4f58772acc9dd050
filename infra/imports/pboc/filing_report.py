"""What an import says of one filing: counts that add up, findings, and the events it made."""

from itertools import islice
from typing import Any

import msgspec

from infra.imports.pboc.archive import Filing
from infra.imports.pboc.bank_month import JudgedAgain
from infra.imports.pboc.filing_fault import RULE_LOG, FileFault, FileProblem
from infra.imports.pboc.findings import Finding, Findings
from infra.imports.pboc.package import Package
from infra.imports.pboc.rule import Level
from infra.imports.pboc.table_spec import spec_of
from schemas.units import BoolArray

FINDINGS_LISTED_MAX = 100
KIND = "filing"  # Of ``FilingReport.kind``, where other files have the name of their format.


class ToldFault(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a file as a whole, in both languages."""

    rule: str
    zh: str
    en: str


class ListedFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding; ``place`` is file:line:field: rule n."""

    place: str
    line: int
    field: str
    field_zh: str
    rule: str
    level: str  # E: the row is held back; W: a warning; P: of the period.
    found: str
    expected: str
    expected_en: str
    zh: str
    en: str


class FindingCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often one rule was broken in one field."""

    rule: str
    field: str
    level: str
    count: int
    zh: str
    en: str


class FilingReport(msgspec.Struct, kw_only=True):
    """row_count = accepted_row_count + refused_row_count; see ``adds_up``."""

    file: str
    kind: str = KIND
    bank_id: str = ""
    table: str = ""
    name_zh: str = ""
    name_en: str = ""
    period: str = ""
    batch: int = 0
    sha256: str = ""
    is_known: bool = False  # The newest batch of the filing is this very file: nothing sent.
    is_trial: bool = False  # Checked only, nothing stored.
    makes_events: bool = True
    faults: list[ToldFault] = msgspec.field(default_factory=list)  # Nothing of it was taken.
    remarks: list[ToldFault] = msgspec.field(default_factory=list)
    unchecked: list[ToldFault] = msgspec.field(default_factory=list)
    row_count: int = 0
    accepted_row_count: int = 0
    refused_row_count: int = 0
    refused_finding_count: int = 0  # A row may break several rules.
    warning_count: int = 0
    period_finding_count: int = 0
    finding_counts: list[FindingCount] = msgspec.field(default_factory=list)
    findings: list[ListedFinding] = msgspec.field(default_factory=list)
    unlisted_count: int = 0
    event_types: dict[str, int] = msgspec.field(default_factory=dict)  # Of those sent.
    told_count: int = 0  # Events that the filing gives.
    unchanged_count: int = 0  # Of them, sent before.
    stored_count: int = 0
    duplicate_count: int = 0
    rejected_count: int = 0  # By the pipeline, which keeps them.
    month_withdrawn_count: int = 0  # Events of the bank's month that were reversed.
    complete_to: str = ""
    duration_s: float = 0.0

    @property
    def adds_up(self) -> bool:
        """Whether every row and every event is accounted for."""
        events = self.stored_count + self.duplicate_count + self.rejected_count
        return self.row_count == self.accepted_row_count + self.refused_row_count and (
            self.is_trial or self.told_count == self.unchanged_count + events
        )


def report_of_problem(problem: FileProblem) -> FilingReport:
    """Return the report of a file that was not taken."""
    return FilingReport(file=str(problem.path), faults=[_told(fault) for fault in problem.faults])


def findings_of_problem(problem: FileProblem) -> Findings:
    """Return the faults of a file that could not be taken as findings about it."""
    findings = Findings(problem.path.name, None)
    for fault in problem.faults:
        findings.add(
            fault.rule,
            Level.REFUSE,
            [fault.line],
            "",
            fault.found,
            f"{fault.wrong_zh}。{fault.remedy_zh}",
            f"{fault.wrong_en}. {fault.remedy_en}",
            expected=fault.expected_zh,
            expected_en=fault.expected_en,
        )
    return findings


def report_of_package(package: Package, filing: Filing) -> FilingReport:
    """Return what is known of a filing before its rows are read."""
    spec = spec_of(filing.table)
    report = FilingReport(
        file=str(package.given),
        bank_id=filing.bank_id,
        table=filing.table,
        name_zh=spec.name_zh,
        name_en=spec.name_en,
        period=filing.period.isoformat(),
        batch=filing.batch,
        sha256=filing.sha256,
        makes_events=spec.makes_events,
    )
    for fault in package.remarks:
        # Without a .log its rule could not be applied: that is no oddity of the file.
        is_unchecked = fault.rule == RULE_LOG and not package.is_log_checked
        (report.unchecked if is_unchecked else report.remarks).append(_told(fault))
    return report


def add_findings(report: FilingReport, refused: BoolArray, findings: Findings) -> None:
    """Put into ``report`` which rows were held back, and all that was found."""
    report.row_count = int(refused.size)
    report.refused_row_count = int(refused.sum())
    report.accepted_row_count = report.row_count - report.refused_row_count
    report.refused_finding_count = findings.count_of(Level.REFUSE)
    report.warning_count = findings.count_of(Level.WARN)
    report.period_finding_count = findings.count_of(Level.PERIOD)
    report.finding_counts = [
        FindingCount(
            rule=kind.rule,
            field=kind.field,
            level=kind.level.value,
            count=count,
            zh=findings.meanings[kind][0],
            en=findings.meanings[kind][1],
        )
        for kind, count in sorted(findings.counts.items())
    ]
    report.findings = [
        ListedFinding(
            place=found.place,
            line=found.line,
            field=found.field,
            field_zh=found.field_zh,
            rule=found.rule,
            level=found.level.value,
            found=found.found,
            expected=found.expected,
            expected_en=found.expected_en,
            zh=found.zh,
            en=found.en,
        )
        for found in _gravest(findings)
    ]
    report.unlisted_count = findings.count - len(report.findings)
    report.unchecked += [
        ToldFault(rule=one.rule, zh=one.zh, en=one.en) for one in findings.unchecked
    ]


def _gravest(findings: Findings) -> list[Finding]:
    """Return the findings that are listed: those that hold rows back before all others."""
    chosen: list[Finding] = []
    for level in (Level.REFUSE, Level.PERIOD, Level.WARN):
        if findings.count_of(level):
            mine = (found for found in findings.listed() if found.level is level)
            chosen += islice(mine, FINDINGS_LISTED_MAX - len(chosen))
    return chosen


def told_again(judged: JudgedAgain) -> ToldFault:
    """Return what became of an earlier filing by what came now."""
    name = f"{judged.filing.stem}.dat"
    held, freed = judged.held_count, judged.freed_count
    return ToldFault(
        rule="",
        zh=f"{name} 受本次报送影响: 新退回 {held:,} 行, 恢复 {freed:,} 行, 相应事件已冲正或补发",
        en=f"{name} was judged again by what came now: rows held back {held:,}, rows freed "
        f"{freed:,}; their events were reversed or sent",
    )


def announced_too_early(day: str) -> ToldFault:
    """Return that a bank stands as complete further than its files are."""
    return ToldFault(
        rule="",
        zh=f"该机构此前已记为报送截至 {day}, 不能收回; 请补报其间缺少的月份, 补齐前其数字不完整",
        en=f"the bank was said to be complete to {day} before earlier months came, which cannot be "
        "taken back: send the months between, until then their figures are not complete",
    )


def stored_report(report: FilingReport) -> str:
    """Return a report as it is kept with its filing; the findings are in a table of their own."""
    kept: dict[str, Any] = msgspec.to_builtins(report)
    return msgspec.json.encode(kept | {"findings": []}).decode()


def _told(fault: FileFault) -> ToldFault:
    return ToldFault(rule=fault.rule, zh=fault.sentence("zh"), en=fault.sentence("en"))
