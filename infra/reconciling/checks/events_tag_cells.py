"""Draws in the stored events against tag cells: by guarantee and policy mark, bank and quarter.

Tags of the LPR need the published rates; tag_cells_totals looks after those.
"""

from collections.abc import Iterable

from infra.reconciling.reading import PartitionCheck, Reading, split_moved
from schemas.words import Words
from streams.reconcile import Check, Finding, Motion, compare_sums, sums_of

_CHECK = Check(
    "events_tag_cells",
    Words("发放事件与分类累计", "Draws and the sums by tag"),
    Words("按事件计算", "from events"),
    Words("分类累计", "tag cells"),
    Words(
        "分类累计与事件不符：以 puhui replay --from-store 重建",
        "Tag cells are not what the events give: rebuild with puhui replay --from-store",
    ),
    step=5,
)
# Tags as schemas/tags.py numbers them: 1 + guarantee kind, 16 + place of the policy mark.
_DRAWS_SQL = """
    select bank_id, quarter, tag, toInt64(uniqExact(borrower_id, loan_kind)) as tag_cells,
        sum(moved) as disbursed_minor, sum(signed) as draw_count
    from (
        select bank_id, quarter, borrower_id, loan_kind, toInt64(sign) as signed,
            sign * amount_cny_minor as moved,
            arrayJoin(arrayFilter(one -> one > 0, [
                toUInt16(if(guarantee_kind = 255, 0, 1 + guarantee_kind)),
                toUInt16(if(bitAnd(policy_tags, 1) = 1, 16, 0)),
                toUInt16(if(bitAnd(policy_tags, 2) = 2, 17, 0)),
                toUInt16(if(bitAnd(policy_tags, 4) = 4, 18, 0)),
                toUInt16(if(bitAnd(policy_tags, 8) = 8, 19, 0)),
                toUInt16(if(bitAnd(policy_tags, 16) = 16, 20, 0))
            ])) as tag
        from events final
        where generation = {generation:UInt16} and partition = {partition:UInt16}
            and offset < {next_offset:Int64}
            and event_type in ('loan_disbursed', 'bill_discounted', 'bill_rediscounted')
    )
"""
_GROUPED_SQL = " group by bank_id, quarter, tag"
_EVENTS_SQL = _DRAWS_SQL + _GROUPED_SQL
_CELLS_SQL = """
    select bank_id, quarter, tag, toInt64(count()) as tag_cells,
        sum(disbursed_minor) as disbursed_minor, sum(draw_count) as draw_count
    from tag_cells final
    where generation = {generation:UInt16} and partition = {partition:UInt16} and tag < 1024
    group by bank_id, quarter, tag
"""
# As in events_cells.
_STILL_CELLS_SQL = """
    select bank_id, quarter, tag, toInt64(countIf(is_still)) as tag_cells,
        sumIf(disbursed_minor, is_still) as disbursed_minor,
        sumIf(draw_count, is_still) as draw_count,
        arrayStringConcat(
            groupArrayIf(concat(borrower_id, '/', toString(loan_kind)), not is_still), '\n'
        ) as moved
    from (
        select *, version < {next_offset:Int64} as is_still from tag_cells final
        where generation = {generation:UInt16} and partition = {partition:UInt16} and tag < 1024
    )
    group by bank_id, quarter, tag
"""
_STILL_EVENTS_SQL = (
    _DRAWS_SQL
    + """
    where concat(bank_id, '/', toString(quarter), '/', toString(tag), '/', borrower_id, '/',
        toString(loan_kind)) not in (select arrayJoin({moved:Array(String)}))
"""
    + _GROUPED_SQL
)


def _find(reading: Reading) -> Iterable[Finding]:
    told = sums_of(reading.here(_EVENTS_SQL))
    kept = sums_of(reading.here(_CELLS_SQL))
    return compare_sums(_CHECK, told, kept, where=reading.where)


def _find_still(reading: Reading) -> Iterable[Finding]:
    rows, moved = split_moved(reading.here(_STILL_CELLS_SQL))
    told = sums_of(reading.here(_STILL_EVENTS_SQL, {"moved": moved}))
    return compare_sums(_CHECK, told, sums_of(rows), where=reading.where)


CHECK = PartitionCheck(_CHECK, Motion.BY_KEY, _find, _find_still)
