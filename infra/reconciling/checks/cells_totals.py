"""Cells against the totals of all loans, per bank and quarter: every sum, and the balance."""

from collections.abc import Iterable

from infra.reconciling.reading import PartitionCheck, Reading
from schemas.words import Words
from streams.reconcile import Check, Finding, Motion, compare_sums, sums_of

_CHECK = Check(
    "cells_totals",
    Words("账户累计与机构合计", "Cells and totals of all loans"),
    Words("累计", "cells"),
    Words("合计", "totals"),
    Words(
        "先看前面的检查：累计与事件一致时，重启该分区的处理进程即重算合计；"
        "否则 puhui replay --from-store",
        "Look at the checks before: where cells agree with events, a restarted worker makes the "
        "totals again with its next batch; where they do not, puhui replay --from-store",
    ),
    step=7,
)
# A balance is the sum of these changes up to its quarter, so equal changes are equal balances.
_CELLS_SQL = """
    select bank_id, quarter,
        sum(net_minor) as balance_change_minor,
        sum(brought_forward_minor) as brought_forward_minor,
        sum(disbursed_minor) as disbursed_minor,
        sum(acquired_minor) as acquired_minor,
        sum(repaid_minor) as repaid_minor,
        sum(written_off_minor) as written_off_minor,
        sum(moved_out_minor) as moved_out_minor,
        sum(revalued_minor) as revalued_minor,
        sum(disbursed_rate_hi) as disbursed_rate_hi,
        sum(disbursed_rate_lo) as disbursed_rate_lo,
        sum(balance_rate_hi) as balance_rate_change_hi,
        sum(balance_rate_lo) as balance_rate_change_lo,
        sum(non_performing_minor) as non_performing_change_minor
    from (
        select *, brought_forward_minor + disbursed_minor + acquired_minor + revalued_minor
            - repaid_minor - written_off_minor - moved_out_minor as net_minor
        from cells final
        where generation = {generation:UInt16} and partition = {partition:UInt16}
    )
    group by bank_id, quarter
"""
_TOTALS_SQL = """
    select bank_id, quarter, balance_change_minor, brought_forward_minor, disbursed_minor,
        acquired_minor, repaid_minor, written_off_minor, moved_out_minor, revalued_minor,
        disbursed_rate_hi, disbursed_rate_lo, balance_rate_change_hi, balance_rate_change_lo,
        non_performing_change_minor
    from totals final
    where generation = {generation:UInt16} and partition = {partition:UInt16}
        and population = 'all' and tag = 0
"""


def _find(reading: Reading) -> Iterable[Finding]:
    told = sums_of(reading.here(_CELLS_SQL))
    kept = sums_of(reading.here(_TOTALS_SQL))
    return compare_sums(_CHECK, told, kept, where=reading.where)


CHECK = PartitionCheck(_CHECK, Motion.BY_KEY, _find)
