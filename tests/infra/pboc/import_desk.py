"""Files of banks on their way into a store in memory, and the sums that are there afterwards."""

import datetime as dt
import itertools
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from infra.embedded_log import EmbeddedLog
from infra.imports.pboc.archive import Archive
from infra.imports.pboc.filing_importer import FilingImporter
from infra.imports.pboc.filing_report import FilingReport
from infra.ingest import Ingest
from infra.reference_data import load_lpr
from schemas.codes import BORROWER_KINDS, FIRM_SIZES, HOLDINGS, LOAN_KINDS
from schemas.tables import CELLS, CREDIT_LINES, EVENTS, PROFILES, REJECTED, TAG_CELLS
from streams.loop import Loop
from streams.memory_store import Killed, MemoryStore
from streams.pipeline import Pipeline
from tests.identities import bank_id
from tests.infra.pboc.filings import sound_row
from tests.infra.pboc.plain_months import Cell, Files, Filing, Sums, quarter
from tests.job import added_up, stored

LPR = load_lpr()
BANK = bank_id(1)
OLD = {"disbursed_on": "2025-09-03"}  # Paid out before any month of the tests.
_START_MS = int(dt.datetime(2027, 1, 8, 9, tzinfo=dt.UTC).timestamp() * 1000)
_FLOWS = (
    "brought_forward",
    "disbursed",
    "acquired",
    "repaid",
    "written_off",
    "moved_out",
    "revalued",
)


class TickingClock:
    """A clock that goes on by a millisecond whenever it is read."""

    def __init__(self) -> None:
        self._ticks = itertools.count(_START_MS)

    def now_ms(self) -> int:
        return next(self._ticks)


class Desk:
    """Where files are handed in. A new process works on the same store after a death."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = TickingClock()
        self.restart()

    def copy(self) -> "Desk":
        """Return a desk that goes on from here, with a store of its own."""
        twin = Desk()
        twin.store, twin.clock = self.store.copy(), self.clock
        twin.restart()
        return twin

    def restart(self) -> None:
        log = EmbeddedLog(self.store, self.clock)
        pipeline = Pipeline(self.store, lpr=LPR, log_identity=log.identity)
        ingest = Ingest(log, pipeline, Loop(log, pipeline))
        self.importer = FilingImporter(self.store, ingest, self.clock, generation=0)
        self.archive = Archive(self.store, self.clock)
        ingest.catch_up()

    def take(self, files: Files) -> dict[str, FilingReport]:
        """Import ``files`` together; return a report of each by its table."""
        with tempfile.TemporaryDirectory() as folder:
            paths = put(Path(folder), files)
            reports = self.importer.import_filings(paths)
        for report in reports:
            assert not report.faults, report
            assert report.adds_up, report
        return {report.table: report for report in reports}

    def take_one_by_one(self, files: Files, order: Iterable[Filing]) -> None:
        for filing in order:
            self.take({filing: files[filing]})

    def take_with_deaths(self, files: Files, kill: Callable[[], bool]) -> int:
        """Import ``files`` as often as it takes, however often the process dies; count deaths."""
        deaths = 0
        while self.dies(files, kill):
            deaths += 1
        return deaths

    def dies(self, files: Files, kill: Callable[[], bool]) -> bool:
        """Import ``files`` in a process of its own; return whether it died."""
        self.store.kill = kill
        try:
            self.restart()
            self.take(files)
        except Killed:
            return True
        finally:
            self.store.kill = None
        return False


def put(folder: Path, files: Files) -> list[Path]:
    paths = []
    for (bank, table, month), content in files.items():
        path = folder / f"{bank}_{table}_{month:%Y%m%d}.dat"
        path.write_bytes(content)
        paths.append(path)
    return paths


def imported(files: Files) -> MemoryStore:
    """Return a store into which ``files`` were imported, all at once and for the first time."""
    desk = Desk()
    desk.take(files)
    return desk.store


def without_nils(cells: Mapping[Cell, Sums]) -> dict[Cell, Sums]:
    """Return the sums that are not 0, of the cells that have any."""
    told = {cell: {name: n for name, n in sums.items() if n} for cell, sums in cells.items()}
    return {cell: sums for cell, sums in told.items() if sums}


def sums_of(store: MemoryStore) -> dict[Cell, Sums]:
    """Return the stored sums under the names of plain_months, without those that are 0."""
    found: dict[Cell, Sums] = {}
    for (bank, borrower, kind, at), row in added_up(store, CELLS).items():
        sums = {name: row[f"{name}_minor"] for name in (*_FLOWS, "non_performing")}
        came = sum(sums[name] for name in ("brought_forward", "disbursed", "acquired", "revalued"))
        went = sum(sums[name] for name in ("repaid", "written_off", "moved_out"))
        rates = {name: row[name] for name in ("balance_rate", "disbursed_rate")}
        cell = (bank, borrower, str(LOAN_KINDS[kind]), at)
        found[cell] = sums | rates | {"balance": came - went}
    return without_nils(found)


def tags_of(store: MemoryStore) -> dict[tuple[object, ...], Sums]:
    """Return what was lent by tag, without what is 0."""
    return {key: row for key, row in added_up(store, TAG_CELLS).items() if any(row.values())}


def profiles_of(store: MemoryStore) -> dict[tuple[str, str], dict[int, tuple[str, ...]]]:
    """Return what is known of each borrower by the quarter in which it was told."""
    names = ("bank_id", "borrower_id", "quarter", "borrower_kind", "holding", "firm_size")
    found: dict[tuple[str, str], dict[int, tuple[str, ...]]] = {}
    for row in stored(store, PROFILES, *names, "industry", "city"):
        bank, borrower, at, kind, holding, size, industry, city = row
        told = (BORROWER_KINDS[kind], HOLDINGS[holding], FIRM_SIZES[size], industry, city)
        found.setdefault((bank, borrower), {})[at] = tuple(map(str, told))
    return found


def credit_lines_of(store: MemoryStore) -> dict[tuple[str, str], dict[int, tuple[int, int]]]:
    names = ("bank_id", "borrower_id", "quarter", "limit_cny_minor", "used_cny_minor")
    found: dict[tuple[str, str], dict[int, tuple[int, int]]] = {}
    for bank, borrower, at, limit, used in stored(store, CREDIT_LINES, *names):
        found.setdefault((bank, borrower), {})[at] = (limit, used)
    return found


def by_quarter(
    known: Mapping[tuple[str, str], Mapping[int, Any]], quarters: Iterable[int]
) -> dict[tuple[str, str], list[Any]]:
    """Return what holds of each borrower at the end of each quarter."""
    found: dict[tuple[str, str], list[Any]] = {}
    for who, told in known.items():
        newest = [max((q for q in told if q <= at), default=None) for at in quarters]
        found[who] = [None if q is None else told[q] for q in newest]
    return found


class State(NamedTuple):
    """What decides every figure: two ways to the same files end in the same state."""

    sums: dict[Cell, Sums]
    tags: dict[tuple[object, ...], Sums]
    profiles: dict[tuple[str, str], list[Any]]
    credit_lines: dict[tuple[str, str], list[Any]]


def state_of(store: MemoryStore, last: dt.date) -> State:
    """Return the state at every quarter-end of the two years up to ``last``."""
    quarters = range(quarter(last) - 7, quarter(last) + 1)
    return State(
        sums_of(store),
        tags_of(store),
        by_quarter(profiles_of(store), quarters),
        by_quarter(credit_lines_of(store), quarters),
    )


def fresh_state(files: Files) -> State:
    """Return the state after a first import of ``files``, all at once."""
    return state_of(imported(files), last_of(files))


def last_of(files: Files) -> dt.date:
    return max(month for _, _, month in files)


def filing(table: str, month: dt.date, *rows: Mapping[str, str], bank: str = BANK) -> Files:
    """Return one filing of sound rows, each with some fields changed."""
    lines = [sound_row(table, **{"institution_id": bank, **changed}) for changed in rows]
    return {(bank, table, month): "\n".join(lines).encode()}


def repaid(number: str, **changed: str) -> dict[str, str]:
    """Return what a row of flows says of 100 yuan that were paid back, month known only."""
    told = {"direction": "0", "amount": "100.00", "amount_cny": "100.00", "transaction_no": number}
    return told | OLD | changed


def stock_of(month: dt.date, balance: str, **changed: str) -> Files:
    """Return a stock of one old corporate loan."""
    told = {"balance": balance, "balance_cny": balance} | OLD | changed
    return filing("CLDWDK", month, told)


def event_count(store: MemoryStore) -> int:
    return store.row_count(EVENTS)


def rejected_codes(store: MemoryStore) -> list[str]:
    return [code for (code,) in stored(store, REJECTED, "code")]
