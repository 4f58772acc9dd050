"""Stored events against cells, per bank and quarter: the effects of events, written in SQL.

What each type of event does to which sum is written out from docs/reference/effects.md, a
second time and on purpose: nothing here calls the arithmetic that made the cells.
"""

from collections.abc import Iterable

from infra.reconciling.reading import PartitionCheck, Reading, split_moved
from schemas.words import Words
from streams.reconcile import Check, Finding, Motion, compare_sums, sums_of

_CHECK = Check(
    "events_cells",
    Words("逐笔事件与账户累计", "Events and the sums of accounts"),
    Words("按事件计算", "from events"),
    Words("累计", "cells"),
    Words(
        "累计与事件不符：以 puhui replay --from-store 重建新一代数据，核对一致后切换",
        "Cells are not what the events give: build a new generation with puhui replay "
        "--from-store and switch to it once it agrees",
    ),
    step=5,
)
# amount × rate of a single event already has more digits than an Int64: hi × 10⁶ + lo, each
# product made limb by limb. ClickHouse divides towards zero, so both limbs carry the sign.
_EFFECTS_SQL = """
    select bank_id, quarter, toInt64(uniqExact(borrower_id, loan_kind)) as cells,
        sumIf(moved, event_type = 'balance_brought_forward') as brought_forward_minor,
        sumIf(moved, is_draw) as disbursed_minor,
        sumIf(moved, event_type = 'loan_acquired') as acquired_minor,
        sumIf(moved, event_type in ('loan_repaid', 'loan_refinanced', 'bill_recovered'))
            as repaid_minor,
        sumIf(moved, event_type = 'loan_written_off') as written_off_minor,
        sumIf(moved, event_type in ('loan_carved_out', 'loan_transferred', 'loan_securitised',
            'loan_settled_in_kind', 'loan_converted_to_equity')) as moved_out_minor,
        sumIf(moved, event_type = 'balance_revalued') as revalued_minor,
        sumIf(high * sign, is_draw) as disbursed_rate_hi,
        sumIf(low * sign, is_draw) as disbursed_rate_lo,
        sum(high * way) as balance_rate_hi,
        sum(low * way) as balance_rate_lo,
        sum(moved * crossed) as non_performing_minor
    from (
        select bank_id, quarter, borrower_id, loan_kind, event_type, sign,
            sign * amount_cny_minor as moved,
            event_type in ('loan_disbursed', 'bill_discounted', 'bill_rediscounted') as is_draw,
            event_type in ('loan_repaid', 'loan_refinanced', 'bill_recovered',
                'loan_written_off', 'loan_carved_out', 'loan_transferred', 'loan_securitised',
                'loan_settled_in_kind', 'loan_converted_to_equity') as is_out,
            multiIf(event_type = 'loan_reclassified', toInt64(0), is_out, toInt64(-1),
                toInt64(1)) * sign as way,
            if(event_type = 'loan_repriced', rate_mbp - old_rate_mbp, rate_mbp) as rate,
            toInt64(amount_cny_minor % 1000000) * rate as low_product,
            intDiv(amount_cny_minor, 1000000) * rate + intDiv(low_product, 1000000) as high,
            toInt64(low_product % 1000000) as low,
            toInt64(loan_class between 2 and 4) as is_bad,
            toInt64(old_loan_class between 2 and 4) as was_bad,
            multiIf(event_type = 'loan_reclassified', is_bad - was_bad,
                event_type = 'loan_repriced', toInt64(0), is_out, -is_bad, is_bad) as crossed
        from events final
        where generation = {generation:UInt16} and partition = {partition:UInt16}
            and offset < {next_offset:Int64}
            and event_type in ('balance_brought_forward', 'loan_disbursed', 'bill_discounted',
                'bill_rediscounted', 'loan_acquired', 'loan_repaid', 'loan_refinanced',
                'bill_recovered', 'loan_written_off', 'loan_carved_out', 'loan_transferred',
                'loan_securitised', 'loan_settled_in_kind', 'loan_converted_to_equity',
                'loan_repriced', 'loan_reclassified', 'balance_revalued')
"""
_GROUPED_SQL = ") group by bank_id, quarter"
_EVENTS_SQL = _EFFECTS_SQL + _GROUPED_SQL
_CELLS_SQL = """
    select bank_id, quarter, toInt64(count()) as cells,
        sum(brought_forward_minor) as brought_forward_minor,
        sum(disbursed_minor) as disbursed_minor,
        sum(acquired_minor) as acquired_minor,
        sum(repaid_minor) as repaid_minor,
        sum(written_off_minor) as written_off_minor,
        sum(moved_out_minor) as moved_out_minor,
        sum(revalued_minor) as revalued_minor,
        sum(disbursed_rate_hi) as disbursed_rate_hi,
        sum(disbursed_rate_lo) as disbursed_rate_lo,
        sum(balance_rate_hi) as balance_rate_hi,
        sum(balance_rate_lo) as balance_rate_lo,
        sum(non_performing_minor) as non_performing_minor
    from cells final
    where generation = {generation:UInt16} and partition = {partition:UInt16}
    group by bank_id, quarter
"""
# One SELECT shows one moment: cells that nothing beyond the checkpoint has touched, with their
# version, and the names of those that something has. Events below the checkpoint never change.
_STILL_CELLS_SQL = """
    select bank_id, quarter, toInt64(countIf(is_still)) as cells,
        sumIf(brought_forward_minor, is_still) as brought_forward_minor,
        sumIf(disbursed_minor, is_still) as disbursed_minor,
        sumIf(acquired_minor, is_still) as acquired_minor,
        sumIf(repaid_minor, is_still) as repaid_minor,
        sumIf(written_off_minor, is_still) as written_off_minor,
        sumIf(moved_out_minor, is_still) as moved_out_minor,
        sumIf(revalued_minor, is_still) as revalued_minor,
        sumIf(disbursed_rate_hi, is_still) as disbursed_rate_hi,
        sumIf(disbursed_rate_lo, is_still) as disbursed_rate_lo,
        sumIf(balance_rate_hi, is_still) as balance_rate_hi,
        sumIf(balance_rate_lo, is_still) as balance_rate_lo,
        sumIf(non_performing_minor, is_still) as non_performing_minor,
        arrayStringConcat(
            groupArrayIf(concat(borrower_id, '/', toString(loan_kind)), not is_still), '\n'
        ) as moved
    from (
        select *, version < {next_offset:Int64} as is_still from cells final
        where generation = {generation:UInt16} and partition = {partition:UInt16}
    )
    group by bank_id, quarter
"""
_STILL_EVENTS_SQL = (
    _EFFECTS_SQL
    + """
            and concat(bank_id, '/', toString(quarter), '/', borrower_id, '/', toString(loan_kind))
                not in (select arrayJoin({moved:Array(String)}))
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
