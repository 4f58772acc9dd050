"""From a node of an explanation to the formula of its cell."""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from processors.grading.formula_text import IN_CELLS, written
from processors.grading.recomputing import rounded
from schemas.explanation import Node, Peers
from schemas.methodology import GradeLevel, Indicator, Methodology
from schemas.normalisers import Mix, ZScore

TOTAL_DECIMALS = 8
# Values are compared rounded to so many decimals: two equal fractions may differ in binary.
COMPARED_DECIMALS = 10


class Sheets(NamedTuple):
    """Where everything stands."""

    methodology: Methodology
    cells: Mapping[int, str]  # By id of the node.
    marks: Mapping[str, str]
    ranges: Mapping[str, str]  # Of the peers' values, by key.
    levels: str  # Range of the names of the grades.
    peers: Mapping[str, Peers]
    nodes: Mapping[str, Node]  # By mark.


def shown_value(node: Node) -> float | str:
    """Return what the cell of ``node`` shows: a number, or a word in both languages."""
    if not node.value:
        return ""
    try:
        return float(Fraction(node.value))
    except ValueError:
        return node.printed


def cell_formula(node: Node, sheets: Sheets) -> str:  # noqa: PLR0911 - a case a kind
    """Return the formula of the cell, without =; "" for what is given."""
    if not node.value or node.operation in {"given", "not_rated"}:
        return ""
    if node.operation == "same":
        return sheets.marks[node.among]
    if node.operation == "formula":
        names = {child.key: sheets.cells[id(child)] for child in node.children}
        text = written(node.formula, names, IN_CELLS)
        return text if node.decimals is None else f"ROUND({text},{node.decimals})"
    if node.operation == "geometric":
        return _geometric(node, sheets)
    if node.operation == "normaliser":
        return _normaliser(node, sheets)
    if node.operation in {"cut_offs", "quota", "grade_caps"}:
        return _grade(node, sheets)
    return _among_peers(node, sheets)


def _among_peers(node: Node, sheets: Sheets) -> str:
    peers = sheets.ranges[node.among]
    plain = {"count_all": "COUNT({})", "least": "MIN({})", "most": "MAX({})"}
    if node.operation in plain:
        return plain[node.operation].format(peers)
    if not _is_order_kept(sheets.peers[node.among]):
        return ""  # Two values are one in binary: the exact count stands as a number.
    sign = {"count_below": "<", "count_above": ">", "count_equal": "="}[node.operation]
    own = sheets.cells[id(node.children[0])]
    return f'COUNTIF({peers},"{sign}"&ROUND({own},{COMPARED_DECIMALS}))'


def _is_order_kept(peers: Peers) -> bool:
    values = {Fraction(one.value) for one in peers.values}
    return len({rounded(value, COMPARED_DECIMALS) for value in values}) == len(values)


def _geometric(node: Node, sheets: Sheets) -> str:
    cells = {child.key: sheets.cells[id(child)] for child in node.children}
    weights = {
        key.removeprefix("weight_"): cell
        for key, cell in cells.items()
        if key.startswith("weight_")
    }
    total = "+".join(weights.values())
    factors = "*".join(
        f"{cells[f'points_{name}']}^({cell}/({total}))" for name, cell in weights.items()
    )
    return f"ROUND({factors},{TOTAL_DECIMALS})"


def _normaliser(node: Node, sheets: Sheets) -> str:
    """Return the formula of a z-score; of others the value stands as a number, with its note."""
    indicator = next(one for one in sheets.methodology.indicators if one.name == node.among)
    normaliser = indicator.normaliser
    if node.part and isinstance(normaliser, Mix):
        normaliser = normaliser.parts[node.part - 1].normaliser
    key = next((child.among for child in node.children if child.operation == "count_all"), "")
    if not isinstance(normaliser, ZScore) or not key:
        return ""
    peers, own = sheets.ranges[key], sheets.cells[id(node.children[0])]
    sign = "-" if _is_lower_better(indicator) else "+"
    z = f"IF(STDEVP({peers})=0,0,({own}-AVERAGE({peers}))/STDEVP({peers}))"
    return f"{normaliser.middle_points}{sign}{normaliser.points_per_sd}*{z}"


def _is_lower_better(indicator: Indicator) -> bool:
    return indicator.direction == "lower"


def _grade(node: Node, sheets: Sheets) -> str:
    if node.operation == "grade_caps":
        places = [f"MATCH({sheets.cells[id(child)]},{sheets.levels},0)" for child in node.children]
        return f"INDEX({sheets.levels},MAX({','.join(places)}))"
    levels = sheets.methodology.grading.levels
    cells = {child.key: sheets.cells[id(child)] for child in node.children}
    total = f"ROUND({sheets.cells[id(node.children[0])]},{TOTAL_DECIMALS})"
    conditions = (
        _by_quota(node, sheets, cells, total)
        if node.operation == "quota"
        else [_reaches(level, cells, total, sheets) for level in levels[:-1]]
    )
    text = _quoted(levels[-1])
    for level, condition in reversed(list(zip(levels[:-1], conditions, strict=True))):
        text = f"IF({condition},{_quoted(level)},{text})"
    return text


def _reaches(level: GradeLevel, cells: Mapping[str, str], total: str, sheets: Sheets) -> str:
    sign = ">=" if sheets.methodology.grading.is_bound_included else ">"
    bound = cells.get(f"from_{level.name}")
    return f"{total}{sign}{bound}" if bound else "TRUE"


def _by_quota(node: Node, sheets: Sheets, cells: Mapping[str, str], total: str) -> list[str]:
    grading, totals = sheets.methodology.grading, sheets.ranges[node.among]
    is_better = grading.ties == "better"
    place = f'(1+COUNTIF({totals},">"&{total}))' if is_better else f'COUNTIF({totals},">="&{total})'
    conditions, shares = [], []
    half = "+0.5" if grading.quota_count == "half_up" else ""
    for level in grading.levels[:-1]:
        shares.append(cells[f"share_{level.name}"])
        end = f"INT(ROUND(({'+'.join(shares)})*COUNT({totals})/100,9){half})"
        reaches = _reaches(level, cells, total, sheets)
        conditions.append(f"AND({place}<={end},{reaches})")
    return conditions


def _quoted(level: GradeLevel) -> str:
    text = f"{level.zh} / {level.en}".replace('"', '""')
    return f'"{text}"'
