"""The grades of a run as rows."""

from typing import Any

from processors.exact import decimal_text
from schemas.codes import Grade
from schemas.grading import POINTS_SCALE, GradingRun, IndicatorGrade
from schemas.words import GRADE_WORDS, group_words, unit_words

Row = dict[str, Any]

POINTS_DECIMALS = 2


def grade_rows(run: GradingRun) -> list[Row]:
    """Return a row for every bank of the run, best first, those not rated last."""
    ranked = sorted(
        run.banks,
        key=lambda bank: (
            bank.grade == Grade.NOT_RATED,
            -bank.total_hundred_millionths,
            bank.bank_id,
        ),
    )
    return [
        {
            "bank_id": bank.bank_id,
            "bank_name": bank.name_zh,
            "bank_name_en": bank.name_en,
            "peer_group": bank.peer_group,
            "group": bank.group,
            "group_zh": group_words(bank.group).zh,
            "group_en": group_words(bank.group).en,
            "group_size_count": bank.group_size_count,
            "quarter": run.quarter,
            "run_id": run.run_id,
            "methodology": run.methodology,
            # What the run calls it: a file of one's own is in no list of names.
            "methodology_zh": run.label_zh,
            "methodology_en": run.label_en,
            "is_illustrative": run.is_illustrative,
            "is_to_date": run.is_to_date,
            "points": bank.total_points,
            "grade": bank.grade,
            "grade_zh": bank.grade_zh or GRADE_WORDS[Grade(bank.grade)].zh,
            "grade_en": bank.grade_en or GRADE_WORDS[Grade(bank.grade)].en,
            "reasons": [
                {
                    "zh": reason.zh,
                    "en": reason.en,
                    "indicator": reason.indicator,
                    "points": _points(reason.points_millionths),
                }
                for reason in bank.reasons
            ],
            "indicators": [_indicator(graded) for graded in bank.indicators],
        }
        for bank in ranked
    ]


def _indicator(graded: IndicatorGrade) -> Row:
    return {
        "code": graded.code,
        "name": graded.name,
        "name_zh": graded.name_zh,
        "name_en": graded.name_en,
        "value": graded.value,
        "change": graded.change,
        "unit": graded.unit,
        "unit_zh": unit_words(graded.unit).zh,
        "unit_en": unit_words(graded.unit).en,
        "status": graded.status,
        "points": _points(graded.points_millionths) if graded.place else "",
        "weight": graded.weight_percent,
        "source": graded.source,
        "place": graded.place,
    }


def _points(points_millionths: int) -> str:
    return decimal_text(points_millionths, POINTS_SCALE, POINTS_DECIMALS)
