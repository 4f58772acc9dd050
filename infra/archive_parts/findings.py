"""核对发现: what the checks found in the bank's files and events of the quarter."""

from collections.abc import Iterator

from infra.archive_part import ArchivedFile, ArchivePart, Gathered, Subject, absent, csv_file
from infra.archive_parts.filings import filings_of
from schemas.tables import FILING_FINDINGS, REJECTED, SUBMISSIONS
from schemas.words import Words

_FINDING = ("table_code", "period", "batch", "number", "line", "field", "rule", "level", "found",
            "expected")  # fmt: skip
_REJECTED = ("partition", "offset", "position", "event_id", "code", "field", "found", "expected")


def findings(subject: Subject) -> Gathered:
    """Return what was found in files, and which events were refused."""
    files = [*_in_files(subject), *_refused(subject)]
    if not files:
        return absent("未发现问题", "nothing was found: no file finding, no refused event")
    return Gathered(files)


def _in_files(subject: Subject) -> Iterator[ArchivedFile]:
    kept = {(one.table, one.period.isoformat()) for one in filings_of(subject)}
    if not kept:
        return
    rows = subject.node.store.read(FILING_FINDINGS, {"bank_id": subject.bank_id}, columns=_FINDING)
    columns = [
        rows[name].to_list() if hasattr(rows[name], "to_list") else rows[name].tolist()
        for name in _FINDING
    ]
    lines = sorted(line for line in zip(*columns, strict=True) if line[:2] in kept)
    if lines:
        words = Words("数据文件核对发现", "findings in files")
        yield csv_file("file-findings.csv", _FINDING, lines, words)


def _refused(subject: Subject) -> Iterator[ArchivedFile]:
    store, generation = subject.node.store, subject.node.generation
    where: dict[str, int | str] = {"generation": generation, "bank_id": subject.bank_id}
    names = ("partition", "offset", "complete_to")
    sent = store.read(SUBMISSIONS, where, columns=names)
    first, last = subject.quarter.first_day.isoformat(), subject.quarter.last_day.isoformat()
    places = {
        (partition, offset)
        for partition, offset, day in zip(
            sent["partition"].tolist(), sent["offset"].tolist(), sent["complete_to"].to_list(),
            strict=True,
        )
        if first <= day <= last
    }  # fmt: skip
    rows = store.read(REJECTED, where, columns=_REJECTED)
    columns = [
        rows[name].to_list() if hasattr(rows[name], "to_list") else rows[name].tolist()
        for name in _REJECTED
    ]
    lines = sorted(line for line in zip(*columns, strict=True) if line[:2] in places)
    if lines:
        words = Words("未被接受的事件", "events that were refused")
        yield csv_file("refused-events.csv", _REJECTED, lines, words)


PARTS = (ArchivePart(3, "findings", Words("核对发现", "Findings"), findings),)
