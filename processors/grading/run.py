"""A grading run: measure, grade, explain, and give it an id made from all that went in.

Source: docs/method.md#grading
"""

import hashlib
from collections.abc import Sequence
from fractions import Fraction

from processors.digest import input_digest
from processors.grading.grade import Outcome, outcomes
from processors.grading.levels import total_text
from processors.grading.measuring import (
    Given,
    label_of,
    measure_table,
    table_digest,
    unit_of,
)
from processors.grading.points import Earned
from processors.grading.reasons import missing_reasons, reasons_of
from processors.grading.table import Table
from processors.measure import PublishedBalances
from processors.methodology import check_methodology
from schemas.codes import Grade
from schemas.grading import BankGrade, GradingRun, IndicatorGrade
from schemas.methodology import Column, Indicator, Methodology, methodology_hash
from schemas.quarter import Quarter
from schemas.results import Results
from schemas.words import GRADE_WORDS, status_name

FORMULA_VERSION = "3"  # Goes up whenever the same input could give another grade.


def grade(
    results: Results,
    methodology: Methodology,
    quarter: Quarter,
    *,
    given: Given | None = None,
    published: PublishedBalances | None = None,
    as_of: str = "",
) -> GradingRun:
    """Return the grades of ``quarter``; raise MethodologyError when it cannot be graded.

    Source: docs/method.md#grading
    """
    check_methodology(methodology, quarter)
    place = results.quarter_place(quarter)
    if place < 0:
        raise ValueError(_nothing_to_grade(results, quarter))
    table = measure_table(results, methodology, quarter, given=given, published=published)
    populations = [
        column.population for column in methodology.columns if column.population is not None
    ]
    totals = input_digest(results, place, populations)
    digest = hashlib.sha256(f"{totals}\n{table_digest(table)}".encode()).hexdigest()
    hashed = methodology_hash(methodology)
    return GradingRun(
        run_id=run_id_of(quarter, hashed, digest),
        quarter=str(quarter),
        methodology=methodology.name,
        methodology_version=methodology.version,
        methodology_hash=hashed,
        is_illustrative=methodology.is_illustrative,
        label_zh=methodology.label_zh,
        label_en=methodology.label_en,
        input_digest=digest,
        formula_version=FORMULA_VERSION,
        is_to_date=place == results.running_place,
        banks=grade_table(table, methodology),
        as_of=as_of,
        data_version=results.data_version,
    )


def run_id_of(
    quarter: Quarter, methodology_hashed: str, digest: str, formula_version: str = FORMULA_VERSION
) -> str:
    """Return the id of a run: the SHA-256 of quarter, methodology, input and formulas."""
    identity = "\n".join((str(quarter), methodology_hashed, digest, formula_version))
    return hashlib.sha256(identity.encode()).hexdigest()


def grade_table(table: Table, methodology: Methodology) -> list[BankGrade]:
    """Return the grade of every bank of ``table``, in its order, with reasons."""
    return [
        bank_grade(table, methodology, n, outcome)
        for n, outcome in enumerate(outcomes(table, methodology))
    ]


def bank_grade(table: Table, methodology: Methodology, bank: int, outcome: Outcome) -> BankGrade:
    """Return one bank's outcome as it is stored and shown."""
    who, found, comparison = table.banks[bank], outcome.sum, outcome.comparison
    columns = {column.name: column for column in methodology.columns}
    if found is None or comparison is None:
        words = GRADE_WORDS[Grade.NOT_RATED]
        name, zh, en = Grade.NOT_RATED.value, words.zh, words.en
        reasons = missing_reasons(table, methodology, bank, outcome)
    else:
        level = methodology.grading.levels[outcome.level]
        name, zh, en = level.name, level.zh, level.en
        reasons = reasons_of(table, methodology, bank, outcome)
    return BankGrade(
        bank_id=who.bank_id,
        name_zh=who.name_zh,
        name_en=who.name_en,
        peer_group=who.peer_group,
        group=comparison.group if comparison else "",
        group_size_count=len(comparison.members) if comparison else 0,
        grade=name,
        grade_zh=zh,
        grade_en=en,
        total_points=total_text(found.total, methodology.grading) if found else "",
        total_hundred_millionths=found.total if found else 0,
        regular_hundred_millionths=found.regular if found else 0,
        bonus_hundred_millionths=found.bonus if found else 0,
        deduction_hundred_millionths=found.deduction if found else 0,
        uncapped_hundred_millionths=found.uncapped if found else 0,
        rank=outcome.rank,
        caps=list(outcome.caps),
        indicators=[
            _indicator_grade(table, entry, bank, outcome) for entry in methodology.indicators
        ],
        facts=[_column_grade(table, columns[fact.name], bank) for fact in methodology.facts],
        reasons=reasons,
    )


def _indicator_grade(
    table: Table, indicator: Indicator, bank: int, outcome: Outcome
) -> IndicatorGrade:
    earned = outcome.earned.get(indicator.name)
    return _column_grade(
        table,
        indicator,
        bank,
        earned=earned or Earned(0),
        weighted=outcome.sum.weighted.get(indicator.name, 0) if outcome.sum else 0,
        is_screened=outcome.sum is not None and earned is None,
    )


def _column_grade(
    table: Table,
    column: Column,
    bank: int,
    *,
    earned: Earned | None = None,
    weighted: int = 0,
    is_screened: bool = False,
) -> IndicatorGrade:
    cell, unit, label = table.cells[column.name][bank], unit_of(column), label_of(column)
    earned = earned or Earned(0)
    is_number = column.kind == "number"
    value = _printed(column, cell.value, cell.choice) if cell.is_known else ""
    has_before = cell.is_known and cell.before is not None
    change = cell.value - (cell.before or Fraction(0))
    return IndicatorGrade(
        code=column.code or column.name,
        name=column.name,
        name_zh=label.zh,
        name_en=label.en,
        value=value,
        change=unit.change_text(change) if has_before and is_number else "",
        unit=unit.name if is_number else column.kind,
        status=status_name(cell.status),
        points_millionths=earned.points_millionths,
        weight_percent=column.weight_percent if isinstance(column, Indicator) else None,
        source=cell.source,
        place=earned.place,
        role=column.role if isinstance(column, Indicator) else "fact",
        value_exact=(cell.choice or str(cell.value)) if cell.is_known else "",
        before_exact="" if cell.before is None else str(cell.before),
        inputs=dict(cell.inputs),
        untold=[population.value for population in cell.untold],
        group_size_count=earned.size,
        rule=earned.rule,
        is_neutral=earned.is_neutral,
        is_screened=is_screened,
        weighted_hundred_millionths=weighted,
    )


def _printed(column: Column, value: Fraction, choice: str) -> str:
    if column.kind == "choice":
        return choice
    if column.kind == "yes_no":
        return "yes" if value else "no"
    return unit_of(column).text(value)


def _nothing_to_grade(results: Results, quarter: Quarter) -> str:
    known: Sequence[Quarter] = results.quarters
    if not known:
        return (
            f"{quarter} 无法评定：尚未导入任何数据，请先导入数据 / "
            f"quarter {quarter}: nothing is stored yet; import data first, then grade it"
        )
    return (
        f"quarter {quarter}: nothing is stored of it, expected one of "
        f"{', '.join(str(one) for one in known)}; import it first, or grade another"
    )
