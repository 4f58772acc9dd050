"""Import of the banks' own files: unpacked, checked, kept, and told as events.

Files are taken by bank and month, the oldest month first. Where a stock or a table of customers
changes and the month after it is there already, that month is told again, because it was
compared with this one.
"""

import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from infra.imports.pboc.archive import DONE, Archive, Filing
from infra.imports.pboc.bank_month import BankMonth, Given, MonthOutcome, spec_of_file
from infra.imports.pboc.filing_fault import FileProblem
from infra.imports.pboc.filing_month import FilingMonth
from infra.imports.pboc.filing_report import (
    FilingReport,
    add_findings,
    findings_of_problem,
    report_of_package,
    report_of_problem,
    stored_report,
)
from infra.imports.pboc.findings import Findings
from infra.imports.pboc.finished_months import complete_month
from infra.imports.pboc.ledger import Ledger
from infra.imports.pboc.package import Package, packages_of
from infra.imports.pboc.sending import Sending
from infra.ingest import Ingest, Outgoing
from schemas.columns import Ids
from schemas.tables import FILING_FINDINGS
from streams.ports import Clock, Store

OnProgress = Callable[[int, int], None]
PASSES = 3  # Over every file: its digest, its checks, its events.


class Checked(NamedTuple):
    """A trial of one filing: the report, and every finding for whoever has to mend the file."""

    report: FilingReport
    findings: Findings


class FilingImporter:
    """Imports the banks' own files into one store."""

    def __init__(self, store: Store, ingest: Ingest, clock: Clock, *, generation: int) -> None:
        self._store, self._ingest, self._clock = store, ingest, clock
        self._generation = generation
        self._archive = Archive(store, clock)

    def import_filings(
        self,
        paths: Sequence[Path],
        *,
        complete_to: dt.date | None = None,
        on_progress: OnProgress = lambda _done, _all: None,
    ) -> list[FilingReport]:
        """Import ``paths`` and return a report of each, in the order given.

        Args:
            paths: .zip, .dat and .log files.
            complete_to: up to where their banks have sent everything; None: as far as flow and
                stock of every kind of loan that a bank reports are there without a gap.
            on_progress: told bytes read and bytes to be read in all.

        """
        reports: dict[Path, FilingReport] = {}
        with tempfile.TemporaryDirectory(prefix="puhui-") as folder:
            progress = _Progress(paths, on_progress)
            outcomes = packages_of(paths, Path(folder), on_bytes=progress.add)
            progress.all_bytes = PASSES * sum(
                one.facts.size_bytes for one in outcomes if isinstance(one, Package)
            )
            months: dict[FilingMonth, list[Package]] = {}
            for one in outcomes:
                if isinstance(one, FileProblem):
                    reports[one.path] = report_of_problem(one)
                else:
                    months.setdefault(_month_of(one), []).append(one)
            for month in sorted(months, key=lambda m: (m.bank_id, m.period)):
                for report in self._import_month(month, months[month], progress):
                    reports[Path(report.file)] = report
        banks = {report.bank_id for report in reports.values() if report.bank_id}
        completed = self._complete(sorted(banks), complete_to)
        for report in reports.values():
            report.complete_to = completed.get(report.bank_id, "")
        return [reports[path] for path in dict.fromkeys(map(Path, paths)) if path in reports]

    def check_filings(
        self, paths: Sequence[Path], on_progress: OnProgress = lambda _done, _all: None
    ) -> list[Checked]:
        """Check ``paths`` against each other and what is kept; store nothing."""
        return check_filings(paths, self._archive, on_progress)

    def _import_month(
        self, month: FilingMonth, packages: list[Package], progress: "_Progress"
    ) -> list[FilingReport]:
        started_ms = self._clock.now_ms()
        given, reports = {}, []
        for package in packages:
            known = self._archive.newest(month.bank_id, package.name.table, month.period)
            if known is not None and known.sha256 == package.facts.sha256 and known.state == DONE:
                reports.append(_known_report(package, known))
            else:
                given[package.name.table] = _given(package, known)
        if not given:
            return reports
        outcome = self._tell(month, given, progress.add)
        following = self._month_after(month)
        if following is not None and any(table in _COMPARED for table in given):
            self._tell(following, {}, lambda _: None)
        duration_s = (self._clock.now_ms() - started_ms) / 1000
        reports += [
            self._report(package, outcome, package.name.table, duration_s)
            for package in packages
            if package.name.table in outcome.filings
        ]
        return reports

    def _tell(
        self, month: FilingMonth, given: dict[str, Given], on_bytes: Callable[[int], None]
    ) -> MonthOutcome:
        with tempfile.TemporaryDirectory(prefix="puhui-") as folder:
            work = BankMonth(month, given, self._archive, Path(folder), on_bytes)
            settling = work.check()
            work.keep()
            ledger = Ledger(self._store, self._clock, month.bank_id, month.period.isoformat())
            sending = Sending(
                self._store, self._ingest, ledger, month.bank_id, generation=self._generation
            )
            work.send(sending, settling)
            return work.done(settling, sending)

    def _month_after(self, month: FilingMonth) -> FilingMonth | None:
        periods = {f.period for f in self._archive.of_bank(month.bank_id)}
        later = [period for period in periods if period > month.period]
        return month._replace(period=min(later)) if later else None

    def _report(
        self, package: Package, outcome: MonthOutcome, table: str, duration_s: float
    ) -> FilingReport:
        filing, sent = outcome.filings[table], outcome.sent[table]
        report = report_of_package(package, filing)
        refused = outcome.refused[table]
        report.row_count = int(refused.size)
        report.refused_row_count = int(refused.sum())
        report.accepted_row_count = report.row_count - report.refused_row_count
        add_findings(report, outcome.findings[table])
        report.event_types = dict(sorted(sent.types.items()))
        report.told_count, report.unchanged_count = sent.counts["told"], sent.counts["unchanged"]
        report.stored_count = sent.counts["stored"]
        report.duplicate_count = sent.counts["duplicate"]
        report.rejected_count = sent.counts["rejected"]
        report.month_withdrawn_count = outcome.withdrawn_count
        report.duration_s = duration_s
        assert report.adds_up, f"{filing.stem}: the counts do not add up: {report}"
        self._keep_findings(filing, outcome.findings[table])
        self._archive.mark(filing._replace(report=stored_report(report)))
        return report

    def _keep_findings(self, filing: Filing, findings: Findings) -> None:
        listed = list(findings.listed())
        size = len(listed)
        once = np.zeros(size, np.int32)
        if size:
            self._store.insert(
                FILING_FINDINGS,
                {
                    "bank_id": Ids(once, [filing.bank_id]),
                    "table_code": Ids(once, [filing.table]),
                    "period": Ids(once, [filing.period.isoformat()]),
                    "batch": np.full(size, filing.batch),
                    "line": np.array([one.line for one in listed], np.int64),
                    "field": Ids.of([one.field for one in listed]),
                    "rule": Ids.of([one.rule for one in listed]),
                    "level": Ids.of([one.level.value for one in listed]),
                    "found": Ids.of([one.found for one in listed]),
                    "expected": Ids.of([one.expected for one in listed]),
                    "version": np.full(size, self._clock.now_ms()),
                },
            )

    def _complete(self, banks: Sequence[str], asked: dt.date | None) -> dict[str, str]:
        """Say up to which day each bank has sent everything, last of all."""
        completed: dict[str, str] = {}
        outgoing = []
        for bank_id in banks:
            day = asked or complete_month(self._archive.of_bank(bank_id))
            if day is not None:
                completed[bank_id] = day.isoformat()
                outgoing.append(Outgoing(bank_id, b"", day))
        if outgoing:
            self._ingest.take(outgoing)
        return completed


class _Progress:
    """Bytes read of bytes to be read, over all passes."""

    def __init__(self, paths: Sequence[Path], on_progress: OnProgress) -> None:
        # Until they are unpacked, as large as they lie there.
        self.all_bytes = PASSES * sum(p.stat().st_size for p in paths if p.is_file())
        self._on_progress = on_progress
        self._done = 0

    def add(self, count: int) -> None:
        self._done += count
        self._on_progress(min(self._done, self.all_bytes), self.all_bytes)


_COMPARED = ("FTYKHX", "GRKHXX", "CLDWDK", "CLGRDK", "CLPJRZ")


def check_filings(
    paths: Sequence[Path],
    archive: Archive | None,
    on_progress: OnProgress = lambda _done, _all: None,
) -> list[Checked]:
    """Check files as an import would, and store nothing.

    Args:
        paths: .zip, .dat and .log files.
        archive: what is kept of earlier months; None: the files are compared with each other only.
        on_progress: told bytes read and bytes to be read in all.

    """
    checked: dict[Path, Checked] = {}
    with tempfile.TemporaryDirectory(prefix="puhui-") as folder:
        progress = _Progress(paths, on_progress)
        outcomes = packages_of(paths, Path(folder), on_bytes=progress.add)
        months: dict[FilingMonth, list[Package]] = {}
        for one in outcomes:
            if isinstance(one, FileProblem):
                checked[one.path] = Checked(report_of_problem(one), findings_of_problem(one))
            else:
                months.setdefault(_month_of(one), []).append(one)
        for month in sorted(months, key=lambda m: (m.bank_id, m.period)):
            for trial in _check_month(month, months[month], archive, progress):
                checked[Path(trial.report.file)] = trial
    return [checked[path] for path in dict.fromkeys(map(Path, paths)) if path in checked]


def _check_month(
    month: FilingMonth, packages: list[Package], archive: Archive | None, progress: _Progress
) -> list[Checked]:
    given = {}
    for package in packages:
        known = archive.newest(month.bank_id, package.name.table, month.period) if archive else None
        given[package.name.table] = _given(package, known)
    with tempfile.TemporaryDirectory(prefix="puhui-") as folder:
        work = BankMonth(month, given, archive, Path(folder), progress.add)
        outcome = work.done(work.check(), None)
    found = []
    for table, one in given.items():
        report = report_of_package(one.package, one.filing)
        report.is_trial = True
        refused = outcome.refused[table]
        report.row_count = int(refused.size)
        report.refused_row_count = int(refused.sum())
        report.accepted_row_count = report.row_count - report.refused_row_count
        add_findings(report, outcome.findings[table])
        assert report.adds_up, f"{one.filing.stem}: the counts do not add up: {report}"
        found.append(Checked(report, outcome.findings[table]))
    return found


def _month_of(package: Package) -> FilingMonth:
    return FilingMonth(package.name.institution_id, package.name.period)


def _given(package: Package, known: Filing | None) -> Given:
    """Return ``package`` as the next batch of its filing, or as one that was begun before."""
    spec = spec_of_file(package.name.table, package.dat)
    if known is not None and known.sha256 == package.facts.sha256:
        return Given(package, known, spec)
    filing = Filing(
        bank_id=package.name.institution_id,
        table=package.name.table,
        period=package.name.period,
        batch=(known.batch if known else 0) + 1,
        file_name=package.given.name,
        spec_version=spec.version,
        sha256=package.facts.sha256,
        size_bytes=package.facts.size_bytes,
        row_count=package.facts.row_count,
        log_text=(package.log_content or b"").decode("utf-8", "replace"),
        received_at_ms=0,
    )
    return Given(package, filing, spec)


def _known_report(package: Package, known: Filing) -> FilingReport:
    report = msgspec.json.decode(known.report, type=FilingReport)
    report.file, report.is_known = str(package.given), True
    return report
