"""The top of an explanation: grade ← level ← total ← caps ← regular, bonus and deductions.

Source: docs/method.md#explanation
"""

from fractions import Fraction

from processors.grading.explained_case import Case
from processors.grading.explained_indicator import (
    points_node,
    value_node,
    weight_of,
    weighted_node,
)
from processors.grading.explained_node import computed, given, printed, same, word
from processors.grading.formula import read_formula
from processors.grading.measuring import label_of
from processors.grading.recomputing import all_nodes
from processors.grading.totals import BONUS, DEDUCTIONS, REGULAR, TOTAL, cap_holds
from schemas.codes import Grade
from schemas.explanation import Node, Operation, Peers, PeerValue
from schemas.grading import TOTAL_SCALE
from schemas.methodology import Cap, GradeLevel
from schemas.words import GRADE_WORDS, Words, group_words

TOTAL_DECIMALS = 8
GRADE = Words("等次", "Grade")


def grade_node(case: Case) -> Node:
    """Return the grade of a rated bank, down to the inputs."""
    total = _total_node(case)
    level = _level_node(case, total)
    found = case.outcome.sum
    assert found is not None
    levels = {one.name: one for one in case.methodology.grading.levels}
    caps = []
    for number, cap in enumerate(case.methodology.caps, start=1):
        if cap.grade_at_most and cap_holds(cap, found.values):
            words = Words(f"上限：{cap.clause}{cap.zh}", f"Cap: {cap.clause} {cap.en}")
            shown = _words_of(levels[cap.grade_at_most])
            held = word(f"cap_{number}", words, cap.grade_at_most, shown)
            caps.append(_with(held, [_condition(case, number, cap, [total])]))
    order = [one.name for one in case.methodology.grading.levels]
    grade = max([level.value, *(cap.value for cap in caps)], key=order.index)
    case.check("grade", grade, case.bank.grade)
    node = word("grade", GRADE, grade, _words_of(levels[grade]))
    rule = (
        Words("等次与各上限中最低者", "the lowest of the level and of what caps allow")
        if caps
        else Words("分数对应的等次", "the level of the total")
    )
    return _with(node, [level, *caps], operation="grade_caps", zh=rule.zh, en=rule.en)


def not_rated_node(case: Case) -> Node:
    """Return what is known of a bank that is not rated, and what it lacks."""
    children = []
    for column in case.methodology.columns:
        value = value_node(case, column)
        lacking = column.name in case.outcome.lacking
        floor = case.methodology.size_floor
        if (
            floor is not None
            and column.name == floor.column
            and "size_floor" in (case.outcome.lacking)
        ):
            lacking = True
        note = Words("缺少，不予评级", "lacking, so the bank is not rated") if lacking else None
        label = label_of(column)
        node = Node(
            key=column.name, zh=label.zh, en=label.en, value=value.value, printed=value.printed,
            unit=value.unit, mark="", note_zh=note.zh if note else "",
            note_en=note.en if note else "", children=[value],
            operation="same", among=value.mark,
        )  # fmt: skip
        children.append(node)
    shown = GRADE_WORDS[Grade.NOT_RATED]
    rule = Words("缺少必需的数值", "a figure that is needed is lacking")
    node = word("grade", GRADE, Grade.NOT_RATED.value, shown)
    return _with(node, children, operation="not_rated", zh=rule.zh, en=rule.en)


def _total_node(case: Case) -> Node:
    found = case.outcome.sum
    assert found is not None
    parts = [_regular(case), _pool(case, "bonus"), _pool(case, "deduction")]
    decimals = case.methodology.rounding.total_decimals
    total = computed(
        "uncapped", Words("封顶前总分", "Total before caps"), f"{REGULAR} + {BONUS} - {DEDUCTIONS}",
        parts, unit="points", decimals=decimals, mark="total.0",
    )  # fmt: skip
    _check(case, "total before caps", total, found.uncapped)
    for number, cap in enumerate(case.methodology.caps, start=1):
        if cap.total_at_most:
            total = _capped(case, number, cap, [total, *parts])
    node = computed(
        TOTAL, Words("总分", "Total"), total.key, [total], unit="points", mark=TOTAL
    )  # fmt: skip
    _check(case, "total", node, found.total)
    return Node(
        **{name: getattr(node, name) for name in node.__struct_fields__ if name != "printed"},
        printed=case.bank.total_points,
    )


def _regular(case: Case) -> Node:
    indicators = [one for one in case.methodology.indicators if one.role == "regular"]
    words = Words("指标得分", "Points of the indicators")
    nodes = [weighted_node(case, one) for one in indicators]
    assert case.outcome.sum is not None
    if case.methodology.aggregation == "geometric":
        weights = [
            given(f"weight_{one.name}", Words("权重（%）", "Weight (%)"), weight_of(case, one))
            for one in indicators
            if one.name in case.outcome.earned
        ]
        value = Fraction(case.outcome.sum.regular, TOTAL_SCALE)
        node = given(REGULAR, words, value, unit="points", mark="total.regular")
        rule = Words("Π 得分 ^（权重 ÷ 权重合计）", "Π points ^ (weight ÷ sum of weights)")
        return _with(node, [*nodes, *weights], operation="geometric", zh=rule.zh, en=rule.en)
    names = [one.name for one in indicators if one.name in case.outcome.earned]
    node = computed(
        REGULAR, words, " + ".join(names) or "0", nodes, unit="points", mark="total.regular"
    )
    _check(case, "points of the indicators", node, case.outcome.sum.regular)
    return node


def _pool(case: Case, role: str) -> Node:
    indicators = [one for one in case.methodology.indicators if one.role == role]
    nodes = [weighted_node(case, one) for one in indicators]
    text = " + ".join(one.name for one in indicators) or "0"
    is_bonus = role == "bonus"
    words = Words("加分", "Bonus") if is_bonus else Words("扣分", "Deductions")
    limit = case.methodology.bonus_points_max if is_bonus else case.methodology.deduction_points_max
    if limit is not None:
        most = Words(f"{words.zh}上限", f"Most {words.en.lower()}")
        nodes.append(given("pool_most", most, Fraction(limit), unit="points"))
        text = f"min({text}, pool_most)"
    key, mark = (BONUS, "total.bonus") if is_bonus else (DEDUCTIONS, "total.deductions")
    node = computed(key, words, text, nodes, unit="points", mark=mark)
    assert case.outcome.sum is not None
    expected = case.outcome.sum.bonus if is_bonus else case.outcome.sum.deduction
    _check(case, key, node, expected)
    return node


def _capped(case: Case, number: int, cap: Cap, nodes: list[Node]) -> Node:
    """Return the total after ``cap``; as it was where the cap cannot be judged."""
    before = nodes[0]
    condition = _condition(case, number, cap, nodes)
    limit = computed(
        f"limit_{number}", Words("最高总分", "Total at most"), cap.total_at_most,
        _inside(case, cap.total_at_most, nodes), unit="points", decimals=TOTAL_DECIMALS,
    )  # fmt: skip
    words = Words(f"封顶后：{cap.clause}{cap.zh}", f"After cap {cap.clause} {cap.en}")
    formula = before.key
    if condition.value and limit.value:
        held, at_most = condition.key, limit.key
        formula = f"{held} * min({before.key}, {at_most}) + (1 - {held}) * {before.key}"
    children = [before, condition, limit]
    return computed(
        f"after_cap_{number}", words, formula, children, unit="points", mark=f"total.{number}"
    )


def _condition(case: Case, number: int, cap: Cap, nodes: list[Node]) -> Node:
    words = Words(f"{cap.clause}是否适用", f"Does {cap.clause} apply")
    if not cap.when:
        return given(f"condition_{number}", words, Fraction(1))
    inside = _inside(case, cap.when, nodes)
    return computed(f"condition_{number}", words, f"({cap.when}) != 0", inside)


def _inside(case: Case, text: str, nodes: list[Node]) -> list[Node]:
    """Return a node for each name in a cap's formula: what stands in the tree already, by mark."""
    marked = {node.mark: node for root in nodes for node in all_nodes(root) if node.mark}
    columns = {column.name: column for column in case.methodology.columns}
    found = []
    for name in sorted(read_formula(text).names):
        if name == TOTAL:
            found.append(same(name, nodes[0]))
        elif f"total.{name}" in marked:
            found.append(same(name, marked[f"total.{name}"]))
        elif name in marked:
            found.append(same(name, marked[name]))
        elif name in columns:
            value = case.columns[name]
            assert value is None or isinstance(value, Fraction)
            found.append(given(name, label_of(columns[name]), value))
        else:
            indicator = next(
                one for one in case.methodology.indicators if name == f"points_{one.name}"
            )
            found.append(points_node(case, indicator))
    return found


def _level_node(case: Case, total: Node) -> Node:
    grading = case.methodology.grading
    levels = {one.name: one for one in grading.levels}
    found = case.outcome.sum
    assert found is not None
    if grading.by == "quota":
        _note_totals(case)
        from_ = Words("按组内名次的比例", "by place among the totals")
        operation: Operation = "quota"
    else:
        from_ = Words("总分达到的最高等次", "the best grade whose bound the total reaches")
        operation = "cut_offs"
    bounds = [
        given(
            f"from_{one.name}", Words(f"{one.zh}起点", f"{one.en} from"), Fraction(one.points_min),
            unit="points",
        )
        for one in grading.levels
        if one.points_min is not None
    ]  # fmt: skip
    shares = [
        given(
            f"share_{one.name}", Words(f"{one.zh}占比（%）", f"Share of {one.en} (%)"),
            Fraction(one.share_percent),
        )
        for one in grading.levels
        if one.share_percent is not None
    ]  # fmt: skip
    # Before the caps on the grade: the kernel keeps the level after them only.
    name = _level_before_caps(case)
    node = word("level", Words("分数等次", "Level of the total"), name, _words_of(levels[name]))
    return _with(
        node, [total, *bounds, *shares], operation=operation, zh=from_.zh, en=from_.en,
        among="totals" if grading.by == "quota" else "",
    )  # fmt: skip


def _level_before_caps(case: Case) -> str:
    names = [one.name for one in case.methodology.grading.levels]
    first = next((cap.before for cap in case.outcome.caps if cap.before in names), None)
    return first if first is not None else names[case.outcome.level]


def _note_totals(case: Case) -> None:
    own = case.outcome.comparison
    assert own is not None
    is_one = case.methodology.grading.quota_within == "all"
    words = Words("全部银行", "all banks") if is_one else group_words(own.group)
    values = [
        PeerValue(
            bank_id=who.bank_id, name_zh=who.name_zh, name_en=who.name_en,
            value=str(Fraction(outcome.sum.total, TOTAL_SCALE)),
        )
        for who, outcome in zip(case.table.banks, case.outcomes, strict=True)
        if outcome.sum is not None
        and outcome.comparison is not None
        and (is_one or outcome.comparison.group == own.group)
    ]  # fmt: skip
    case.peers["totals"] = Peers(
        key="totals", zh=f"总分（{words.zh}）", en=f"Totals ({words.en})", unit="points",
        values=values,
    )  # fmt: skip


def _words_of(level: GradeLevel) -> Words:
    return Words(level.zh, level.en)


def _check(case: Case, where: str, node: Node, hundred_millionths: int) -> None:
    case.check(where, node.value, str(Fraction(hundred_millionths, TOTAL_SCALE)))


def _with(
    node: Node,
    children: list[Node],
    *,
    operation: Operation = "given",
    zh: str = "",
    en: str = "",
    among: str = "",
) -> Node:
    return Node(
        key=node.key, zh=node.zh, en=node.en, value=node.value,
        printed=node.printed or printed(None, ""), unit=node.unit, operation=operation,
        formula_zh=zh, formula_en=en, among=among, mark=node.mark, children=children,
    )  # fmt: skip
