"""The importer on a store in memory, and what each of its rows was told as."""

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.embedded_log import EmbeddedLog
from infra.imports.pboc import bank_month
from infra.imports.pboc.archive import Archive
from infra.imports.pboc.filing_importer import FilingImporter
from infra.imports.pboc.filing_report import FilingReport
from infra.imports.pboc.telling import ToldOf, tell_month
from infra.ingest import Ingest
from infra.reference_data import load_lpr
from schemas.tables import CELLS
from streams.loop import Loop
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from tests.job import added_up

NOW = dt.datetime(2026, 10, 8, 9, tzinfo=dt.UTC)


class TickingClock:
    """A clock that goes on by a millisecond whenever it is read."""

    def __init__(self) -> None:
        self._now_ms = int(NOW.timestamp() * 1000)

    def now_ms(self) -> int:
        self._now_ms += 1
        return self._now_ms


class MemoryImport:
    """An importer with an empty store of its own."""

    def __init__(self) -> None:
        clock = TickingClock()
        self.store = MemoryStore()
        log = EmbeddedLog(self.store, clock)
        pipeline = Pipeline(self.store, lpr=load_lpr(), log_identity=log.identity)
        ingest = Ingest(log, pipeline, Loop(log, pipeline))
        self.archive = Archive(self.store, clock)
        self.importer = FilingImporter(self.store, ingest, clock, generation=0)

    def take(self, paths: Sequence[Path]) -> dict[str, FilingReport]:
        """Import ``paths`` and return a report of each by the stem of its name."""
        return {Path(r.file).stem: r for r in self.importer.import_filings(paths)}

    def cells(self) -> dict[tuple[Any, ...], dict[str, int]]:
        """Return the sums of the cells, without what is nil."""
        sums = {
            key: {name: number for name, number in cell.items() if number}
            for key, cell in added_up(self.store, CELLS).items()
        }
        return {key: cell for key, cell in sums.items() if cell}


def record_told_lines(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[int]]:
    """Return a dict that fills with the lines that are told as events, by stem of the filing."""
    told_lines: dict[str, set[int]] = {}

    def tell(*given: object) -> Iterator[ToldOf]:
        for one in tell_month(*given):  # type: ignore[arg-type]
            told_lines.setdefault(one.source.filing.stem, set()).update(one.told.line.tolist())
            yield one

    monkeypatch.setattr(bank_month, "tell_month", tell)
    return told_lines
