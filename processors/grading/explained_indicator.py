"""The part of an explanation about one indicator: weighted points ← points ← value ← inputs.

Source: docs/method.md#explanation
"""

from fractions import Fraction

from processors.grading.explained_case import Case
from processors.grading.explained_node import computed, given, same, word
from processors.grading.explained_points import HIGHEST, LOWEST, Asked, normalised
from processors.grading.formula import read_formula
from processors.grading.measuring import label_of, unit_of
from processors.grading.normaliser import Member
from processors.grading.points import BEFORE, FULL, VALUE
from processors.grading.recomputing import number_of
from processors.grading.totals import HUNDRED, effective_weights
from processors.grading.value_formulas import INPUT_WORDS, VALUE_FORMULAS
from schemas.explanation import Node
from schemas.grading import POINTS_SCALE, TOTAL_SCALE
from schemas.methodology import Column, Indicator
from schemas.words import Words, group_words, status_words

POINTS_DECIMALS = 6
WEIGHTED_DECIMALS = 8
POINTS = Words("得分", "Points")


def weighted_node(case: Case, indicator: Indicator) -> Node:
    """Return what an indicator adds to the total, down to its inputs.

    Source: docs/method.md#explanation
    """
    label = label_of(indicator)
    earned = case.outcome.earned.get(indicator.name)
    points = points_node(case, indicator)
    if earned is None:
        screened = given(indicator.name, label, None, unit="points")
        return _noted(
            screened, "缺数，按办法不计，其余权重按比例放大",
            "missing: left out, the other weights are scaled up", [points],
        )  # fmt: skip
    children = [_weight(case, indicator), points]
    node = computed(
        indicator.name, label, f"weight * points_{indicator.name} / 100", children,
        unit="points", decimals=WEIGHTED_DECIMALS,
    )  # fmt: skip
    if case.methodology.aggregation == "geometric" and indicator.role == "regular":
        return points
    assert case.outcome.sum is not None
    expected = str(Fraction(case.outcome.sum.weighted[indicator.name], TOTAL_SCALE))
    case.check(f"{indicator.name}, weighted points", node.value, expected)
    return node


def weight_of(case: Case, indicator: Indicator) -> Fraction:
    """Return the weight that counts, in percent."""
    return effective_weights(case.methodology, case.outcome.earned)[indicator.name]


def _weight(case: Case, indicator: Indicator) -> Node:
    words = Words("权重（%）", "Weight (%)")
    weight = weight_of(case, indicator)
    stated = HUNDRED if indicator.weight_percent is None else Fraction(indicator.weight_percent)
    if weight == stated:
        return given("weight", words, weight)
    regular = [one for one in case.methodology.indicators if one.role == "regular"]
    weights = {one.name: Fraction(one.weight_percent or 100) for one in regular}
    known = sum(weights[name] for name in weights if name in case.outcome.earned)
    children = [
        given("stated", Words("办法权重（%）", "Weight as stated (%)"), stated),
        given("all", Words("权重合计（%）", "Sum of weights (%)"), Fraction(sum(weights.values()))),
        given("known", Words("有数指标权重（%）", "Weights of what is known (%)"), Fraction(known)),
    ]
    return computed("weight", words, "stated * all / known", children)


def points_node(case: Case, indicator: Indicator) -> Node:
    """Return the points of an indicator, down to its inputs; the key is points_NAME."""
    key = f"points_{indicator.name}"
    earned = case.outcome.earned.get(indicator.name)
    cell = case.table.cells[indicator.name][case.place]
    value = value_node(case, indicator)
    before = before_node(case, indicator)
    if earned is None or earned.is_neutral or not cell.is_known:
        points = None if earned is None else Fraction(earned.points_millionths, POINTS_SCALE)
        status = status_words(cell.status, cell.untold)
        node = given(key, POINTS, points, unit="points", mark=key)
        zh, en = f"{status.zh}，无数值", f"{status.en.lower()}, no value"
        if cell.is_known:
            zh, en = "有数值，但得分无法计算", "the value is known, its points cannot be computed"
        if points is not None:
            zh, en = f"{zh}；按办法记{node.printed}分", f"{en}; {node.printed} points by the rules"
        return _noted(node, zh, en, [value])
    asked = _asked(case, indicator, value, before)
    normalised_node = normalised(asked, indicator.normaliser)
    children = [value, *([before] if before else []), normalised_node]
    formula, rules = _with_rules(case, indicator, value, before, normalised_node)
    children += rules
    children += [
        given("lowest", LOWEST, Fraction(indicator.points_min), unit="points"),
        given("highest", HIGHEST, Fraction(indicator.points_max), unit="points"),
    ]
    decimals = case.methodology.rounding.indicator_decimals
    node = computed(
        key, Words(f"{value.zh}：得分", f"{value.en}: points"),
        f"min(max({formula}, lowest), highest)", children, unit="points", mark=key,
        decimals=POINTS_DECIMALS if decimals is None else decimals,
    )  # fmt: skip
    expected = str(Fraction(earned.points_millionths, POINTS_SCALE))
    case.check(f"{indicator.name}, points", node.value, expected)
    return node


def value_node(case: Case, column: Column) -> Node:
    """Return a column's value ← its inputs."""
    label, unit = label_of(column), unit_of(column)
    cell, mark = case.table.cells[column.name][case.place], f"{column.name}.value"
    if not cell.is_known:
        status = status_words(cell.status, cell.untold)
        return _noted(given("value", label, None, mark=mark), status.zh, status.en, [])
    if column.kind == "choice":
        chosen = next((one for one in column.choices if one.name == cell.choice), None)
        shown = Words(chosen.zh, chosen.en) if chosen else Words(cell.choice, cell.choice)
        return word("value", label, cell.choice, shown, mark=mark)
    if column.kind == "yes_no":
        node = given("value", label, cell.value, mark=mark)
        answer = ("是", "yes") if cell.value else ("否", "no")
        return _noted(node, *answer, [])
    inputs = [
        given(name, INPUT_WORDS.get(name, Words(name, name)), Fraction(amount))
        for name, amount in cell.inputs
    ]
    for formula in VALUE_FORMULAS:
        if read_formula(formula).names == {child.key for child in inputs}:
            node = computed("value", label, formula, inputs, unit=unit.name, mark=mark)
            if number_of(node) == cell.value:
                return node
    node = given("value", label, cell.value, unit=unit.name, mark=mark)
    return _noted(node, f"来源：{cell.source}", f"source: {cell.source}", inputs)


def before_node(case: Case, column: Column) -> Node | None:
    """Return the value of a year before, None where there is none to compare with."""
    cell = case.table.cells[column.name][case.place]
    if cell.before is None or not cell.is_known:
        return None
    label = label_of(column)
    words = Words(f"{label.zh}：上年同期", f"{label.en}: a year before")
    mark = f"{column.name}.before"
    return given(BEFORE, words, cell.before, unit=unit_of(column).name, mark=mark)


def _asked(case: Case, indicator: Indicator, value: Node, before: Node | None) -> Asked:
    comparison = case.outcome.comparison
    assert comparison is not None
    cells = case.table.cells[indicator.name]
    known = [n for n in comparison.members if cells[n].is_known]
    members = [
        Member(
            case.table.banks[n], cells[n].value, cells[n].before, cells[n].choice,
            case.table.values(n),
        )
        for n in known
    ]  # fmt: skip
    inputs = {case.table.banks[n].bank_id: dict(cells[n].inputs) for n in known}
    return Asked(
        indicator, case.table.quarter, members, known.index(case.place), value, before, "level",
        group_words(comparison.group), case.peers, inputs,
    )  # fmt: skip


def _with_rules(
    case: Case, indicator: Indicator, value: Node, before: Node | None, points: Node
) -> tuple[str, list[Node]]:
    """Return the formula of the points that rules or the normaliser give, and the rules' nodes."""
    names = {**case.columns, FULL: Fraction(indicator.points_max)}
    nodes: list[Node] = []
    opened = 0
    formula = ""
    for number, rule in enumerate(indicator.rules, start=1):

        def inside(text: str) -> list[Node]:
            found = []
            for name in sorted(read_formula(text).names):
                if name == VALUE:
                    found.append(same(VALUE, value))
                elif name == BEFORE:
                    missing = given(BEFORE, Words("上年同期", "a year before"), None)
                    found.append(same(BEFORE, before) if before else missing)
                else:
                    known = names[name]
                    assert known is None or isinstance(known, Fraction)
                    found.append(given(name, _column_words(case, name), known))
            return found

        words = Words(f"规则{number}：{rule.clause}{rule.zh}", f"Rule {number}: {rule.en}")
        condition = computed(f"condition_{number}", words, f"({rule.when}) != 0", inside(rule.when))
        gives = Words(f"规则{number}得分", f"Points of rule {number}")
        given_points = computed(
            f"rule_{number}", gives, rule.points, inside(rule.points), unit="points"
        )
        nodes += [condition, given_points]
        if given_points.value:
            formula += f"condition_{number} * rule_{number} + "
        formula += f"(1 - condition_{number}) * ("
        opened += 1
        if condition.value == "1":
            return formula + "0" + ")" * opened, nodes
    return formula + (points.key if points.value else "0") + ")" * opened, nodes


def _column_words(case: Case, name: str) -> Words:
    found = next((one for one in case.methodology.columns if one.name == name), None)
    return label_of(found) if found is not None else Words("满分", "Most points")


def _noted(node: Node, zh: str, en: str, children: list[Node]) -> Node:
    return Node(
        key=node.key, zh=node.zh, en=node.en, value=node.value, printed=node.printed,
        unit=node.unit, mark=node.mark, note_zh=zh, note_en=en, children=children,
    )  # fmt: skip
