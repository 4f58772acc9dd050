"""报送与回执: the bank's own files of the quarter, and the receipts that it was given."""

from collections.abc import Iterator

from infra.archive_part import (
    ArchivedFile,
    ArchivePart,
    Gathered,
    Subject,
    absent,
    csv_file,
    json_file,
)
from infra.imports.pboc.archive import Filing
from infra.intake.receipt import shanghai_text
from schemas.quarter import Quarter
from schemas.tables import RECEIPTS, SUBMISSIONS
from schemas.words import Words

FILES_BYTES_MAX = 256 * 2**20  # Larger filings are named with their hash, and stay where they are.


def filings_of(subject: Subject) -> list[Filing]:
    """Return every batch of the bank's own files of the quarter, oldest first."""
    kept = subject.node.archive.listed(subject.bank_id)
    found = [one for one in kept if Quarter.of_date(one.period) == subject.quarter]
    return sorted(found, key=lambda one: (one.period, one.table, one.batch))


def filings(subject: Subject) -> Gathered:
    """Return the files as they were sent, and what is known of each."""
    found = filings_of(subject)
    if not found:
        return absent(
            "本季度未报送数据文件（或经由接口报送事件，见回执）",
            "no files of its own were sent for the quarter; events came as submissions, see there",
        )
    files = [
        json_file(
            "filings.json",
            [_facts(one) for one in found],
            Words("报送清单，含哈希", "what was sent, with hashes"),
        )
    ]
    words = Words("", "")
    if sum(one.size_bytes for one in found) > FILES_BYTES_MAX:
        words = Words(
            "文件过大，仅列哈希；可另行导出",
            "too large to be held here: named by their hashes; export them on their own",
        )
    else:
        files += [_file(subject, one) for one in found]
    return Gathered(files, words)


def receipts(subject: Subject) -> Gathered:
    """Return the signed receipts whose submissions tell of the quarter, and every submission."""
    files = [*_receipts(subject), *_submissions(subject)]
    if not files:
        return absent("本季度无回执与接收记录", "nothing was received for the quarter")
    return Gathered(files)


def _facts(one: Filing) -> dict[str, object]:
    return {
        "file_name": one.file_name,
        "table": one.table,
        "period": one.period.isoformat(),
        "batch": one.batch,
        "sha256": one.sha256,
        "size_bytes": one.size_bytes,
        "row_count": one.row_count,
        "refused_row_count": int(one.refused.sum()),
        "spec_version": one.spec_version,
        "received_at": shanghai_text(one.received_at_ms),
        "log_text": one.log_text,
        "state": one.state,
    }


def _file(subject: Subject, one: Filing) -> ArchivedFile:
    content = b"".join(subject.node.archive.pieces(one))
    words = Words(f"{one.table} 第 {one.batch} 批", f"{one.table}, batch {one.batch}")
    return ArchivedFile(f"{one.stem}_{one.batch:03}.dat", content, words)


def _receipts(subject: Subject) -> Iterator[ArchivedFile]:
    names = ("lane", "seq", "complete_to", "body")
    rows = subject.node.store.read(RECEIPTS, {"bank_id": subject.bank_id}, columns=names)
    columns = (rows["lane"].tolist(), rows["seq"].tolist(), rows["complete_to"].to_list())
    for lane, seq, complete_to, body in sorted(zip(*columns, rows["body"], strict=True)):
        if _is_within(subject.quarter, complete_to):
            words = Words("签名回执，原文", "signed receipt, as it was given")
            yield ArchivedFile(f"receipt-{lane:03}-{seq:06}.json", body, words)


def _submissions(subject: Subject) -> Iterator[ArchivedFile]:
    where: dict[str, int | str] = {
        "generation": subject.node.generation,
        "bank_id": subject.bank_id,
    }
    texts, numbers = (
        ("sha256", "complete_to", "outcome"),
        ("lane", "seq", "partition", "offset", "event_count", "stored_count", "rejected_count"),
    )
    rows = subject.node.store.read(SUBMISSIONS, where, columns=(*texts, *numbers, "received_at_ms"))
    columns = {name: rows[name].to_list() for name in texts}
    columns |= {name: rows[name].tolist() for name in numbers}
    columns["received_at"] = [shanghai_text(at_ms) for at_ms in rows["received_at_ms"].tolist()]
    head = ("lane", "seq", "complete_to", "received_at", "outcome", "sha256", *numbers[2:])
    lines = sorted(
        line
        for line in zip(*(columns[name] for name in head), strict=True)
        if _is_within(subject.quarter, line[2])
    )
    if lines:
        words = Words("接收记录：每次报送及其结果", "every submission, and what became of it")
        yield csv_file("submissions.csv", head, lines, words)


def _is_within(quarter: Quarter, complete_to: str) -> bool:
    """Tell whether a submission complete to this day tells of the quarter."""
    first, last = quarter.first_day.isoformat(), quarter.last_day.isoformat()
    return first <= complete_to <= last


PARTS = (
    ArchivePart(1, "filings", Words("报送文件", "Filings"), filings),
    ArchivePart(2, "receipts", Words("回执", "Receipts"), receipts),
)
