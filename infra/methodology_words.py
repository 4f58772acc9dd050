"""A methodology told in plain Chinese and English, for people who do not read TOML."""

from collections.abc import Iterator

from processors.grading.measuring import label_of, unit_of
from schemas.methodology import GIVEN, MANUAL, Column, GradeLevel, Indicator, Methodology
from schemas.normalisers import (
    ChoicePoints,
    Goalposts,
    Matrix,
    Mix,
    Normaliser,
    OwnPast,
    Piecewise,
    TargetRatio,
    ZScore,
)
from schemas.words import PEER_GROUP_WORDS, Words

PART_WORDS = {
    "name": Words("名称", "name"), "version": Words("版本", "version"),
    "is_illustrative": Words("示例", "illustrative"), "label_zh": Words("中文名", "Chinese name"),
    "label_en": Words("英文名", "English name"), "basis_zh": Words("依据", "source"),
    "basis_en": Words("依据（英）", "source in English"),
    "effective_from": Words("生效季度", "in effect from"),
    "effective_to": Words("失效季度", "in effect to"), "quarters": Words("评估季度", "quarters"),
    "aggregation": Words("汇总方式", "aggregation"),
    "bonus_points_max": Words("加分上限", "most bonus points"),
    "deduction_points_max": Words("扣分上限", "most deductions"),
    "known_percent_min": Words("最低已知权重", "least weight known"),
    "rounding": Words("取整", "rounding"), "groups": Words("分组", "groups"),
    "banks_min": Words("最少家数", "least banks"), "wider": Words("合并组", "wider groups"),
    "peer_groups": Words("同业组", "peer groups"), "size_floor": Words("规模下限", "size floor"),
    "facts": Words("事实", "facts"), "indicators": Words("指标", "indicators"),
    "caps": Words("封顶", "caps"), "grading": Words("定档", "grading"),
    "levels": Words("档次", "grades"), "weight_percent": Words("权重", "weight"),
    "points_min": Words("最低分", "least points"), "points_max": Words("最高分", "most points"),
    "share_percent": Words("占比", "share"), "direction": Words("方向", "direction"),
    "normaliser": Words("计分方法", "normaliser"), "kind": Words("种类", "kind"),
    "rules": Words("规则", "rules"), "missing": Words("缺数处理", "missing values"),
    "neutral_points": Words("中性分", "neutral points"), "role": Words("性质", "role"),
    "measure": Words("度量", "measure"), "population": Words("口径", "population"),
    "basis": Words("基期", "basis"), "vintage": Words("数据版本", "vintage"),
    "when": Words("条件", "condition"), "points": Words("分值", "points"),
    "clause": Words("条款", "clause"), "target": Words("目标", "target"),
    "targets": Words("专门目标", "dated targets"), "ties": Words("并列", "ties"),
    "is_bound_included": Words("含下限", "bound included"), "by": Words("方式", "by"),
    "total_at_most": Words("总分不超过", "total at most"),
    "grade_at_most": Words("档次不高于", "grade at most"),
}  # fmt: skip
NORMALISER_WORDS = {
    "piecewise": Words("分段计分", "points at given values"),
    "goalposts": Words("两端目标线", "between two goalposts"),
    "min_max": Words("组内最差至最好", "from the worst to the best of the group"),
    "z_score": Words("按标准差", "by standard deviations"),
    "target_ratio": Words("与目标之比", "ratio to a target"),
    "ratio_to_best": Words("与组内最好之比", "ratio to the best of the group"),
    "peer_percentile": Words("同组排名", "rank among peers"),
    "own_past": Words("与自身上年比", "against its own past"),
    "mix": Words("多种方法加权", "a mix"),
    "matrix": Words("分值表", "a table of points"),
    "yes_no": Words("是或否", "yes or no"),
    "choice": Words("按所评等次", "by the word chosen"),
    "as_given": Words("直接取分", "points as given"),
}
_DIRECTION = {
    "higher": Words("越高越好", "higher is better"),
    "lower": Words("越低越好", "lower is better"),
    "none": Words("无固定方向", "no side is better as such"),
}
_ROLE = {
    "regular": Words("常规", "regular"),
    "bonus": Words("加分", "bonus"),
    "deduction": Words("扣分", "deduction"),
}
_MISSING = {
    "withhold": Words("缺数不予评级", "without it the bank is not rated"),
    "screen": Words("缺数不计、其余放大", "without it the other weights are scaled up"),
    "neutral": Words("缺数取中性分", "without it neutral points stand in"),
}
_AGGREGATION = {
    "weighted_sum": Words("加权求和", "weighted sum"),
    "sum": Words("直接相加", "points added up"),
    "geometric": Words("加权几何平均", "weighted geometric mean"),
}
_SOURCE = {GIVEN: Words("由表给出", "from a table"), MANUAL: Words("人工填报", "entered by hand")}


def part_words(part: str) -> Words:
    """Return what a part of a methodology file is called; a name stands for itself."""
    return PART_WORDS.get(part, Words(part, part))


def told(methodology: Methodology) -> list[Words]:
    """Return the methodology in sentences, one a line."""
    return [
        *_general(methodology),
        *(_fact(column) for column in methodology.facts),
        *(_indicator(entry) for entry in methodology.indicators),
        *_rules(methodology),
        *_totals(methodology),
        *_levels(methodology),
    ]


def _general(methodology: Methodology) -> Iterator[Words]:
    of = methodology
    mark = (
        Words("示例办法，非官方规则。", "Illustrative: no authority's rule.")
        if of.is_illustrative
        else Words("按所引文件。", "After the document named.")
    )
    yield Words(f"{of.label_zh}（第{of.version}版）。{mark.zh}", f"{of.label_en} (version "
                f"{of.version}). {mark.en}")  # fmt: skip
    yield Words(f"依据：{of.basis_zh}", f"Source: {of.basis_en}")
    quarters = "、".join(str(number) for number in of.quarters)
    until = of.effective_to or "…"
    yield Words(
        f"适用：{of.effective_from}—{until}，每年第{quarters}季度。",
        f"In effect: {of.effective_from} to {until}, quarters {quarters.replace('、', ', ')}.",
    )
    if of.groups.by == "none":
        yield Words("比较：全部机构。", "Compared: all banks.")
        return
    yield Words(
        f"比较：同业组，不足{of.groups.banks_min}家时并入合并组，再不足时全部机构。",
        f"Compared: by peer group; under {of.groups.banks_min} banks in a wider group, then all.",
    )
    for group in of.groups.wider:
        words = [PEER_GROUP_WORDS[code] for code in group.peer_groups]
        zh, en = "、".join(one.zh for one in words), ", ".join(one.en for one in words)
        yield Words(f"合并组{group.label_zh or group.name}：{zh}。", f"Wider group {group.name}: "
                    f"{en}.")  # fmt: skip


def _fact(column: Column) -> Words:
    label, source = label_of(column), _SOURCE.get(column.measure, Words("由数据计算", "measured"))
    return Words(
        f"事实 {column.name}：{label.zh}（{source.zh}），不计分，供规则使用。",
        f"Fact {column.name}: {label.en} ({source.en}); earns nothing, stands in rules.",
    )


def _indicator(entry: Indicator) -> Words:
    label, how = label_of(entry), _normaliser(entry.normaliser)
    unit = unit_of(entry).words
    zh, en = (f"（{unit.zh}）", f" ({unit.en})") if entry.kind == "number" and unit.en else ("", "")
    weight = Words("", "")
    if entry.weight_percent is not None:
        weight = Words(f"，权重{entry.weight_percent}%", f", weight {entry.weight_percent} %")
    direction, role = _DIRECTION[entry.direction], _ROLE[entry.role]
    missing = _MISSING[entry.missing] if entry.role == "regular" else Words("缺数不计", "else 0")
    return Words(
        f"指标 {entry.name}：{label.zh}{zh}，{role.zh}{weight.zh}，{direction.zh}，"
        f"{entry.points_min}—{entry.points_max}分，{how.zh}；{missing.zh}。",
        f"Indicator {entry.name}: {label.en}{en}, {role.en}{weight.en}, {direction.en}, "
        f"{entry.points_min} to {entry.points_max} points, {how.en}; {missing.en}.",
    )


def _normaliser(of: Normaliser) -> Words:  # noqa: PLR0911 - a case a kind
    words = NORMALISER_WORDS[str(of.__struct_config__.tag)]

    def with_more(more: str) -> Words:
        return Words(f"{words.zh}：{more}", f"{words.en}: {more}")

    match of:
        case Piecewise(knots=knots):
            return with_more(", ".join(f"{value} → {points}" for value, points in knots))
        case Goalposts(worst=worst, best=best):
            return with_more(f"{worst} … {best}")
        case ZScore(middle_points=middle, points_per_sd=per_sd):
            return with_more(f"{middle} ± {per_sd} × z")
        case OwnPast(base_points=base, span_points=span):
            return with_more(f"{base} + {span} × Δ ÷ |·|")
        case TargetRatio(target=target, targets=targets):
            dated = [f"{one.target} ({one.from_quarter}–{one.to_quarter})" for one in targets]
            return with_more("; ".join([target, *dated]))
        case ChoicePoints(points=points):
            return with_more(", ".join(f"{word} {given}" for word, given in points.items()))
        case Matrix(column=column):
            return with_more(column)
        case Mix(parts=parts):
            each = [(part, _normaliser(part.normaliser)) for part in parts]
            of_what = {"level": Words("水平", "level"), "change": Words("变动", "change")}
            zh = "、".join(f"{of_what[p.of].zh}{p.share_percent}%{w.zh}" for p, w in each)
            en = ", ".join(f"{p.share_percent} % {w.en} of the {of_what[p.of].en}" for p, w in each)
            return Words(f"{words.zh}：{zh}", f"{words.en}: {en}")
    return words


def _rules(methodology: Methodology) -> Iterator[Words]:
    for entry in methodology.indicators:
        for number, rule in enumerate(entry.rules, start=1):
            yield Words(
                f"规则 {entry.name} {number}：若 {rule.when}，得 {rule.points}（{rule.clause}"
                f"{rule.zh}）。",
                f"Rule {entry.name} {number}: if {rule.when}, points are {rule.points} "
                f"({rule.clause} {rule.en}).",
            )


def _totals(methodology: Methodology) -> Iterator[Words]:
    how = _AGGREGATION[methodology.aggregation]
    yield Words(f"总分：{how.zh}。", f"Total: {how.en}.")
    if methodology.bonus_points_max is not None:
        most = methodology.bonus_points_max
        yield Words(f"加分最多{most}分。", f"Bonus: at most {most} points.")
    if methodology.deduction_points_max is not None:
        most = methodology.deduction_points_max
        yield Words(f"扣分最多{most}分。", f"Deductions: at most {most} points.")
    floor = methodology.size_floor
    if floor is not None:
        yield Words(
            f"规模下限：{floor.column} 低于 {floor.at_least} 的不予评级（{floor.clause}）。",
            f"Size floor: under {floor.at_least} in {floor.column} not rated ({floor.clause}).",
        )
    for cap in methodology.caps:
        when = cap.when or "—"
        effect = cap.total_at_most or cap.grade_at_most
        yield Words(
            f"封顶 {cap.clause}：{cap.zh}（{when} → ≤ {effect}）。",
            f"Cap {cap.clause}: {cap.en} ({when} → ≤ {effect}).",
        )


def _levels(methodology: Methodology) -> Iterator[Words]:
    grading = methodology.grading
    for level in grading.levels:
        yield _level(level, is_closed=grading.is_bound_included)


def _level(level: GradeLevel, *, is_closed: bool) -> Words:
    sign = "≥" if is_closed else ">"
    bounds = []
    if level.share_percent is not None:
        bounds.append(f"{level.share_percent} %")
    if level.points_min is not None:
        bounds.append(f"{sign} {level.points_min}")
    bound = ", ".join(bounds) or "…"
    return Words(f"档次 {level.zh}：{bound}。", f"Grade {level.en}: {bound}.")
