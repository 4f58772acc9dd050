"""Sends parcels to the pipeline in shipments, and puts what came of them into the report."""

from collections.abc import Sequence

from infra.imports.findings import explained, explained_by_pipeline
from infra.imports.overtaken import (
    Counting,
    Key,
    counting_entries,
    overtaken_lines,
    tied_lines,
)
from infra.imports.parcel import LeftOut, Notice, Packed, Parcel, Refusal
from infra.imports.report import REJECTED_LISTED_MAX, Finding, ImportReport
from infra.ingest import Outgoing, Taken, WayIn
from schemas.message import Message
from schemas.tables import REJECTED
from streams.ports import Store

SHIPMENT_EVENTS_MAX = 50_000  # One batch of the pipeline.
LINES_SHOWN_MAX = 10
SHIPMENT_BYTES_MAX = 64 * 2**20


class Shipping:
    """Takes what a reader yields; call ``ship`` at the end."""

    def __init__(
        self,
        store: Store,
        ingest: WayIn,
        *,
        generation: int,
        is_lending: bool,
        report: ImportReport,
    ) -> None:
        """Ship through ``ingest``; rows of no lending replace each other, see overtaken.py."""
        self._is_lending = is_lending
        self._lines: dict[str, list[int]] = {"overtaken": [], "replaced_equal": []}
        self._store, self._ingest, self._generation = store, ingest, generation
        self._report = report
        self._held: list[Parcel] = []
        self._held_events, self._held_bytes = 0, 0
        self._left_out: dict[str, int] = {}
        self._counts = {"event_warnings": 0, "second_reversals": 0, "conflicts": 0}
        self.bank_ids: dict[str, None] = {}  # In order of their first shipment.

    def add(self, packed: Packed) -> None:
        """Take one thing that was read from the file."""
        report = self._report
        if isinstance(packed, Parcel):
            self._hold(packed)
        elif isinstance(packed, Refusal):
            report.row_count += 1
            report.refused_row_count += 1
            report.list_finding(_finding(report.file, packed, is_kept=False))
        elif isinstance(packed, LeftOut):
            report.row_count += 1
            report.left_out_count += 1
            self._left_out[packed.code] = self._left_out.get(packed.code, 0) + 1
        else:
            assert isinstance(packed, Notice)
            report.remark(packed.code, packed.found)

    def finish(self) -> None:
        """Send what is held and say about the whole file what is to be said."""
        self._ship()
        self._report.bank_count = len(self.bank_ids)
        # The pipeline's refusals come later than the reader's; people go through the file.
        self._report.rejected.sort(key=lambda finding: finding.line)
        for code, count in (self._left_out | self._counts).items():
            if count:
                self._report.remark(code, count)
        for code, lines in self._lines.items():
            if lines:
                shown = ", ".join(map(str, lines[:LINES_SHOWN_MAX]))
                self._report.remark(code, shown + (" …" if len(lines) > LINES_SHOWN_MAX else ""))

    def _hold(self, parcel: Parcel) -> None:
        self._held.append(parcel)
        self._held_events += len(parcel.lines)
        self._held_bytes += len(parcel.value)
        self.bank_ids[parcel.bank_id] = None
        self._report.row_count += len(parcel.lines)
        self._report.event_count += len(parcel.lines)
        if self._held_events >= SHIPMENT_EVENTS_MAX or self._held_bytes >= SHIPMENT_BYTES_MAX:
            self._ship()

    def _ship(self) -> None:
        if not self._held:
            return
        parcels, self._held = self._held, []
        self._held_events, self._held_bytes = 0, 0
        before = {} if self._is_lending else self._entries(parcels)
        taken = self._ingest.take(
            [Outgoing(p.bank_id, p.value, None, p.content_type) for p in parcels]
        )
        self._report.submission_count += len(parcels)
        self._count(sum(len(parcel.lines) for parcel in parcels), taken)
        if any(batch.rejected_count for batch in taken.reports):
            self._find_rejected(parcels, taken.messages)
        if not self._is_lending:
            after = self._entries(parcels)
            self._lines["overtaken"] += overtaken_lines(
                self._store, self._generation, parcels, taken.messages, after
            )
            self._lines["replaced_equal"] += tied_lines(parcels, before, after)

    def _entries(self, parcels: Sequence[Parcel]) -> dict[Key, Counting]:
        return counting_entries(self._store, self._generation, parcels)

    def _count(self, sent_count: int, taken: Taken) -> None:
        stored_count = sum(batch.stored_count for batch in taken.reports)
        duplicate_count = sum(batch.duplicate_count for batch in taken.reports)
        self._report.stored_count += stored_count
        self._report.duplicate_count += duplicate_count
        # Not what the pipeline counts: a submission refused as a whole is one refusal there.
        self._report.rejected_count += sent_count - stored_count - duplicate_count
        for batch in taken.reports:
            self._counts["event_warnings"] += batch.warning_count
            self._counts["second_reversals"] += batch.second_reversal_count
            self._counts["conflicts"] += batch.conflict_count

    def _find_rejected(self, parcels: Sequence[Parcel], messages: Sequence[Message]) -> None:
        for parcel, message in zip(parcels, messages, strict=True):
            if len(self._report.rejected) >= REJECTED_LISTED_MAX:
                return
            place = {"partition": message.partition, "offset": message.offset}
            rows = self._store.read(REJECTED, {"generation": self._generation, **place})
            texts = zip(
                *(rows[name].to_list() for name in ("field", "code", "found", "expected")),
                strict=True,
            )
            for position, text in zip(rows["position"].tolist(), texts, strict=True):
                # A submission refused as a whole has no position: its first line stands for it.
                refusal = Refusal(parcel.lines[max(position, 0)], *text)
                self._report.list_finding(_finding(self._report.file, refusal, is_kept=True))


def _finding(file: str, refusal: Refusal, *, is_kept: bool) -> Finding:
    explain = explained_by_pipeline if is_kept else explained
    zh, en = explain(refusal.code, refusal.found, refusal.expected)
    place = f"{file}:{refusal.line}" + (f":{refusal.field}" if refusal.field else "")
    return Finding(
        place=place,
        line=refusal.line,
        field=refusal.field,
        code=refusal.code,
        found=refusal.found,
        expected=refusal.expected,
        zh=zh,
        en=en,
        is_kept=is_kept,
    )
