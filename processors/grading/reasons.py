"""Why a bank has its grade: one sentence an indicator, what weighs most comes first.

Source: docs/method.md#grading
"""

from fractions import Fraction
from typing import NamedTuple

from processors.exact import decimal_text, half_up
from processors.grading.grade import BELOW_FLOOR, Outcome
from processors.grading.measuring import label_of, unit_of
from processors.grading.table import Cell, Table
from processors.grading.totals import effective_weights
from schemas.codes import Status
from schemas.grading import POINTS_SCALE, Reason
from schemas.methodology import Column, Indicator, Methodology
from schemas.words import group_words, status_words

POINTS_DECIMALS = 2


class _Told(NamedTuple):
    """One indicator of one bank, ready to be told."""

    indicator: Indicator
    cell: Cell
    won_millionths: int  # Against the middle, weighted.
    points_millionths: int
    place: int
    size: int
    rule: int
    is_neutral: bool


def reasons_of(table: Table, methodology: Methodology, bank: int, outcome: Outcome) -> list[Reason]:
    """Return a sentence for each indicator of a rated bank, by points won or lost."""
    assert outcome.comparison is not None
    weights = effective_weights(methodology, outcome.earned)
    told = []
    for entry in methodology.indicators:
        if entry.name not in outcome.earned:
            told.append(_screened(table, bank, entry))
            continue
        earned = outcome.earned[entry.name]
        won = weights[entry.name] * (earned.points_millionths - _middle_millionths(entry)) / 100
        sign = -1 if entry.role == "deduction" else 1
        told.append(
            _Told(
                entry,
                table.cells[entry.name][bank],
                sign * half_up(won.numerator, won.denominator),
                earned.points_millionths,
                earned.place,
                earned.size,
                earned.rule,
                earned.is_neutral,
            )
        )
    ordered = sorted(told, key=lambda part: (-abs(part.won_millionths), part.indicator.name))
    return [_sentence(part, outcome.comparison.group) for part in ordered]


def missing_reasons(
    table: Table, methodology: Methodology, bank: int, outcome: Outcome
) -> list[Reason]:
    """Return why a bank is not rated."""
    columns = {column.name: column for column in methodology.columns}
    return [
        _below_floor(table, methodology, bank)
        if name == BELOW_FLOOR
        else _missing(columns[name], table.cells[name][bank])
        for name in outcome.lacking
    ]


def _middle_millionths(indicator: Indicator) -> int:
    """Return what a bank in the middle earns: half way; of bonus and deduction, nothing."""
    if indicator.role != "regular":
        return 0
    middle = (Fraction(indicator.points_min) + Fraction(indicator.points_max)) / 2 * POINTS_SCALE
    return half_up(middle.numerator, middle.denominator)


def _missing(column: Column, cell: Cell) -> Reason:
    label = label_of(column)
    status = cell.status if cell.status != Status.OK else Status.NOT_DETERMINABLE
    words = status_words(status, cell.untold)
    return Reason(
        zh=f"{label.zh}：{words.zh}，不予评级。",
        en=f"{label.en}: {words.en.lower()}, so the bank is not rated.",
        indicator=column.code or column.name,
        points_millionths=0,
    )


def _below_floor(table: Table, methodology: Methodology, bank: int) -> Reason:
    floor = methodology.size_floor
    assert floor is not None
    column = next(entry for entry in methodology.columns if entry.name == floor.column)
    label, unit = label_of(column), unit_of(column)
    value = unit.text(table.cells[floor.column][bank].value)
    least = unit.text(Fraction(floor.at_least))
    return Reason(
        zh=f"{label.zh}{value}{unit.words.zh}，低于规模下限{least}{unit.words.zh}，不予评级。",
        en=f"{label.en} is {value} {unit.words.en}, under the floor of {least}: not rated.",
        indicator=column.code or column.name,
        points_millionths=0,
    )


def _screened(table: Table, bank: int, indicator: Indicator) -> _Told:
    return _Told(indicator, table.cells[indicator.name][bank], 0, 0, 0, 0, 0, is_neutral=False)


def _sentence(told: _Told, group: str) -> Reason:
    indicator, cell = told.indicator, told.cell
    label = label_of(indicator)
    code = indicator.code or indicator.name
    points = decimal_text(told.points_millionths, POINTS_SCALE, POINTS_DECIMALS)
    if not cell.is_known:
        zh, en = _without_value(told, points)
        return Reason(
            zh=f"{label.zh}{zh}", en=f"{label.en} {en}", indicator=code,
            points_millionths=told.won_millionths,
        )  # fmt: skip
    value_zh, value_en = _value(indicator, cell)
    parts_zh, parts_en = [f"{label.zh}{value_zh}"], [f"{label.en} is {value_en}"]
    if told.place:
        order_zh = "由低到高" if indicator.direction == "lower" else "由高到低"
        order_en = "lowest" if indicator.direction == "lower" else "highest"
        words = group_words(group)
        parts_zh[0] += f"，在{told.size}家{words.zh}中{order_zh}居第{told.place}位"
        parts_en[0] += f", place {told.place} of {told.size} ({words.en.lower()}, {order_en} first)"
    change = _change(indicator, cell)
    if change is not None:
        parts_zh.append(change[0])
        parts_en.append(change[1])
    if told.rule:
        rule = indicator.rules[told.rule - 1]
        parts_zh.append(f"适用{rule.clause}{rule.zh}，得{points}分")
        parts_en.append(f"rule {rule.clause} {rule.en}: {points} points".replace("  ", " "))
    won_zh, won_en = _won(told)
    return Reason(
        zh="；".join([*parts_zh, won_zh]) + "。",
        en="; ".join([*parts_en, won_en]) + ".",
        indicator=code,
        points_millionths=told.won_millionths,
    )


def _without_value(told: _Told, points: str) -> tuple[str, str]:
    words = status_words(told.cell.status, told.cell.untold)
    if told.indicator.role != "regular":
        return f"：{words.zh}，不计分。", f"({words.en.lower()}): no points."
    if told.is_neutral:
        return (
            f"：{words.zh}，按办法取中性分{points}分。",
            f"({words.en.lower()}): the methodology's neutral {points} points stand in.",
        )
    return (
        f"：{words.zh}，按办法不计，其余指标权重按比例放大。",
        f"({words.en.lower()}): left out, the other weights are scaled up.",
    )


def _value(indicator: Indicator, cell: Cell) -> tuple[str, str]:
    if indicator.kind == "choice":
        chosen = next((one for one in indicator.choices if one.name == cell.choice), None)
        return (f"为{chosen.zh}", chosen.en) if chosen else (cell.choice, cell.choice)
    if indicator.kind == "yes_no":
        return ("为是", "yes") if cell.value else ("为否", "no")
    unit = unit_of(indicator)
    text = unit.text(cell.value)
    if unit.name.startswith("percent"):
        return f"{text}%", f"{text} %"
    return f"{text}{unit.words.zh}", f"{text} {unit.words.en}".rstrip()


def _change(indicator: Indicator, cell: Cell) -> tuple[str, str] | None:
    """Return how the value moved, where the normaliser looks at it."""
    if indicator.normaliser.__struct_config__.tag not in {"mix", "own_past"}:
        return None
    if cell.before is None:
        return "无上年同期数，仅按水平计分", "no figure of a year before, level alone"
    unit = unit_of(indicator)
    change = unit.change_text(cell.value - cell.before)
    verb = "下降" if change.startswith("-") else "上升"
    sign = "" if change.startswith("-") else "+"
    return (
        f"比上年同期{verb}{change.removeprefix('-')}{unit.change_words.zh}",
        f"{sign}{change} {unit.change_words.en} on a year before",
    )


def _won(told: _Told) -> tuple[str, str]:
    points = decimal_text(abs(told.won_millionths), POINTS_SCALE, POINTS_DECIMALS)
    if told.indicator.role == "bonus":
        return f"加{points}分", f"{points} points of bonus"
    if told.indicator.role == "deduction":
        return f"扣{points}分", f"{points} points deducted"
    side_zh = "少得" if told.won_millionths < 0 else "多得"
    side_en = "lost" if told.won_millionths < 0 else "won"
    return f"比居中{side_zh}{points}分", f"{points} points {side_en} against the middle"
