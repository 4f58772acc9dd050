"""What an uncertainty analysis assumed, in both languages, to stand beside its answer.

Source: docs/method.md#uncertainty
"""

from collections.abc import Sequence
from decimal import Decimal

from schemas.methodology import Methodology
from schemas.sensitivity import Assumption, ChoiceName, Choices
from schemas.words import Words

NOT_OFFICIAL = Words(
    "仅供评定人员参考，不作为正式结果，不得提供给机构",
    "for graders only; not official; never to be given to a bank",
)
CHOICE_WORDS: dict[ChoiceName, Words] = {
    "weights": Words("权重", "Weights"),
    "cut_offs": Words("分数线或比例", "Cut-offs or quotas"),
    "normalisers": Words("标准化方法", "Normalisers"),
    "missing": Words("缺少的数值", "Missing values"),
}
_TAKEN_AS_RIGHT = Words(
    "已报送的数值视为准确：统计误差不在其内",
    "values that were reported are taken as right: errors in them are not in this",
)


def assumptions(
    methodology: Methodology, choices: Choices, variants: Sequence[str]
) -> list[Assumption]:
    """Return everything that the answer rests on.

    Source: docs/method.md#uncertainty
    """
    told = [
        NOT_OFFICIAL,
        Words(
            f"抽样{choices.draw_count}次，种子{choices.seed}；各项选择相互独立，均匀抽取",
            f"{choices.draw_count} draws, seed {choices.seed}; choices are independent, uniform",
        ),
        _weights(methodology, choices.weight_spread_percent),
        _cut_offs(methodology, choices.cut_off_spread_points),
        _normalisers([name for name in variants if name]),
        _missing(is_drawn=choices.is_missing_drawn),
        _TAKEN_AS_RIGHT,
    ]
    return [Assumption(zh=words.zh, en=words.en) for words in told]


def _weights(methodology: Methodology, spread: Decimal) -> Words:
    if methodology.aggregation != "weighted_sum":
        return Words(
            "权重不变：本办法为直接相加或几何平均",
            "weights stay: points are added up as they are, or the total is geometric",
        )
    en = f"each weight × (1 ± up to {spread} %), then scaled to the same sum; "
    return Words(
        f"每个指标权重在±{spread}%以内变动，再按比例调整至原合计；加分、扣分的权重不变",
        en + "those of bonus and deductions stay",
    )


def _cut_offs(methodology: Methodology, shift: Decimal) -> Words:
    if methodology.grading.by == "quota":
        return Words(
            f"各档累计比例一并上下变动，至多{shift}个百分点",
            f"all cumulated quotas move together by up to {shift} pp",
        )
    return Words(
        f"各分数线一并上下变动，至多{shift}分",
        f"all cut-offs move together by up to {shift} points",
    )


def _normalisers(others: Sequence[str]) -> Words:
    if not others:
        return Words("标准化方法不变", "normalisers stay")
    names = ", ".join(others)
    en = "normalisers: one a draw for all ordered numeric indicators, the file's own or "
    return Words(
        f"标准化方法：每次抽取一种用于全部有方向的数值指标，办法自身或{names}；条件规则不变",
        f"{en}{names}; rules stay",
    )


def _missing(*, is_drawn: bool) -> Words:
    if not is_drawn:
        return Words("缺少的数值不抽取", "missing values are not drawn")
    en = "a missing value earns what a random bank of the group earned, the others' points stay; "
    return Words(
        "缺少的数值取同组一家随机机构的得分，其他机构得分不变；低于规模下限的仍不评级",
        en + "banks under the size floor stay not rated",
    )
