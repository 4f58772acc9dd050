"""Figures of a document, each from the run or the answer that has it, with where it comes from."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from infra.publish.document import Figure, Label, MissingFigureError
from infra.publish.subject import is_rated
from infra.tables_for_people import yi_text
from processors.exact import decimal_text
from processors.grading.measuring import unit_of
from processors.unit import Unit
from schemas.codes import Grade, Population, Status
from schemas.grading import POINTS_SCALE, TOTAL_SCALE, BankGrade, IndicatorGrade
from schemas.methodology import Column, Methodology
from schemas.words import GRADE_WORDS, STATUS_WORDS, status_words

POINTS_DECIMALS = 2
NOT_SCORED = Label(zh="未计分", en="no points")
NONE = Label(zh="—", en="—")


def figure(text: str, key: str) -> Figure:
    """Return a figure that must be there; raise MissingFigureError where ``text`` is empty."""
    if not text.strip():
        raise MissingFigureError(
            f"circular: figure {key} was empty, expected a figure; no document was made. "
            "See what the run says with puhui runs show"
        )
    return Figure(zh=text, en=text, status="ok", key=key)


def with_status(text: Any, status: str, key: str, words: Label | None = None) -> Figure:
    """Return a figure, or what its status is called; raise MissingFigureError without either."""
    if text != "" and text is not None:
        return figure(str(text), key)
    if status == "ok" or not (words or status.upper() in Status.__members__):
        raise MissingFigureError(
            f"circular: figure {key} was empty and its status {status!r}, expected a figure or the "
            "status that says why there is none; no document was made"
        )
    told = words or _label(STATUS_WORDS[Status[status.upper()]])
    return Figure(zh=told.zh, en=told.en, status=status, key=key)


def row_figure(row: Mapping[str, Any], name: str, status_name: str) -> Figure:
    """Return figure ``name`` of a row of answers, money in 亿元, or what its status is called."""
    value, key = row[name], f"{row['quarter']}/{row['population']}/{row['bank_id']}/{name}"
    if name.endswith("_minor") and value != "":
        value = yi_text(value)
    zh, en = row.get(f"{status_name}_zh"), row.get(f"{status_name}_en")
    words = Label(zh=zh, en=en) if zh and en else None
    return with_status(value, str(row[status_name]), key, words)


def value_figure(bank: BankGrade, graded: IndicatorGrade, column: Column) -> Figure:
    """Return an indicator's value as the run printed it, with its sign."""
    key = f"{bank.bank_id}/{graded.name}/value"
    if graded.status != "ok" or graded.value == "":
        populations = [Population(one) for one in graded.untold]
        named = Status.__members__.get(graded.status.upper())
        words = _label(status_words(named, populations)) if named is not None else None
        return with_status(graded.value, graded.status, key, words)
    if column.kind == "yes_no":
        words = Label(zh="是", en="yes") if graded.value == "yes" else Label(zh="否", en="no")
        return Figure(zh=words.zh, en=words.en, status="ok", key=key)
    if column.kind == "choice":
        chosen = next((one for one in column.choices if one.name == graded.value), None)
        zh, en = (chosen.zh, chosen.en) if chosen else (graded.value, graded.value)
        return Figure(zh=zh, en=en, status="ok", key=key)
    return figure(graded.value, key)


def points_figure(bank: BankGrade, graded: IndicatorGrade) -> Figure:
    """Return the points of an indicator; where none were given, that there are none."""
    key = f"{bank.bank_id}/{graded.name}/points"
    is_scored = is_rated(bank) and not graded.is_screened
    is_scored &= graded.status == "ok" or graded.is_neutral
    if not is_scored:
        return Figure(zh=NOT_SCORED.zh, en=NOT_SCORED.en, status="not_scored", key=key)
    return figure(decimal_text(graded.points_millionths, POINTS_SCALE, POINTS_DECIMALS), key)


def part_figure(bank: BankGrade, name: str, hundred_millionths: int) -> Figure:
    """Return a part of a total: regular, bonus or deduction."""
    key = f"{bank.bank_id}/{name}"
    if not is_rated(bank):
        return Figure(zh=NOT_SCORED.zh, en=NOT_SCORED.en, status="not_scored", key=key)
    return figure(decimal_text(hundred_millionths, TOTAL_SCALE, POINTS_DECIMALS), key)


def total_figure(bank: BankGrade) -> Figure:
    """Return the total as the run printed it."""
    key = f"{bank.bank_id}/points"
    if not is_rated(bank):
        return Figure(zh=NOT_SCORED.zh, en=NOT_SCORED.en, status="not_scored", key=key)
    return figure(bank.total_points, key)


def rank_figure(bank: BankGrade) -> Figure:
    """Return the rank in the group; of a bank that is not rated, a dash."""
    key = f"{bank.bank_id}/rank"
    if not is_rated(bank) or not bank.rank:
        return Figure(zh=NONE.zh, en=NONE.en, status="not_scored", key=key)
    return figure(str(bank.rank), key)


def grade_figure(bank: BankGrade) -> Figure:
    """Return what the grade is called."""
    words = GRADE_WORDS[Grade(bank.grade)] if bank.grade in set(Grade) else None
    zh = bank.grade_zh or (words.zh if words else bank.grade)
    en = bank.grade_en or (words.en if words else bank.grade)
    return Figure(zh=zh, en=en, status="ok", key=f"{bank.bank_id}/grade")


def bank_label(bank: BankGrade) -> Label:
    """Return a bank's name; one without an English name keeps the one it has."""
    return Label(zh=bank.name_zh, en=bank.name_en or bank.name_zh)


def exact_figure(value: Fraction, unit: Unit, key: str) -> Figure:
    """Return an exact value as it is printed in ``unit``."""
    return figure(unit.text(value), key)


def column_of(methodology: Methodology, name: str) -> Column:
    """Return the column of a methodology by its name."""
    return next(column for column in methodology.columns if column.name == name)


def unit_label(column: Column) -> Label:
    """Return the sign of a column's unit; of words, that there is none."""
    if column.kind != "number":
        return NONE
    words = unit_of(column).words
    return Label(zh=words.zh or "—", en=words.en or "—")


def _label(words: Any) -> Label:
    return Label(zh=words.zh, en=words.en)
