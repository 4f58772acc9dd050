"""What every submission says became of its events, against the events and refusals stored."""

from collections.abc import Iterator

from infra.reconciling.reading import PartitionCheck, Reading
from schemas.words import Words
from streams.reconcile import Check, Finding, Motion, differs

_CHECK = Check(
    "submissions_events",
    Words("报送记录与逐笔事件", "Submissions and their stored events"),
    Words("报送记录", "submission says"),
    Words("库内", "stored"),
    Words(
        "事件或退回记录缺失：以 puhui replay --from-store 从原文重建",
        "Events or refusals are missing: rebuild them from the kept messages with "
        "puhui replay --from-store",
    ),
    step=4,
)
# Symmetric, so that rows without a submission are seen too. What was refused whole stands at
# position -1 and is none of the events that the submission counted.
_SQL = """
    select offset, max(bank) as bank_id, sum(told) as stored_told, sum(event) as stored_found,
        sum(refused) as rejected_told, sum(refusal) as rejected_found,
        sum(counted) + sum(whole) as counted_told, sum(became) as counted_found
    from (
        select offset, bank_id as bank, stored_count as told, toInt64(0) as event,
            rejected_count as refused, toInt64(0) as refusal, event_count as counted,
            stored_count + duplicate_count + rejected_count as became, toInt64(0) as whole
        from submissions final
        where generation = {generation:UInt16} and partition = {partition:UInt16}
            and offset < {next_offset:Int64}
        union all
        select offset, max(bank_id) as bank, toInt64(0) as told, toInt64(count()) as event,
            toInt64(0) as refused, toInt64(0) as refusal, toInt64(0) as counted,
            toInt64(0) as became, toInt64(0) as whole
        from events final
        where generation = {generation:UInt16} and partition = {partition:UInt16}
            and offset < {next_offset:Int64}
        group by offset
        union all
        select offset, max(bank_id) as bank, toInt64(0) as told, toInt64(0) as event,
            toInt64(0) as refused, toInt64(count()) as refusal, toInt64(0) as counted,
            toInt64(0) as became, toInt64(countIf(position < 0)) as whole
        from rejected final
        where generation = {generation:UInt16} and partition = {partition:UInt16}
            and offset < {next_offset:Int64}
        group by offset
    )
    group by offset
    having stored_told != stored_found or rejected_told != rejected_found
        or (counted_told != counted_found and rejected_told = rejected_found)
    order by offset
"""
_MEASURES = ("stored", "rejected", "counted")


def _find(reading: Reading) -> Iterator[Finding]:
    for row in reading.here(_SQL):
        where = f"{reading.where}@{row['offset']}"
        for measure in _MEASURES:
            told, found = row[f"{measure}_told"], row[f"{measure}_found"]
            if told != found:
                yield differs(
                    _CHECK,
                    f"{measure}_count",
                    told,
                    found,
                    where=where,
                    bank_id=row["bank_id"],
                )


CHECK = PartitionCheck(_CHECK, Motion.EXACT, _find)
