"""An explanation as a workbook that computes itself: every point, total and grade is a formula.

Sheet 计算 has the tree, one node a row: inputs in fen are numbers, all that follows from them is a
formula over these cells. Sheet 同组 has the values of the group that ranks and ends are taken
from. Beside each value stands what the run has, and whether both are one.
"""

import io
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import xlsxwriter

from infra.publish.explanation_cells import COMPARED_DECIMALS, Sheets, cell_formula, shown_value
from processors.grading.formula import read_formula
from processors.grading.formula_text import IN_CELLS, written
from processors.grading.recomputing import rounded
from processors.grading.value_formulas import VALUE_FORMULAS
from schemas.explanation import Explanation, Node, Peers
from schemas.methodology import Methodology

CALCULATION, PEERS, REASONS = "计算 Calculation", "同组 Peers", "理由 Reasons"
FIRST_ROW = 7  # Of the tree, counted from 1.
HEADS = (
    "编号 No.", "项目", "Item", "数值 Value", "单位 Unit", "算式", "Formula", "评定值 In the run",
    "一致 Same", "说明", "Note",
)  # fmt: skip
_WIDTHS = (12, 44, 44, 24, 12, 44, 44, 24, 8, 36, 36)
_COLUMNS_OF_OTHER = {"zh": (2, 6, 10), "en": (1, 5, 9)}
# Half of what is printed last: the cells compute in binary, the run exactly.
TOLERANCE = "0.0000005"


class Line(NamedTuple):
    """One node on its row."""

    node: Node
    number: str  # 1.2.1
    row: int  # From 1.


def explanation_workbook(told: Explanation, methodology: Methodology, lang: str = "") -> bytes:
    """Return the workbook. Text is written as text, whatever it begins with.

    ``lang``: hides the columns of the other language; empty: both are shown.
    """
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        lines = _lines(told.root)
        sheet = book.add_worksheet(CALCULATION)
        peers = book.add_worksheet(PEERS)
        marks = {line.node.mark: f"$D${line.row}" for line in lines if line.node.mark}
        ranges = _write_peers(peers, told, marks)
        levels = _write_levels(peers, methodology, told.peers)
        sheets = Sheets(
            methodology=methodology,
            cells={id(line.node): f"$D${line.row}" for line in lines},
            marks=marks,
            ranges=ranges,
            levels=levels,
            peers={one.key: one for one in told.peers},
            nodes={line.node.mark: line.node for line in lines if line.node.mark},
        )
        _write_head(sheet, told)
        bold = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#EDEDED"})
        for column, (head, width) in enumerate(zip(HEADS, _WIDTHS, strict=True)):
            hidden = {"hidden": column in _COLUMNS_OF_OTHER.get(lang, ())}
            sheet.set_column(column, column, width, None, hidden)
            sheet.write_string(FIRST_ROW - 2, column, head, bold)
        for line in lines:
            _write_line(sheet, line, sheets)
        sheet.freeze_panes(FIRST_ROW - 1, 4)
        _write_reasons(book.add_worksheet(REASONS), told)
    return target.getvalue()


def _lines(root: Node) -> list[Line]:
    found: list[Line] = []

    def add(node: Node, number: str) -> None:
        found.append(Line(node, number, FIRST_ROW + len(found)))
        for place, child in enumerate(node.children, start=1):
            add(child, f"{number}.{place}")

    add(root, "1")
    return found


def _write_head(sheet: Any, told: Explanation) -> None:
    illustrative = "示例办法，非官方规则 / illustrative, not an official rule"
    what_if = "假设推演，不作为正式结果 / what-if, not official"
    marks = [
        *([illustrative] if told.is_illustrative else []),
        *([what_if] if told.is_what_if else []),
    ]
    how = (
        "数值为公式：改动输入（分、利率、同组数值），得分、总分、等次随之重算。"
        " / Values are formulas: change an input and points, total and grade follow."
    )
    texts = (
        f"{told.name_zh} / {told.name_en}  {told.bank_id}",
        f"{told.quarter}  {told.methodology} v{told.methodology_version}  {'；'.join(marks)}",
        f"运行编号 run id: {told.run_id}",
        how,
    )
    for row, text in enumerate(texts):
        sheet.write_string(row, 0, text)


def _write_line(sheet: Any, line: Line, sheets: Sheets) -> None:
    node, row = line.node, line.row - 1
    indent = "　" * line.number.count(".")
    sheet.write_string(row, 0, line.number)
    sheet.write_string(row, 1, indent + node.zh)
    sheet.write_string(row, 2, indent + node.en)
    value, formula = shown_value(node), cell_formula(node, sheets)
    if formula:
        sheet.write_formula(row, 3, f"={formula}", None, value)
    elif isinstance(value, str):
        sheet.write_string(row, 3, value)
    else:
        sheet.write_number(row, 3, value)
    sheet.write_string(row, 4, node.unit)
    sheet.write_string(row, 5, node.formula_zh)
    sheet.write_string(row, 6, node.formula_en)
    sheet.write_string(row, 7, node.value if not isinstance(value, str) else value)
    if formula:
        is_same = (
            f'IF($D${line.row}="{value}","✓","≠")'.replace('"""', '""')
            if isinstance(value, str)
            else f'IF(ABS($D${line.row}-{value!r})<={TOLERANCE}*MAX(1,ABS({value!r})),"✓","≠")'
        )
        sheet.write_formula(row, 8, f"={is_same}", None, "✓")
    sheet.write_string(row, 9, node.note_zh)
    sheet.write_string(row, 10, node.note_en)


def _write_peers(sheet: Any, told: Explanation, marks: Mapping[str, str]) -> dict[str, str]:
    """Write a block for each group of values, and return the range of its values by key.

    The bank's own value is that of the first sheet, so that a change there changes its rank.
    """
    sheet.set_column(0, 2, 24)
    sheet.set_column(3, 8, 22)
    ranges = {}
    row = 0
    for block in told.peers:
        own = marks[_mark_of(block)]
        sheet.write_string(row, 0, f"{block.zh} / {block.en}")
        names = list(block.values[0].inputs) if block.values else []
        formula = _value_formula(block)
        heads = ("机构 Bank", "名称", "Name", "数值 Value", "比较值 Compared", *names)
        for column, head in enumerate(heads):
            sheet.write_string(row + 1, column, head)
        first = row + 2
        for place, one in enumerate(block.values):
            at = first + place
            sheet.write_string(at, 0, one.bank_id)
            sheet.write_string(at, 1, one.name_zh)
            sheet.write_string(at, 2, one.name_en)
            for column, name in enumerate(names, start=5):
                if name in one.inputs:
                    sheet.write_number(at, column, one.inputs[name])
            value = float(Fraction(one.value))
            if one.bank_id == told.bank_id:
                sheet.write_formula(at, 3, f"='{CALCULATION}'!{own}", None, value)
            elif formula and set(one.inputs) == set(names):
                cells = {name: f"${chr(70 + n)}${at + 1}" for n, name in enumerate(names)}
                sheet.write_formula(at, 3, f"={written(formula, cells, IN_CELLS)}", None, value)
            else:
                sheet.write_number(at, 3, value)
            compared = float(rounded(Fraction(one.value), COMPARED_DECIMALS))
            formula_compared = f"=ROUND($D${at + 1},{COMPARED_DECIMALS})"
            sheet.write_formula(at, 4, formula_compared, None, compared)
        last = first + len(block.values)
        ranges[block.key] = f"'{PEERS}'!$E${first + 1}:$E${last}"
        row = last + 1
    return ranges


def _value_formula(block: Peers) -> str:
    """Return the formula that makes each value of its inputs; "" where none does."""
    names = set(block.values[0].inputs) if block.values else set()
    for text in VALUE_FORMULAS:
        formula = read_formula(text)
        if not names or formula.names != names:
            continue
        with_inputs = [one for one in block.values if set(one.inputs) == names]
        if all(
            formula.number({name: Fraction(amount) for name, amount in one.inputs.items()})
            == Fraction(one.value)
            for one in with_inputs
        ):
            return text
    return ""


def _mark_of(block: Peers) -> str:
    """Return what the bank's own value in a block is called in the tree."""
    if block.key == "totals":
        return "total"
    name, _, of = block.key.rpartition(".")
    return f"{name}.value" if of == "level" else f"{name}.change"


def _write_levels(sheet: Any, methodology: Methodology, peers: list[Peers]) -> str:
    """Write the names of the grades, best first, and return their range."""
    first = sum(len(block.values) + 3 for block in peers) + 1
    sheet.write_string(first - 1, 0, "等次，由优到次 / Grades, best first")
    levels = methodology.grading.levels
    for place, level in enumerate(levels):
        sheet.write_string(first + place, 0, f"{level.zh} / {level.en}")
    return f"'{PEERS}'!$A${first + 1}:$A${first + len(levels)}"


def _write_reasons(sheet: Any, told: Explanation) -> None:
    sheet.set_column(0, 0, 10)
    sheet.set_column(1, 2, 90)
    heads: Mapping[int, str] = {0: "分 Points", 1: "理由", 2: "Reason"}
    for column, head in heads.items():
        sheet.write_string(0, column, head)
    for row, reason in enumerate(told.reasons, start=1):
        sheet.write_number(row, 0, reason.points_millionths / 1_000_000)
        sheet.write_string(row, 1, reason.zh)
        sheet.write_string(row, 2, reason.en)
