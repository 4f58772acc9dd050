"""Stored submissions against the kept copy: every message that was handled is kept, once."""

from collections.abc import Iterator

from infra.reconciling.reading import PartitionCheck, Reading
from schemas.words import Words
from streams.reconcile import Check, Finding, Motion, differs, missing_ranges, ranges_text

_CHECK = Check(
    "submissions_messages",
    Words("报送记录与原文留存", "Stored submissions and kept messages"),
    Words("报送记录", "submissions"),
    Words("原文", "messages"),
    Words(
        "原文留存缺失：只要日志还在保留期内，可从日志补回；在此之前不要清理日志",
        "Kept messages are missing: read them again from the log while it still holds them, and "
        "do not let the log forget before that",
    ),
    step=2,
)
_COUNTS_SQL = """
    select sum(submission) as submissions, sum(message) as messages from (
        select toInt64(count()) as submission, toInt64(0) as message from submissions final
        where generation = {generation:UInt16} and partition = {partition:UInt16}
            and offset < {next_offset:Int64}
        union all
        select toInt64(0) as submission, toInt64(count()) as message from messages final
        where topic = {topic:String} and partition = {partition:UInt16}
            and offset < {next_offset:Int64}
    )
"""
_OFFSETS_SQL = """
    select offset from messages final
    where topic = {topic:String} and partition = {partition:UInt16}
        and offset < {next_offset:Int64}
"""


def _find(reading: Reading) -> Iterator[Finding]:
    (counts,) = reading.here(_COUNTS_SQL)
    # More messages than submissions is the other check's business: a submission is missing.
    if counts["messages"] >= counts["submissions"]:
        return
    offsets = reading.offsets(_OFFSETS_SQL)
    first = int(offsets.min()) if offsets.size < counts["submissions"] and offsets.size else 0
    missing = missing_ranges(offsets, min(first, 0), reading.checkpoint.next_offset)
    where = f"{reading.where}@{ranges_text(missing)}"
    yield differs(_CHECK, "messages", counts["submissions"], counts["messages"], where=where)


CHECK = PartitionCheck(_CHECK, Motion.EXACT, _find)
