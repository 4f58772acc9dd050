"""Why a bank has its grade: one sentence an indicator, what weighs most comes first.

Source: docs/method.md#grading
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from processors.exact import decimal_text, fraction_text, half_up
from processors.indicator import Indicator, Value
from schemas.grading import POINTS_SCALE, Reason
from schemas.words import group_words, status_words

POINTS_DECIMALS = 2


class Standing(NamedTuple):
    """Where a bank stands with one indicator. Without a place it is not rated."""

    indicator: Indicator
    weight_percent: int
    level: Value
    change: Fraction | None  # On a year before, in percent; None where there is no such figure.
    points_millionths: int = 0
    place: int = 0
    size: int = 0
    group: str = ""

    @property
    def change_text(self) -> str:
        """The change in the indicator's unit, empty where there is none."""
        unit = self.indicator.unit
        if self.change is None:
            return ""
        return fraction_text(self.change * unit.change_factor, unit.change_decimals)


def ranked_reasons(standings: Sequence[Standing], *, middle_millionths: int) -> list[Reason]:
    """Return a sentence for each indicator, by points won or lost against the middle."""

    def won(entry: Standing) -> int:
        return entry.weight_percent * (entry.points_millionths - middle_millionths)

    ordered = sorted(standings, key=lambda entry: (-abs(won(entry)), entry.indicator.code))
    return [_reason(entry, half_up(won(entry), 100)) for entry in ordered]


def missing_reason(entry: Standing) -> Reason:
    """Return why a bank without this indicator is not rated."""
    words, name = status_words(entry.level.status, entry.level.untold), entry.indicator.words
    return Reason(
        zh=f"{name.zh}：{words.zh}，不予评级。",
        en=f"{name.en}: {words.en.lower()}, so the bank is not rated.",
        indicator=entry.indicator.code,
        points_millionths=0,
    )


def _reason(entry: Standing, won_millionths: int) -> Reason:
    indicator, unit = entry.indicator, entry.indicator.unit
    value = fraction_text(entry.level.value, unit.value_decimals)
    group = group_words(entry.group)
    order_zh = "由低到高" if indicator.is_lower_better else "由高到低"
    order_en = "lowest" if indicator.is_lower_better else "highest"
    change = entry.change_text
    if change:
        verb = "下降" if change.startswith("-") else "上升"
        change_zh = f"比上年同期{verb}{change.removeprefix('-')}{unit.change_words.zh}"
        sign = "" if change.startswith("-") else "+"
        change_en = f"{sign}{change} {unit.change_words.en} on a year before"
    else:
        change_zh, change_en = (
            "无上年同期数，仅按水平计分",
            "no figure of a year before, level alone",
        )
    points = decimal_text(abs(won_millionths), POINTS_SCALE, POINTS_DECIMALS)
    side_zh = "少得" if won_millionths < 0 else "多得"
    side_en = "lost" if won_millionths < 0 else "won"
    return Reason(
        zh=(
            f"{indicator.words.zh}{value}%，在{entry.size}家{group.zh}中{order_zh}居第{entry.place}位；"
            f"{change_zh}；比居中{side_zh}{points}分。"
        ),
        en=(
            f"{indicator.words.en} is {value} %, place {entry.place} of {entry.size} "
            f"({group.en.lower()}, {order_en} first); {change_en}; {points} points {side_en} "
            "against the middle."
        ),
        indicator=indicator.code,
        points_millionths=won_millionths,
    )
