"""Computes one node of an explanation again, from its children and the peers' values alone.

Source: docs/method.md#explanation
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from processors.exact import half_up
from processors.grading.formula import read_formula
from processors.grading.levels import level_of, levels_by_quota
from processors.grading.normaliser import Member, Scope
from processors.grading.normalising import kind_of
from processors.grading.points import Earned
from processors.grading.table import Table
from processors.grading.totals import sum_up
from schemas.codes import Grade
from schemas.explanation import Explanation, Node, Peers
from schemas.grading import POINTS_SCALE, TOTAL_SCALE
from schemas.methodology import Methodology
from schemas.normalisers import Mix


class Around(NamedTuple):
    """What a node may ask for beside its children."""

    methodology: Methodology
    table: Table
    bank: int  # Place in the table.
    peers: Mapping[str, Peers]
    marked: Mapping[str, Node]


def around(explanation: Explanation, methodology: Methodology, table: Table) -> Around:
    """Return what the nodes of ``explanation`` need to be computed again."""
    bank = next(n for n, who in enumerate(table.banks) if who.bank_id == explanation.bank_id)
    marked = {node.mark: node for node in all_nodes(explanation.root) if node.mark}
    return Around(
        methodology, table, bank, {peers.key: peers for peers in explanation.peers}, marked
    )


def all_nodes(root: Node) -> list[Node]:
    """Return ``root`` and everything below it, each before its children."""
    return [root, *(node for child in root.children for node in all_nodes(child))]


def recompute(node: Node, at: Around) -> str:  # noqa: PLR0911 - a case a kind
    """Return the value of ``node`` as its children give it, exactly; "" where it is unknown.

    Source: docs/method.md#explanation
    """
    match node.operation:
        case "given":
            return node.value
        case "same":
            return at.marked[node.among].value
        case "formula":
            return _by_formula(node)
        case "cut_offs" | "quota" | "grade_caps" | "not_rated":
            return _word(node, at)
        case "geometric":
            return _geometric(node, at)
        case "normaliser":
            return _by_kernel(node, at)
    return _among_peers(node, at.peers[node.among])


def number_of(node: Node) -> Fraction | None:
    """Return the value of a node that holds a number, None where it is not known."""
    return Fraction(node.value) if node.value else None


def _by_formula(node: Node) -> str:
    values = {child.key: number_of(child) for child in node.children if _is_number(child)}
    found = read_formula(node.formula).number(values)
    if found is None:
        return ""
    return str(found if node.decimals is None else rounded(found, node.decimals))


def _is_number(child: Node) -> bool:
    try:
        number_of(child)
    except ValueError:
        return False
    return True


def rounded(value: Fraction, decimals: int) -> Fraction:
    """Return ``value`` rounded half up, a half away from zero."""
    scale: int = 10**decimals
    return Fraction(half_up(value.numerator * scale, value.denominator), scale)


def _among_peers(node: Node, peers: Peers) -> str:
    values = [Fraction(one.value) for one in peers.values]
    of_all = {"count_all": Fraction(len(values)), "least": min(values), "most": max(values)}
    if node.operation in of_all:
        return str(of_all[node.operation])
    own = number_of(node.children[0])
    if own is None:
        return ""
    counts = {
        "count_below": sum(value < own for value in values),
        "count_above": sum(value > own for value in values),
        "count_equal": values.count(own),
    }
    return str(counts[node.operation])


def _by_kernel(node: Node, at: Around) -> str:
    """Return the points of a normaliser, not clipped, from the value and the peers' values."""
    indicator = next(entry for entry in at.methodology.indicators if entry.name == node.among)
    normaliser, is_change = indicator.normaliser, False
    if node.part:
        assert isinstance(normaliser, Mix)
        part = normaliser.parts[node.part - 1]
        normaliser, is_change = part.normaliser, part.of == "change"
    places = {who.bank_id: n for n, who in enumerate(at.table.banks)}
    key = next((child.among for child in node.children if child.operation == "count_all"), "")
    peers = at.peers[key].values if key else []
    told = {places[one.bank_id]: Fraction(one.value) for one in peers}
    own = next((number_of(child) for child in node.children if child.key == "value"), None)
    if own is not None:
        told[at.bank] = own
    members = []
    for bank, value in told.items():
        cell = at.table.cells[indicator.name][bank]
        before = None if is_change else cell.before
        values = at.table.values(bank)
        members.append(Member(at.table.banks[bank], value, before, cell.choice, values))
    scope = Scope(at.table.quarter, indicator, members)
    points = kind_of(normaliser).points(normaliser, scope)
    found = dict(zip(told, points, strict=True)).get(at.bank)
    return "" if found is None else str(found)


def _geometric(node: Node, at: Around) -> str:
    earned = {}
    for child in node.children:
        points = number_of(child)
        if child.key.startswith("points_") and points is not None:
            name = child.key.removeprefix("points_")
            earned[name] = Earned(int(points * POINTS_SCALE))
    others = {
        entry.name: Earned(0)
        for entry in at.methodology.indicators
        if entry.role != "regular" and entry.name not in earned
    }
    found = sum_up(at.methodology, earned | others, at.table.values(at.bank))
    return str(Fraction(found.regular, TOTAL_SCALE))


def _word(node: Node, at: Around) -> str:
    grading = at.methodology.grading
    names = [level.name for level in grading.levels]
    if node.operation == "not_rated":
        is_lacking = any(child.note_en for child in node.children)
        return Grade.NOT_RATED.value if is_lacking else ""
    if node.operation == "grade_caps":
        return names[max(names.index(child.value) for child in node.children)]
    total = number_of(node.children[0])
    assert total is not None
    if node.operation == "cut_offs":
        return names[level_of(_hundred_millionths(total), grading)]
    peers = at.peers[node.among]
    totals = [_hundred_millionths(Fraction(one.value)) for one in peers.values]
    levels = levels_by_quota(totals, grading)
    own = at.table.banks[at.bank].bank_id
    place = next(n for n, one in enumerate(peers.values) if one.bank_id == own)
    return names[levels[place]]


def _hundred_millionths(total: Fraction) -> int:
    return int(total * TOTAL_SCALE)
