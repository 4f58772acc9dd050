"""The part of an explanation below an indicator's points: normaliser, rules, the group's values.

A formula is written for every kind of normaliser, and kept only where it gives exactly what the
kernel gave; else the node says that the kernel's normaliser itself has to be asked.

Source: docs/method.md#explanation
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from processors.grading.explained_node import among_peers, computed, given, printed, same
from processors.grading.formula import read_formula
from processors.grading.normaliser import Member, Scope
from processors.grading.normalising import kind_of
from processors.grading.recomputing import number_of
from schemas import normalisers as shapes
from schemas.explanation import Node, Operation, Peers, PeerValue
from schemas.methodology import Indicator
from schemas.normalisers import Normaliser
from schemas.words import Words

NORMALISED = Words("标准化得分", "Normalised points")
LOWEST = Words("最低分", "Least points")
HIGHEST = Words("最高分", "Most points")


class Asked(NamedTuple):
    """One normaliser over the members of one group, and which of them is explained."""

    indicator: Indicator
    quarter: str
    members: list[Member]
    own: int  # Place among the members.
    value: Node  # The bank's value; it has a mark.
    before: Node | None  # That of a year before.
    of: str  # level or change.
    group: Words
    peers: dict[str, Peers]  # Filled here.
    inputs: dict[str, dict[str, int]]  # By bank_id.
    part: int = 0  # Of a mix, from 1; 0: the whole normaliser.

    @property
    def me(self) -> Member:
        return self.members[self.own]

    @property
    def scope(self) -> Scope:
        return Scope(self.quarter, self.indicator, self.members)

    @property
    def key(self) -> str:
        return f"{self.indicator.name}.{self.of}"


def normalised(asked: Asked, normaliser: Normaliser, key: str = "normalised") -> Node:
    """Return the node of what ``normaliser`` makes of the value, not clipped.

    Source: docs/method.md#explanation
    """
    exact = kind_of(normaliser).points(normaliser, asked.scope)[asked.own]
    writer = _WRITERS.get(type(normaliser))
    node = writer(asked, normaliser, key) if writer is not None and exact is not None else None
    if node is not None and number_of(node) == exact:
        return node
    return _by_kernel(asked, normaliser, key, exact)


def peers_of(asked: Asked) -> str:
    """Note the values of the group, and return what they are called."""
    if asked.key not in asked.peers:
        is_level = asked.of == "level"
        asked.peers[asked.key] = Peers(
            key=asked.key,
            zh=f"{asked.value.zh}（{asked.group.zh}）",
            en=f"{asked.value.en} ({asked.group.en})",
            unit=asked.value.unit,
            values=[
                PeerValue(
                    bank_id=member.bank.bank_id,
                    name_zh=member.bank.name_zh,
                    name_en=member.bank.name_en,
                    value=str(member.value),
                    inputs=asked.inputs.get(member.bank.bank_id, {}) if is_level else {},
                )
                for member in asked.members
            ],
        )
    return asked.key


def _bounds(asked: Asked) -> list[Node]:
    return [
        given("lowest", LOWEST, asked.scope.lowest, unit="points"),
        given("highest", HIGHEST, asked.scope.highest, unit="points"),
    ]


def _made(key: str, formula: str, children: list[Node]) -> Node:
    return computed(key, NORMALISED, formula, children, unit="points")


def _by_kernel(asked: Asked, normaliser: Normaliser, key: str, exact: Fraction | None) -> Node:
    children = [same("value", asked.value)]
    if kind_of(normaliser).needs_peers:
        size = Words("组内机构数", "Banks in the group")
        count = Fraction(len(asked.members))
        children.append(among_peers("size", size, count, "count_all", among=peers_of(asked)))
    tag = normaliser.__struct_config__.tag
    return Node(
        key=key,
        zh=NORMALISED.zh,
        en=NORMALISED.en,
        value="" if exact is None else str(exact),
        printed=printed(exact, "points"),
        unit="points",
        operation="normaliser",
        among=asked.indicator.name,
        part=asked.part,
        note_zh=f"由标准化方法 {tag} 按组内各值计算",
        note_en=f"by the normaliser {tag} from the values of the group",
        children=children,
    )


def _peer_percentile(asked: Asked, _normaliser: Any, key: str) -> Node:
    values = [member.value for member in asked.members]
    among, own = peers_of(asked), asked.me.value
    operation: Operation = "count_above" if asked.scope.is_lower_better else "count_below"
    if asked.scope.is_lower_better:
        worse = sum(value > own for value in values)
    else:
        worse = sum(value < own for value in values)
    children = [
        *_bounds(asked),
        among_peers(
            "worse", Words("不如本行的机构数", "Peers that are worse"), Fraction(worse),
            operation, among=among, own=asked.value,
        ),
        among_peers(
            "equal", Words("与本行相同的机构数（含本行）", "Banks that are equal, itself too"),
            Fraction(values.count(own)), "count_equal", among=among, own=asked.value,
        ),
        among_peers(
            "size", Words("组内机构数", "Banks in the group"), Fraction(len(values)),
            "count_all", among=among,
        ),
    ]  # fmt: skip
    share = "(2 * worse + equal - 1) / (2 * (size - 1))" if len(values) > 1 else "1 / 2"
    return _made(key, f"lowest + (highest - lowest) * ({share})", children)


def _mix(asked: Asked, normaliser: shapes.Mix, key: str) -> Node:
    children: list[Node] = []
    terms, shares = [], []
    for number, part in enumerate(normaliser.parts, start=1):
        at = asked._replace(part=number)
        if part.of == "change":
            changed = _change(at)
            if changed is None:
                continue
            at = changed
        points = normalised(at, part.normaliser, f"normalised_{number}")
        if not points.value:
            continue
        of = Words("水平", "level") if part.of == "level" else Words("变化", "change")
        words = Words(f"{of.zh}得分", f"Points of the {of.en}")
        own = [at.value] if part.of == "change" else []
        clipped = computed(
            f"part_{number}", words, f"min(max(normalised_{number}, lowest), highest)",
            [*own, points, *_bounds(asked)], unit="points",
        )  # fmt: skip
        share = Words(f"{of.zh}占比", f"Share of the {of.en}")
        share_node = given(f"share_{number}", share, Fraction(part.share_percent), unit="percent")
        children += [share_node, clipped]
        terms.append(f"share_{number} * part_{number}")
        shares.append(f"share_{number}")
    return _made(key, f"({' + '.join(terms)}) / ({' + '.join(shares)})", children)


def _change(asked: Asked) -> Asked | None:
    """Return the same over changes on a year before; None where the bank has none."""
    if asked.before is None:
        return None
    found = [
        (n, member._replace(value=member.value - member.before, before=None))
        for n, member in enumerate(asked.members)
        if member.before is not None
    ]
    node = computed(
        "value", Words(f"{asked.value.zh}：同比变化", f"{asked.value.en}: change on a year before"),
        "value_now - before", [same("value_now", asked.value), same("before", asked.before)],
        unit=asked.value.unit, mark=f"{asked.indicator.name}.change",
    )  # fmt: skip
    own = next(place for place, (n, _) in enumerate(found) if n == asked.own)
    return asked._replace(
        members=[member for _, member in found], own=own, value=node, before=None, of="change"
    )


def _target_ratio(asked: Asked, normaliser: shapes.TargetRatio, key: str) -> Node | None:
    # Which target is in force is decided by the kernel; every one in the file is tried.
    for text in dict.fromkeys([*(dated.target for dated in normaliser.targets), normaliser.target]):
        names = sorted(read_formula(text).names)
        inside = [given(name, Words(name, name), asked.me.values[name]) for name in names]
        target = computed("target", Words("目标值", "Target"), text, inside, unit=asked.value.unit)
        aim = number_of(target)
        if aim is None:
            continue
        is_lower = asked.scope.is_lower_better
        reaches = "value <= target" if is_lower else "value >= target"
        formula = "target / value * highest" if is_lower else "value / target * highest"
        if aim <= 0 or asked.me.value <= 0:
            formula = f"({reaches}) * highest + (not {reaches}) * lowest"
        node = _made(key, formula, [same("value", asked.value), target, *_bounds(asked)])
        if number_of(node) == kind_of(normaliser).points(normaliser, asked.scope)[asked.own]:
            return node
    return None


def _yes_no(asked: Asked, _normaliser: Any, key: str) -> Node:
    formula = "(value != 0) * highest + (value == 0) * lowest"
    return _made(key, formula, [same("value", asked.value), *_bounds(asked)])


def _as_given(asked: Asked, _normaliser: Any, key: str) -> Node:
    return _made(key, "value", [same("value", asked.value)])


def _choice(asked: Asked, normaliser: shapes.ChoicePoints, key: str) -> Node | None:
    points = normaliser.points.get(asked.me.choice)
    if points is None:
        return None
    words = Words(f"“{asked.me.choice}”的分值", f"Points of “{asked.me.choice}”")
    return _made(key, "of_choice", [given("of_choice", words, Fraction(points), unit="points")])


def _goalposts(asked: Asked, normaliser: shapes.Goalposts, key: str) -> Node:
    posts = [
        given("worst", Words("最差标杆", "Worst post"), Fraction(normaliser.worst)),
        given("best", Words("最佳标杆", "Best post"), Fraction(normaliser.best)),
    ]
    formula = "lowest + (highest - lowest) * (value - worst) / (best - worst)"
    return _made(key, formula, [same("value", asked.value), *posts, *_bounds(asked)])


def _min_max(asked: Asked, _normaliser: Any, key: str) -> Node:
    ends = _ends(asked)
    formula = "lowest + (highest - lowest) * (value - least) / (most - least)"
    if asked.scope.is_lower_better:
        formula = "lowest + (highest - lowest) * (most - value) / (most - least)"
    if ends[0].value == ends[1].value:
        formula = "(lowest + highest) / 2"
    return _made(key, formula, [same("value", asked.value), *ends, *_bounds(asked)])


def _ratio_to_best(asked: Asked, _normaliser: Any, key: str) -> Node:
    ends = _ends(asked)
    is_lower = asked.scope.is_lower_better
    formula = "least / value * highest" if is_lower else "value / most * highest"
    least, most = (Fraction(end.value) for end in ends)
    if is_lower and least <= 0:
        formula = "(value > 0) * lowest + (value <= 0) * highest"
    elif not is_lower and (most <= 0 or asked.me.value <= 0):
        formula = "lowest"
    return _made(key, formula, [same("value", asked.value), *ends, *_bounds(asked)])


def _ends(asked: Asked) -> list[Node]:
    values, among = [member.value for member in asked.members], peers_of(asked)
    least, most = (
        Words("组内最小值", "Least of the group"),
        Words("组内最大值", "Most of the group"),
    )
    return [
        among_peers("least", least, min(values), "least", among=among),
        among_peers("most", most, max(values), "most", among=among),
    ]


def _own_past(asked: Asked, normaliser: shapes.OwnPast, key: str) -> Node | None:
    if asked.before is None:
        return None
    sign = "-" if asked.scope.is_lower_better else "+"
    children = [
        same("value", asked.value),
        same("before", asked.before),
        given("base", Words("基准分", "Base points"), Fraction(normaliser.base_points)),
        given("span", Words("幅度分", "Span points"), Fraction(normaliser.span_points)),
    ]
    return _made(key, f"base {sign} span * (value - before) / max(before, -before)", children)


def _piecewise(asked: Asked, normaliser: shapes.Piecewise, key: str) -> Node:
    children, terms = [same("value", asked.value)], ["points_1"]
    for number, (value, points) in enumerate(normaliser.knots, start=1):
        children += [
            given(f"knot_{number}", Words(f"节点{number}", f"Knot {number}"), Fraction(value)),
            given(
                f"points_{number}", Words(f"节点{number}分值", f"Points at knot {number}"),
                Fraction(points), unit="points",
            ),
        ]  # fmt: skip
    for left, right in pairwise(range(1, len(normaliser.knots) + 1)):
        rise = f"(points_{right} - points_{left})"
        if normaliser.between == "steps":
            terms.append(f"{rise} * (value >= knot_{right})")
        else:
            way = f"(value - knot_{left}) / (knot_{right} - knot_{left})"
            terms.append(f"{rise} * min(max({way}, 0), 1)")
    return _made(key, " + ".join(terms), children)


def _matrix(asked: Asked, normaliser: shapes.Matrix, key: str) -> Node | None:
    other = asked.me.values.get(normaliser.column)
    if other is None:
        return None
    row = sum(Fraction(edge) <= asked.me.value for edge in normaliser.row_edges)
    column = sum(Fraction(edge) <= other for edge in normaliser.column_edges)
    words = Words(
        f"矩阵第{row + 1}行第{column + 1}列", f"Row {row + 1}, column {column + 1} of the table"
    )
    points = given("of_table", words, Fraction(normaliser.points[row][column]), unit="points")
    label = Words(normaliser.column, normaliser.column)
    return _made(
        key, "of_table", [points, same("value", asked.value), given("other", label, other)]
    )


_Writer = Callable[[Asked, Any, str], Node | None]
_WRITERS: dict[type, _Writer] = {
    shapes.PeerPercentile: _peer_percentile,
    shapes.Mix: _mix,
    shapes.TargetRatio: _target_ratio,
    shapes.YesNo: _yes_no,
    shapes.AsGiven: _as_given,
    shapes.ChoicePoints: _choice,
    shapes.Goalposts: _goalposts,
    shapes.MinMax: _min_max,
    shapes.RatioToBest: _ratio_to_best,
    shapes.OwnPast: _own_past,
    shapes.Piecewise: _piecewise,
    shapes.Matrix: _matrix,
}
