"""Profiles and credit lines against the events that told them: one row a borrower and quarter."""

from collections.abc import Iterator

from infra.reconciling.reading import PartitionCheck, Reading
from schemas.words import Words
from streams.reconcile import Check, Finding, Motion, compare_sums, sums_of

_CHECK = Check(
    "events_registers",
    Words("建档、授信事件与登记", "Profiles, credit lines and the events that told them"),
    Words("按事件计算", "from events"),
    Words("登记", "registered"),
    Words(
        "登记缺失：以 puhui replay --from-store 重建",
        "Registered rows are missing: rebuild with puhui replay --from-store",
    ),
    step=6,
)
_EVENTS_SQL = """
    select bank_id, quarter,
        toInt64(uniqExactIf(borrower_id, event_type = 'borrower_profiled')) as profiles,
        toInt64(uniqExactIf(borrower_id, event_type = 'credit_line_set')) as credit_lines
    from events final
    where generation = {generation:UInt16} and partition = {partition:UInt16}
        and offset < {next_offset:Int64}
        and event_type in ('borrower_profiled', 'credit_line_set')
    group by bank_id, quarter
"""
_REGISTERED_SQL = """
    select bank_id, quarter, sum(profile) as profiles, sum(line) as credit_lines from (
        select bank_id, quarter, toInt64(1) as profile, toInt64(0) as line from profiles final
        where generation = {generation:UInt16} and partition = {partition:UInt16}
        union all
        select bank_id, quarter, toInt64(0) as profile, toInt64(1) as line
        from credit_lines final
        where generation = {generation:UInt16} and partition = {partition:UInt16}
    ) group by bank_id, quarter
"""
# Entries of the other registers are named by what their events say, which is not stored: of
# those only their being there at all, by bank, can be told in SQL. What they say: --deep.
_BANKS_SQL = """
    select bank_id, toInt16(-1) as quarter,
        toInt64(max(event_type = 'bank_registered')) as bank,
        toInt64(max(event_type = 'position_reported')) as position,
        toInt64(max(event_type = 'aggregate_published')) as aggregate,
        toInt64(max(event_type = 'indicator_reported')) as indicator
    from events final
    where generation = {generation:UInt16} and partition = {partition:UInt16}
        and offset < {next_offset:Int64}
        and event_type in ('bank_registered', 'position_reported', 'aggregate_published',
            'indicator_reported')
    group by bank_id
"""
_ENTRIES_SQL = """
    select bank_id, toInt16(-1) as quarter,
        toInt64(max(register = 'bank')) as bank,
        toInt64(max(register = 'position')) as position,
        toInt64(max(register = 'aggregate')) as aggregate,
        toInt64(max(register = 'indicator')) as indicator
    from registers final
    where generation = {generation:UInt16} and partition = {partition:UInt16}
    group by bank_id
"""


def _find(reading: Reading) -> Iterator[Finding]:
    pairs = ((_EVENTS_SQL, _REGISTERED_SQL), (_BANKS_SQL, _ENTRIES_SQL))
    for told_sql, kept_sql in pairs:
        told, kept = sums_of(reading.here(told_sql)), sums_of(reading.here(kept_sql))
        yield from compare_sums(_CHECK, told, kept, where=reading.where)


CHECK = PartitionCheck(_CHECK, Motion.BY_KEY, _find)
