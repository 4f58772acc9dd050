"""One bank's month: its filings are surveyed, settled and told, as one.

The month is always taken as a whole: the filings that came now, and the newest batch of those
that came before. So it does not matter in which order they come, and a later batch is a
difference to what the month told before.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from infra.imports.pboc.archive import DONE, Archive, Filing, ToKeep, packed_lines
from infra.imports.pboc.cross_texts import TEXTS
from infra.imports.pboc.filing_month import FilingMonth
from infra.imports.pboc.findings import Findings
from infra.imports.pboc.month_settling import MONTH_ON_MONTH_PERCENT, Settling, Sources
from infra.imports.pboc.package import Package
from infra.imports.pboc.rule import Level
from infra.imports.pboc.sending import Sending, Sent
from infra.imports.pboc.spill import Spill
from infra.imports.pboc.survey import (
    RESIDENT_RULES,
    OnBytes,
    Source,
    Spills,
    Surveyed,
    survey,
    survey_earlier,
)
from infra.imports.pboc.table_spec import SPECS, TableSpec, spec_for, spec_of
from infra.imports.pboc.telling import tell_month
from schemas.units import BoolArray

# In this order: who borrows, what stands, what moved, what secures it.
TABLES = (
    "FTYKHX", "GRKHXX", "CLDWDK", "DWDKFS", "CLGRDK", "GRDKFS", "CLPJRZ", "PJRZFS", "DBHTXX",
    "DBWXX", "CLWTDK", "WTDKFS",
)  # fmt: skip
COMPARED = ("FTYKHX", "GRKHXX", "CLDWDK", "CLGRDK", "CLPJRZ")  # With those of earlier months.
assert set(TABLES) == set(SPECS)


class Given(NamedTuple):
    """A package on its way in, as the next batch of its filing."""

    package: Package
    filing: Filing
    spec: TableSpec


class MonthOutcome(NamedTuple):
    """What came of a month, by table for the filings that were given."""

    filings: dict[str, Filing]
    findings: dict[str, Findings]
    refused: dict[str, BoolArray]
    sent: dict[str, Sent]
    withdrawn_count: int
    judged_again: list["JudgedAgain"]


class JudgedAgain(NamedTuple):
    """A filing that came before, of which other rows are held back now that others came."""

    filing: Filing
    findings: Findings
    held_count: int  # Rows held back that were not before.
    freed_count: int  # Rows no longer held back.


def spec_of_file(table: str, dat: Path) -> TableSpec:
    """Return the version of a table that a file has: the one its first line fits."""
    with dat.open("rb") as file:
        line = file.readline(2**20).rstrip(b"\r\n")
    found = spec_for(table, line.count(b"|") + 1) if line else None
    return found or spec_of(table)


class BankMonth:
    """Brings one bank's month in. ``archive`` is None where nothing is stored and nothing kept."""

    def __init__(
        self,
        month: FilingMonth,
        given: Mapping[str, Given],
        archive: Archive | None,
        earlier: Sequence[Filing],
        *,
        folder: Path,
        on_bytes: OnBytes,
    ) -> None:
        """Take ``given`` in beside what is kept of the bank.

        Args:
            month: the bank's month.
            given: what came now, by table.
            archive: where files are kept.
            earlier: every batch kept of the bank, by table, period and batch.
            folder: to work in; it is empty and is removed by the caller.
            on_bytes: told what was read.

        """
        self._month, self._given, self._archive = month, given, archive
        self._folder, self._on_bytes, self._earlier = folder, on_bytes, earlier
        self._sources = self._find_sources(earlier)
        sizes = [
            source.path.stat().st_size for sources in self._sources for source in sources.values()
        ]
        self._spills = Spills(folder, sum(sizes))
        self._surveyed: dict[str, Surveyed] = {}
        self._derived: dict[str, Spill] = {}

    def check(self) -> Settling:
        """Make the first pass and settle; nothing is stored."""
        for number, sources in enumerate((self._sources.before, self._sources.earlier_batch)):
            for source in sources.values():
                survey_earlier(source, self._spills, number, lambda _: None)
        for table in TABLES:
            if table in self._sources.current:
                source = self._sources.current[table]
                is_given = table in self._given
                on_bytes = self._on_bytes if is_given else _silent
                # What was withheld is not there to be checked again.
                is_checked = is_given or not source.spec.withheld
                self._surveyed[table] = survey(
                    source, self._spills, on_bytes, is_checked=is_checked
                )
        self._compare_batches()
        settling = Settling(self._month, self._sources, self._surveyed, self._spills)
        self._derived = settling.settle(self._folder)
        return settling

    def _compare_batches(self) -> None:
        """Warn where a file has far fewer or more rows than the batch before it."""
        for table, given in self._given.items():
            source = self._sources.current[table]
            place = (table, self._month.period, given.filing.batch - 1)
            before = [f.row_count for f in self._earlier if (f.table, f.period, f.batch) == place]
            now = int(self._surveyed[table].refused.size)
            if before and abs(now - before[0]) * 100 > MONTH_ON_MONTH_PERCENT * before[0]:
                zh, en = TEXTS["57b"]
                source.findings.add("57", Level.WARN, [], "", f"{before[0]} → {now}", zh, en)

    def keep(self) -> None:
        """Keep the files that came, each as the next batch of its filing."""
        assert self._archive is not None
        to_keep = []
        for table, given in self._given.items():
            source = self._sources.current[table]
            # A line that is no row may hold anything, and its findings name no field.
            has_residents = any(
                kind.rule in RESIDENT_RULES or not kind.field for kind in source.findings.counts
            )
            if given.filing.received_at_ms:  # Kept by a process that died before it was done.
                continue
            refused = packed_lines(self._surveyed[table].refused)
            filing = given.filing._replace(refused_lines=refused)
            to_keep.append(ToKeep(filing, source.path, source.spec, has_residents))
        for kept in self._archive.keep(to_keep):
            current = self._sources.current
            current[kept.table] = current[kept.table]._replace(filing=kept)

    def send(self, sending: Sending, settling: Settling) -> None:
        """Make the second pass, and send what is new."""
        told = tell_month(self._month, self._sources, settling.lines, self._derived, self._on_bytes)
        for one in told:
            sending.add(one)
        sending.finish()

    def done(self, settling: Settling, sending: Sending | None) -> MonthOutcome:
        """Return what came of it, and note which rows were held back."""
        current = self._sources.current
        refused = {table: lines.refused for table, lines in settling.lines.items()}
        judged_again = []
        for table, source in list(current.items()):
            if self._archive is None or sending is None:
                continue
            before = source.filing.refused
            filing = source.filing._replace(refused_lines=packed_lines(refused[table]))
            if (before != refused[table]).any():
                # Noted before anything else: the month after is compared with what is left.
                self._archive.note_refused(filing, refused[table])
            if table in self._given:
                current[table] = source._replace(filing=filing._replace(state=DONE))
            elif (before != refused[table]).any():
                held, freed = refused[table] & ~before, before & ~refused[table]
                judged_again.append(
                    JudgedAgain(filing, source.findings, int(held.sum()), int(freed.sum()))
                )
        sent = sending.sent if sending else {}
        return MonthOutcome(
            {table: current[table].filing for table in self._given},
            {table: current[table].findings for table in self._given},
            {table: refused[table] for table in self._given},
            {
                table: sent.get(current[table].filing.stem, Sent(Counter(), Counter()))
                for table in self._given
            },
            sending.withdrawn_count if sending else 0,
            judged_again,
        )

    def _find_sources(self, earlier: Sequence[Filing]) -> Sources:
        current = {
            table: Source(
                given.filing, given.spec, given.package.dat,
                Findings(f"{given.filing.stem}.dat", given.spec),
            )
            for table, given in self._given.items()
        }  # fmt: skip
        newest: dict[tuple[str, dt.date], Filing] = {}
        for filing in earlier:  # By table, period and batch: the last one stays.
            newest[filing.table, filing.period] = filing
        for table in TABLES:
            filing_now = newest.get((table, self._month.period))
            if filing_now is not None and table not in current:
                current[table] = self._archived(filing_now)
        families = {source.spec.family for source in current.values()}
        before: dict[str, Source] = {}
        earlier_batch: dict[str, Source] = {}
        for table in COMPARED:
            if spec_of(table).family in families:
                periods = [p for t, p in newest if t == table and p < self._month.period]
                if periods:
                    before[table] = self._archived(newest[table, max(periods)])
            if table in current and spec_of(table).role == "customers":
                wanted = (table, self._month.period, current[table].filing.batch - 1)
                for filing in earlier:
                    if (filing.table, filing.period, filing.batch) == wanted:
                        earlier_batch[table] = self._archived(filing)
        return Sources(current, before, earlier_batch)

    def _archived(self, filing: Filing) -> Source:
        assert self._archive is not None
        path = self._folder / f"{filing.stem}-{filing.batch}.dat"
        self._archive.write_to(filing, path)
        found = [spec for spec in SPECS[filing.table] if spec.version == filing.spec_version]
        spec = found[0] if found else spec_of(filing.table)
        return Source(filing, spec, path, Findings(f"{filing.stem}.dat", spec))


def _silent(_count: int) -> None:
    return
