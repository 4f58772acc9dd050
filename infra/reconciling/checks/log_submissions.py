"""Topic offsets against stored submissions: one row for every offset that was handled."""

from collections.abc import Iterator

from infra.reconciling.reading import PartitionCheck, Reading
from schemas.words import Words
from streams.ports import Log
from streams.reconcile import (
    Check,
    Finding,
    Level,
    Motion,
    differs,
    missing_ranges,
    ranges_text,
)

_CHECK = Check(
    "log_submissions",
    Words("日志位点与报送记录", "Topic offsets and stored submissions"),
    Words("日志", "log"),
    Words("库内", "stored"),
    Words(
        "报送记录缺失：以 puhui replay --from-store 重建；若日志本身被截短或重建，先停止处理",
        "Submissions are missing: rebuild with puhui replay --from-store; where the log itself "
        "was cut or made anew, stop the workers first",
    ),
    step=1,
)
_OFFSETS_SQL = """
    select offset from submissions final
    where generation = {generation:UInt16} and partition = {partition:UInt16}
        and offset < {next_offset:Int64}
"""
_COUNT_SQL = """
    select count() as submissions, min(offset) as first from submissions final
    where generation = {generation:UInt16} and partition = {partition:UInt16}
        and offset < {next_offset:Int64}
"""
# Where a store begins when the log does not say: the lowest offset that left anything behind.
_FIRST_SQL = """
    select min(lowest) as first, toInt64(sum(found)) as places from (
        select min(offset) as lowest, count() as found from messages
        where topic = {topic:String} and partition = {partition:UInt16}
            and offset < {next_offset:Int64}
        union all
        select min(offset) as lowest, count() as found from events
        where generation = {generation:UInt16} and partition = {partition:UInt16}
            and offset < {next_offset:Int64}
        union all
        select min(offset) as lowest, count() as found from rejected
        where generation = {generation:UInt16} and partition = {partition:UInt16}
            and offset < {next_offset:Int64}
        union all
        select min(offset) as lowest, count() as found from submissions
        where generation = {generation:UInt16} and partition = {partition:UInt16}
            and offset < {next_offset:Int64}
    ) where found > 0
"""


def _find(reading: Reading) -> Iterator[Finding]:
    checkpoint, log = reading.checkpoint, reading.log
    end = checkpoint.next_offset
    if log is not None and log.identity == checkpoint.log_identity:
        yield from _against_end(reading, log)
    (stored,) = reading.here(_COUNT_SQL)
    first = _first_offset(reading)
    # Counted first: reading every offset is only worth it where one is missing.
    if stored["submissions"] == end - first and (end == first or stored["first"] == first):
        return
    missing = missing_ranges(reading.offsets(_OFFSETS_SQL), first, end)
    where = f"{reading.where}@{ranges_text(missing)}"
    yield differs(_CHECK, "submissions", end - first, stored["submissions"], where=where)


def _against_end(reading: Reading, log: Log) -> Iterator[Finding]:
    next_offset = reading.checkpoint.next_offset
    log_end = log.end(reading.checkpoint.partition)  # Read after the checkpoint: never too low.
    if log_end < next_offset:
        yield differs(_CHECK, "end of the log", log_end, next_offset, where=reading.where)
    elif log_end > next_offset:
        yield differs(
            _CHECK, "next_offset", log_end, next_offset, where=reading.where, level=Level.BEHIND
        )


def _first_offset(reading: Reading) -> int:
    """Return where the stored submissions have to begin: 0, or where the log began then."""
    beginning = getattr(reading.log, "beginning", None)  # Of logs that forget.
    if beginning is None and reading.log is not None:
        return 0
    if beginning is not None and beginning(reading.checkpoint.partition) == 0:
        return 0
    rows = reading.here(_FIRST_SQL)
    return int(rows[0]["first"]) if rows and rows[0]["places"] else reading.checkpoint.next_offset


CHECK = PartitionCheck(_CHECK, Motion.EXACT, _find)
