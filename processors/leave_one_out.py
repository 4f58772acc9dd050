"""What becomes of the grades without one indicator, exactly: graded again by the kernel.

Source: docs/method.md#uncertainty
"""

from collections.abc import Sequence

from processors.grading.measuring import label_of
from processors.grading.replaced import screened, with_column, with_indicators
from processors.grading.run import grade_table
from processors.grading.table import MISSING, Table
from schemas.grading import BankGrade
from schemas.methodology import Indicator, Methodology
from schemas.next_grade import LeftOut


def leave_one_out(
    table: Table, methodology: Methodology, graded: Sequence[BankGrade]
) -> list[LeftOut]:
    """Return every bank whose grade is another without an indicator, by indicator.

    The other weights are scaled up to the same sum. A formula that names what is left out is
    unknown. The only regular indicator is not left out.

    Source: docs/method.md#uncertainty
    """
    regular = [entry for entry in methodology.indicators if entry.role == "regular"]
    found = []
    for left_out in methodology.indicators:
        if left_out.role == "regular" and len(regular) == 1:
            continue
        without = grade_table(
            with_column(table, left_out.name, MISSING), _without(methodology, left_out)
        )
        label = label_of(left_out)
        found += [
            LeftOut(
                indicator=left_out.name,
                name_zh=label.zh,
                name_en=label.en,
                bank_id=before.bank_id,
                bank_name=before.name_zh,
                bank_name_en=before.name_en,
                grade=before.grade,
                grade_without=after.grade,
                total_points=before.total_points,
                total_points_without=after.total_points,
                rank=before.rank,
                rank_without=after.rank,
            )
            for before, after in zip(graded, without, strict=True)
            if after.grade != before.grade
        ]
    return found


def _without(methodology: Methodology, left_out: Indicator) -> Methodology:
    """Return ``methodology`` in which a missing value of ``left_out`` is screened for everybody."""

    def chosen(entry: Indicator) -> Indicator:
        return screened(entry) if entry.name == left_out.name else entry

    if left_out.role != "regular":
        return methodology
    # The weight that is left out must not count as unknown: what the others lack still does.
    known = methodology.known_percent_min * (100 - (left_out.weight_percent or 0)) / 100
    return with_indicators(methodology, chosen, known_percent_min=known)
