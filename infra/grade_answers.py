"""The grades of a run as rows: beside each what it was made of, and what it was a quarter ago."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from processors.exact import decimal_text
from schemas.codes import Grade
from schemas.grading import POINTS_SCALE, TOTAL_SCALE, BankGrade, GradingRun, IndicatorGrade
from schemas.methodology import Grading
from schemas.words import GRADE_WORDS, group_words, unit_words

Row = dict[str, Any]

POINTS_DECIMALS = 2
_SHOWN_STEP = TOTAL_SCALE // 10**POINTS_DECIMALS


def grade_rows(
    run: GradingRun, *, grading: Grading | None = None, before: GradingRun | None = None
) -> list[Row]:
    """Return a row for every bank of the run, best first, those not rated last.

    Args:
        run: the run that is shown.
        grading: the levels of its methodology, for the distance to the next one; None: no
            distance is told, and a grade's place is that among the four grades of the circular.
        before: the run that last grades and movements are told from; None: there is none.

    """
    ranked = sorted(
        run.banks,
        key=lambda bank: (
            bank.grade == Grade.NOT_RATED,
            -bank.total_hundred_millionths,
            bank.bank_id,
        ),
    )
    levels = _level_names(grading)
    last = {bank.bank_id: bank for bank in before.banks} if before else {}
    return [
        _who(bank)
        | _which(run)
        | _grade(bank, levels)
        | _next(bank, levels, grading)
        | _last(bank, last.get(bank.bank_id), before, levels)
        | {
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


def run_facts(run: GradingRun) -> Row:
    """Return what a page says of the run itself: which it is, and what it is not."""
    return {
        "run_id": run.run_id,
        "quarter": run.quarter,
        "methodology": run.methodology,
        "methodology_version": run.methodology_version,
        "methodology_hash": run.methodology_hash,
        "methodology_zh": run.label_zh,
        "methodology_en": run.label_en,
        "is_illustrative": run.is_illustrative,
        "is_to_date": run.is_to_date,
        "is_what_if": run.is_what_if,
        "as_of": run.as_of,
        "supposed_zh": run.supposed_zh,
        "supposed_en": run.supposed_en,
        "data_version": run.data_version,
    }


def _who(bank: BankGrade) -> Row:
    return {
        "bank_id": bank.bank_id,
        "bank_name": bank.name_zh,
        "bank_name_en": bank.name_en,
        "peer_group": bank.peer_group,
        "group": bank.group,
        "group_zh": group_words(bank.group).zh,
        "group_en": group_words(bank.group).en,
        "group_size_count": bank.group_size_count,
    }


def _which(run: GradingRun) -> Row:
    return {
        "quarter": run.quarter,
        "run_id": run.run_id,
        "methodology": run.methodology,
        # What the run calls it: a file of one's own is in no list of names.
        "methodology_zh": run.label_zh,
        "methodology_en": run.label_en,
        "is_illustrative": run.is_illustrative,
        "is_to_date": run.is_to_date,
        "is_what_if": run.is_what_if,
    }


def _grade(bank: BankGrade, levels: Sequence[str]) -> Row:
    is_rated = bank.grade != Grade.NOT_RATED
    return {
        "points": bank.total_points,
        "regular_points": _total(bank.regular_hundred_millionths) if is_rated else "",
        "bonus_points": _total(bank.bonus_hundred_millionths) if is_rated else "",
        "deduction_points": _total(bank.deduction_hundred_millionths) if is_rated else "",
        "uncapped_points": _total(bank.uncapped_hundred_millionths) if bank.caps else "",
        "rank": bank.rank if is_rated and bank.rank else "",
        "grade": bank.grade,
        "grade_zh": bank.grade_zh or _grade_words(bank.grade)[0],
        "grade_en": bank.grade_en or _grade_words(bank.grade)[1],
        "level_place": _place(bank.grade, levels),
        "level_count": len(levels),
        "caps": [
            {
                "clause": cap.clause,
                "zh": cap.zh,
                "en": cap.en,
                "before": cap.before,
                "after": cap.after,
            }
            for cap in bank.caps
        ],
    }


def _next(bank: BankGrade, levels: Sequence[str], grading: Grading | None) -> Row:
    """Return how many points the next better grade is away, where points decide on it."""
    row: Row = {"next_grade_zh": "", "next_grade_en": "", "to_next_points": ""}
    place = _place(bank.grade, levels)
    # A cap stands in the way of a bank that has one: more points would not lift it.
    if grading is None or grading.by != "cut_offs" or place < 2 or bank.caps:
        return row
    level = grading.levels[place - 2]
    if level.points_min is None:
        return row
    gap = Fraction(level.points_min) * TOTAL_SCALE - bank.total_hundred_millionths
    # Rounded up, not half up: a distance of 0.00 would say that the grade is reached.
    steps = -(-gap.numerator // (gap.denominator * _SHOWN_STEP))
    return {
        "next_grade_zh": level.zh,
        "next_grade_en": level.en,
        "to_next_points": decimal_text(steps, 10**POINTS_DECIMALS, POINTS_DECIMALS),
    }


def _last(
    bank: BankGrade, last: BankGrade | None, before: GradingRun | None, levels: Sequence[str]
) -> Row:
    row: Row = {
        "last_quarter": before.quarter if before else "",
        "last_run_id": before.run_id if before else "",
        "last_grade": "",
        "last_grade_zh": "",
        "last_grade_en": "",
        "last_level_place": 0,
        "last_points": "",
        "movement": "",
    }
    if last is None:
        return row
    zh, en = _grade_words(last.grade)
    then, now = _place(last.grade, levels), _place(bank.grade, levels)
    return row | {
        "last_grade": last.grade,
        "last_grade_zh": last.grade_zh or zh,
        "last_grade_en": last.grade_en or en,
        "last_level_place": then,
        "last_points": last.total_points,
        # A bank that was or is not rated has not moved between grades.
        "movement": _MOVEMENTS[(now < then) - (now > then)] if now and then else "",
    }


_MOVEMENTS: Mapping[int, str] = {1: "up", 0: "same", -1: "down"}


def _level_names(grading: Grading | None) -> list[str]:
    if grading is not None:
        return [level.name for level in grading.levels]
    return [grade.value for grade in Grade if grade is not Grade.NOT_RATED]


def _place(grade: str, levels: Sequence[str]) -> int:
    """Return the place of a grade among ``levels``, 1 is best; 0 for what is none of them."""
    return levels.index(grade) + 1 if grade in levels else 0


def _grade_words(grade: str) -> tuple[str, str]:
    known = [word for code, word in GRADE_WORDS.items() if code == grade]
    return (known[0].zh, known[0].en) if known else (grade, grade)


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
        "role": graded.role,
        "is_neutral": graded.is_neutral,
        "is_screened": graded.is_screened,
    }


def _points(points_millionths: int) -> str:
    return decimal_text(points_millionths, POINTS_SCALE, POINTS_DECIMALS)


def _total(points_hundred_millionths: int) -> str:
    return decimal_text(points_hundred_millionths, TOTAL_SCALE, POINTS_DECIMALS)
