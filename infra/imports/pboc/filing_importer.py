"""Import of the banks' own files: unpacked, checked, kept, and told as events.

Files are taken by bank and month, the oldest month first. Where a table changes with which later
months were compared, those are told again.
"""

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from infra.imports.pboc.archive import DONE, KEPT, Archive, Filing
from infra.imports.pboc.bank_month import BankMonth, Given, MonthOutcome, spec_of_file
from infra.imports.pboc.filing_fault import FileProblem
from infra.imports.pboc.filing_month import FilingMonth
from infra.imports.pboc.filing_report import (
    FilingReport,
    add_findings,
    announced_too_early,
    findings_of_problem,
    report_of_package,
    report_of_problem,
    stored_report,
    told_again,
)
from infra.imports.pboc.findings import Findings
from infra.imports.pboc.findings_kept import keep_findings
from infra.imports.pboc.finished_months import announced_complete_to, complete_month
from infra.imports.pboc.ledger import Ledger
from infra.imports.pboc.package import Package, packages_of
from infra.imports.pboc.sending import Sending
from infra.ingest import Outgoing, WayIn
from schemas.message import TOPIC_LENDING
from streams.ports import Clock, Store

OnProgress = Callable[[int, int], None]
# Over every file: its digest, its checks; of an import, its events.
TRIAL_PASSES, IMPORT_PASSES = 2, 3


class Checked(NamedTuple):
    """A trial of one filing: the report, and every finding for whoever has to mend the file."""

    report: FilingReport
    findings: Findings


class MovedTopicError(ValueError):
    """A month that was sent before the submissions moved to another topic."""

    def __init__(self, bank_id: str, period: str) -> None:
        super().__init__(
            f"bank {bank_id}, {period}: this month was sent before submissions moved to another "
            "topic (docs/how-to/generations.md), so its events cannot be compared any more. "
            "Nothing was imported. Have the bank correct it by reversals and events (puhui send)"
        )


class FilingImporter:
    """Imports the banks' own files into one store."""

    def __init__(
        self,
        store: Store,
        ingest: WayIn,
        clock: Clock,
        *,
        generation: int,
        topic: str = TOPIC_LENDING,
        topic_since_ms: int = 0,
    ) -> None:
        """Import into ``generation`` of ``store`` through ``ingest``, which writes to ``topic``."""
        self._store, self._ingest, self._clock, self._topic = store, ingest, clock, topic
        self._topic_since_ms = topic_since_ms
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
            progress = _Progress(paths, on_progress, passes=IMPORT_PASSES)
            problems, months = _opened(paths, Path(folder), progress)
            reports |= {one.path: report_of_problem(one) for one in problems}
            for bank_id in sorted({month.bank_id for month in months}):
                self._finish(bank_id)
            for month, packages in months.items():
                for report in self._import_month(month, packages, progress):
                    reports[Path(report.file)] = report
        banks = {report.bank_id for report in reports.values() if report.bank_id}
        announced = announced_complete_to(self._store, self._generation)
        completed = self._complete(sorted(banks), complete_to)
        for report in reports.values():
            report.complete_to = completed.get(report.bank_id, "")
            if announced.get(report.bank_id, "") > report.complete_to:
                report.remarks.append(announced_too_early(announced[report.bank_id]))
        return [reports[path] for path in dict.fromkeys(map(Path, paths)) if path in reports]

    def _import_month(
        self, month: FilingMonth, packages: list[Package], progress: "_Progress"
    ) -> list[FilingReport]:
        started_ms = self._clock.now_ms()
        earlier = self._archive.listed(month.bank_id)
        newest = {filing.table: filing for filing in earlier if filing.period == month.period}
        given, reports = {}, []
        for package in packages:
            known = newest.get(package.name.table)
            report = self._report_of_known(package, known)
            if report is not None:
                reports.append(report)
            else:
                given[package.name.table] = _given(package, known)
        if not given:
            return reports
        self._check_topic([month, *_compared_later(month, given, earlier)])
        outcome = self._tell(month, given, earlier, progress.add)
        judged_again = outcome.judged_again
        for later in _compared_later(month, given, earlier):
            earlier = self._archive.listed(month.bank_id)
            judged_again += self._tell(later, {}, earlier, lambda _: None).judged_again
        duration_s = (self._clock.now_ms() - started_ms) / 1000
        made = [
            self._report(package, outcome, package.name.table, duration_s)
            for package in packages
            if package.name.table in outcome.filings
        ]
        for report in made:
            report.remarks += [told_again(one) for one in judged_again]
        self._note(outcome, made)
        return reports + made

    def _check_topic(self, months: Sequence[FilingMonth]) -> None:
        """Raise MovedTopicError where what a month made lies in a topic that was left.

        Its places would be looked up in the topic that is written to now, and other events be taken
        back. Asked before anything is kept, or every later import would stumble over it.
        """
        for month in months:
            period = month.period.isoformat()
            oldest = Ledger(self._store, self._clock, month.bank_id, period).oldest_version
            if 0 < oldest <= self._topic_since_ms:
                raise MovedTopicError(month.bank_id, period)

    def _report_of_known(self, package: Package, known: Filing | None) -> FilingReport | None:
        """Return the report of this very file, where it is the newest batch and was told of.

        Where the pipeline refused events of it, it is told again: they may be taken by now.
        """
        if known is None or known.sha256 != package.facts.sha256 or known.state != DONE:
            return None
        stored = self._archive.newest(known.bank_id, known.table, known.period)
        report = _known_report(package, stored) if stored and stored.report else None
        return None if report is None or report.rejected_count else report

    def _finish(self, bank_id: str) -> None:
        """Tell to the end what a process that died had begun.

        Some of its events are in the log and not in the ledger. Were another file imported in
        its place, nobody would take them back.
        """
        earlier = self._archive.listed(bank_id)
        begun = _begun(earlier)
        for period in sorted({filing.period for filing in begun}):
            month = FilingMonth(bank_id, period)
            tables = [filing.table for filing in begun if filing.period == period]
            for one in (month, *_compared_later(month, tables, earlier)):
                self._tell(one, {}, self._archive.listed(bank_id), lambda _: None)
        self._archive.mark(
            [filing._replace(state=DONE) for filing in _begun(self._archive.listed(bank_id))]
        )

    def _tell(
        self,
        month: FilingMonth,
        given: dict[str, Given],
        earlier: Sequence[Filing],
        on_bytes: Callable[[int], None],
    ) -> MonthOutcome:
        with tempfile.TemporaryDirectory(prefix="puhui-") as folder:
            work = BankMonth(
                month, given, self._archive, earlier, folder=Path(folder), on_bytes=on_bytes
            )
            settling = work.check()
            work.keep()
            ledger = Ledger(self._store, self._clock, month.bank_id, month.period.isoformat())
            sending = Sending(
                self._store,
                self._ingest,
                ledger,
                month.bank_id,
                generation=self._generation,
                topic=self._topic,
            )
            work.send(sending, settling)
            return work.done(settling, sending)

    def _report(
        self, package: Package, outcome: MonthOutcome, table: str, duration_s: float
    ) -> FilingReport:
        filing, sent = outcome.filings[table], outcome.sent[table]
        report = report_of_package(package, filing)
        add_findings(report, outcome.refused[table], outcome.findings[table])
        report.event_types = dict(sorted(sent.types.items()))
        report.told_count, report.unchanged_count = sent.counts["told"], sent.counts["unchanged"]
        report.stored_count = sent.counts["stored"]
        report.duplicate_count = sent.counts["duplicate"]
        report.rejected_count = sent.counts["rejected"]
        report.month_withdrawn_count = outcome.withdrawn_count
        report.duration_s = duration_s
        assert report.adds_up, f"{filing.stem}: the counts do not add up: {report}"
        return report

    def _note(self, outcome: MonthOutcome, reports: Sequence[FilingReport]) -> None:
        """Keep what was found, and last of all that these filings are done."""
        found = [(outcome.filings[table], one) for table, one in outcome.findings.items()]
        found += [(one.filing, one.findings) for one in outcome.judged_again]
        keep_findings(self._store, self._clock, found)
        self._archive.mark(
            [
                outcome.filings[report.table]._replace(report=stored_report(report))
                for report in reports
            ]
        )

    def _complete(self, banks: Sequence[str], asked: dt.date | None) -> dict[str, str]:
        """Say up to which day each bank has sent everything, last of all."""
        completed: dict[str, str] = {}
        outgoing = []
        for bank_id in banks:
            day = asked or complete_month(self._archive.listed(bank_id))
            if day is not None:
                completed[bank_id] = day.isoformat()
                outgoing.append(Outgoing(bank_id, b"", day))
        if outgoing:
            self._ingest.take(outgoing)
        return completed


class _Progress:
    """Bytes read of bytes to be read, over all passes."""

    def __init__(self, paths: Sequence[Path], on_progress: OnProgress, *, passes: int) -> None:
        self._passes, self._on_progress = passes, on_progress
        # Until they are unpacked, as large as they lie there.
        self.expect(sum(path.stat().st_size for path in paths if path.is_file()))
        self._done = 0

    def expect(self, size_bytes: int) -> None:
        """Take it that ``size_bytes`` are read in every pass."""
        self._all_bytes = self._passes * size_bytes

    def add(self, count: int) -> None:
        self._done += count
        self._on_progress(min(self._done, self._all_bytes), self._all_bytes)


def _opened(
    paths: Sequence[Path], folder: Path, progress: _Progress
) -> tuple[list[FileProblem], dict[FilingMonth, list[Package]]]:
    """Return what cannot be read, and the filings by bank and month, the oldest month first."""
    outcomes = packages_of(paths, folder, on_bytes=progress.add)
    packages = [one for one in outcomes if isinstance(one, Package)]
    progress.expect(sum(one.facts.size_bytes for one in packages))
    months: dict[FilingMonth, list[Package]] = {}
    for one in packages:
        month = FilingMonth(one.name.institution_id, one.name.period)
        months.setdefault(month, []).append(one)
    problems = [one for one in outcomes if isinstance(one, FileProblem)]
    return problems, dict(sorted(months.items()))


# Which tables of a month another table changes, and the next month is compared with them: rules
# over two tables hold back rows of a stock.
_CHANGES = {
    "FTYKHX": ("FTYKHX", "CLDWDK"),
    "GRKHXX": ("GRKHXX",),
    "DBHTXX": ("CLDWDK", "CLGRDK"),
    "CLDWDK": ("CLDWDK",),
    "CLGRDK": ("CLGRDK",),
    "CLPJRZ": ("CLPJRZ",),
}


def _compared_later(
    month: FilingMonth, tables: Iterable[str], kept: Sequence[Filing]
) -> list[FilingMonth]:
    """Return the later months that were compared with what ``tables`` of ``month`` say.

    Of each table that changes those up to and with the first that has it as well: months
    between, which have flows only, are carried at the stock of this one.
    """
    later = [filing for filing in kept if filing.period > month.period]
    periods: set[dt.date] = set()
    for changed in {one for table in tables for one in _CHANGES.get(table, ())}:
        own = [filing.period for filing in later if filing.table == changed]
        last = min(own, default=dt.date.max)
        periods |= {filing.period for filing in later if filing.period <= last}
    return [month._replace(period=period) for period in sorted(periods)]


def _begun(kept: Sequence[Filing]) -> list[Filing]:
    """Return the newest batches whose events were perhaps not all sent."""
    newest = {(filing.table, filing.period): filing for filing in kept}
    return [filing for filing in newest.values() if filing.state == KEPT]


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
        progress = _Progress(paths, on_progress, passes=TRIAL_PASSES)
        problems, months = _opened(paths, Path(folder), progress)
        for one in problems:
            checked[one.path] = Checked(report_of_problem(one), findings_of_problem(one))
        for month, packages in months.items():
            for trial in _check_month(month, packages, archive, progress):
                checked[Path(trial.report.file)] = trial
    return [checked[path] for path in dict.fromkeys(map(Path, paths)) if path in checked]


def _check_month(
    month: FilingMonth, packages: list[Package], archive: Archive | None, progress: _Progress
) -> list[Checked]:
    earlier = archive.listed(month.bank_id) if archive else []
    newest = {filing.table: filing for filing in earlier if filing.period == month.period}
    given = {
        package.name.table: _given(package, newest.get(package.name.table)) for package in packages
    }
    with tempfile.TemporaryDirectory(prefix="puhui-") as folder:
        work = BankMonth(month, given, archive, earlier, folder=Path(folder), on_bytes=progress.add)
        outcome = work.done(work.check(), None)
    found = []
    for table, one in given.items():
        report = report_of_package(one.package, one.filing)
        report.is_trial = True
        add_findings(report, outcome.refused[table], outcome.findings[table])
        assert report.adds_up, f"{one.filing.stem}: the counts do not add up: {report}"
        found.append(Checked(report, outcome.findings[table]))
    return found


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
    # Rows may have been held back, or freed, since: by what the bank sent of its other tables.
    report.refused_row_count = int(known.refused.sum())
    report.accepted_row_count = report.row_count - report.refused_row_count
    return report
