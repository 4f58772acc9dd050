"""Import of one file: recognise, read, send in submissions, and account for every row.

Sending a file twice is harmless: its rows have the same event ids. A file known as done is
not even read again.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from infra.imports.completeness import NewestMonth
from infra.imports.format import Format
from infra.imports.kinds import recognise
from infra.imports.report import ImportReport
from infra.imports.shipping import Shipping
from infra.imports.source_file import SourceFile, open_source
from infra.ingest import Outgoing, WayIn
from schemas.columns import Ids
from schemas.tables import IMPORTS
from streams.ports import Clock, Store

STARTED, DONE = "started", "done"

OnProgress = Callable[[int, int], None]


class Importer:
    """Imports files into one store, through the same path as every other event."""

    def __init__(self, store: Store, ingest: WayIn, clock: Clock, *, generation: int) -> None:
        self._store, self._ingest, self._clock = store, ingest, clock
        self._generation = generation

    def import_file(
        self,
        path: Path,
        *,
        complete_to: dt.date | None = None,
        on_progress: OnProgress = lambda _done, _all: None,
    ) -> ImportReport:
        """Import ``path``; raise FileError when it is nothing that can be imported.

        Args:
            path: the file.
            complete_to: up to where its banks have sent everything; None: the last day of the
                month of the newest date in it.
            on_progress: told bytes read and bytes in all.

        """
        started_ms = self._clock.now_ms()
        source = open_source(path)
        known = self._known_report(source)
        if known is not None:
            known.file, known.is_known = str(path), True
            if complete_to is not None and complete_to.isoformat() != known.complete_to:
                known.remark("complete_to_not_used", complete_to.isoformat())
            return known
        form = recognise(source)
        report = ImportReport(file=str(path), kind=form.name, sha256=source.sha256)
        self._mark(source, STARTED, report)
        self._send(form, source, report, complete_to, on_progress)
        assert report.adds_up, f"{path}: the counts do not add up: {report}"
        report.duration_s = (self._clock.now_ms() - started_ms) / 1000
        self._mark(source, DONE, report)
        return report

    def _send(
        self,
        form: Format,
        source: SourceFile,
        report: ImportReport,
        complete_to: dt.date | None,
        on_progress: OnProgress,
    ) -> None:
        months = NewestMonth(self._clock.now_ms())
        shipping = Shipping(
            self._store,
            self._ingest,
            generation=self._generation,
            is_lending=form.is_lending,
            report=report,
        )
        bytes_read = 0

        def on_bytes(count: int) -> None:
            nonlocal bytes_read
            bytes_read += count
            on_progress(bytes_read, source.size_bytes)

        for packed in form.read(source, on_bytes, months.hear):
            shipping.add(packed)
        shipping.finish()
        if not form.is_lending:
            return
        if complete_to is None:
            complete_to = months.last_day
            if months.ignored:
                report.remark("date_in_the_future", months.ignored)
        if complete_to is not None:
            # Last, so that a bank is never complete before all of its file has arrived.
            report.complete_to = complete_to.isoformat()
            self._ingest.take([Outgoing(bank, b"", complete_to) for bank in shipping.bank_ids])

    def _known_report(self, source: SourceFile) -> ImportReport | None:
        rows = self._store.read(IMPORTS, {"sha256": source.sha256})
        if rows["state"].to_list() != [DONE]:
            return None
        return msgspec.json.decode(rows["report"].to_list()[0], type=ImportReport)

    def _mark(self, source: SourceFile, state: str, report: ImportReport) -> None:
        self._store.insert(
            IMPORTS,
            {
                "sha256": Ids.of([source.sha256]),
                "file_name": Ids.of([source.path.name]),
                "state": Ids.of([state]),
                "report": Ids.of([msgspec.json.encode(report).decode()]),
                "version": np.array([self._clock.now_ms()], np.int64),
            },
        )
