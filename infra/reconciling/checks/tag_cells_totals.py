"""Tag cells against the totals of all loans by tag, the LPR in force among them."""

from collections.abc import Iterable

from infra.reconciling.reading import PartitionCheck, Reading
from schemas.words import Words
from streams.reconcile import Check, Finding, Motion, compare_sums, sums_of

_CHECK = Check(
    "tag_cells_totals",
    Words("分类累计与机构分类合计", "Tag cells and totals by tag"),
    Words("分类累计", "tag cells"),
    Words("合计", "totals"),
    Words(
        "先看前面的检查：累计与事件一致时，重启该分区的处理进程即重算合计；"
        "否则 puhui replay --from-store",
        "Look at the checks before: where cells agree with events, a restarted worker makes the "
        "totals again with its next batch; where they do not, puhui replay --from-store",
    ),
    step=7,
)
_CELLS_SQL = """
    select bank_id, quarter, tag, sum(disbursed_minor) as disbursed_minor,
        sum(disbursed_rate_hi) as disbursed_rate_hi, sum(disbursed_rate_lo) as disbursed_rate_lo,
        sum(draw_count) as draw_count
    from tag_cells final
    where generation = {generation:UInt16} and partition = {partition:UInt16}
    group by bank_id, quarter, tag
"""
_TOTALS_SQL = """
    select bank_id, quarter, tag, disbursed_minor, disbursed_rate_hi, disbursed_rate_lo,
        draw_count
    from totals final
    where generation = {generation:UInt16} and partition = {partition:UInt16}
        and population = 'all' and tag > 0
"""


def _find(reading: Reading) -> Iterable[Finding]:
    told = sums_of(reading.here(_CELLS_SQL))
    kept = sums_of(reading.here(_TOTALS_SQL))
    return compare_sums(_CHECK, told, kept, where=reading.where)


CHECK = PartitionCheck(_CHECK, Motion.BY_KEY, _find)
