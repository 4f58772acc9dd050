"""Writes a formula of a methodology or an explanation in another notation: for people, for cells.

Which signs are used is told by a Notation; the formula is the same, so that what is printed, what
a spreadsheet computes and what the kernel computes cannot differ.

Source: docs/method.md#explanation
"""

import ast
from collections.abc import Mapping
from typing import NamedTuple

from processors.grading.formula import Formula, read_formula

_TIGHT, _PRODUCT, _SUM, _COMPARE, _NOT, _AND, _OR = range(7)


class Notation(NamedTuple):
    """The signs of a way to write formulas. Where a truth is used as a number, ``truth`` wraps."""

    add: str
    subtract: str
    multiply: str
    divide: str
    compare: Mapping[type[ast.cmpop], str]
    and_: str
    or_: str
    not_: str
    minus: str = "-"
    truth: str = "{}"
    and_call: str = ""  # Such as AND({}), parts joined by commas; empty: and_ between parts.
    or_call: str = ""


IN_WORDS = Notation(
    " + ", " − ", " × ", " ÷ ",
    {ast.Lt: " < ", ast.LtE: " ≤ ", ast.Gt: " > ", ast.GtE: " ≥ ", ast.Eq: " = ", ast.NotEq: " ≠ "},
    " 且 / and ", " 或 / or ", "非 / not {}", "−", truth="[{}]",
)  # fmt: skip
IN_CELLS = Notation(
    "+", "-", "*", "/",
    {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=", ast.NotEq: "<>"},
    "", "", "NOT({})", "-", truth="IF({},1,0)", and_call="AND({})", or_call="OR({})",
)  # fmt: skip


def written(formula: str, names: Mapping[str, str], notation: Notation) -> str:
    """Return ``formula`` with each name replaced by what ``names`` says."""
    read = read_formula(formula)
    return _Writer(read, names, notation).number(read.root, _OR)


class _Writer:
    def __init__(self, formula: Formula, names: Mapping[str, str], notation: Notation) -> None:
        self._formula, self._names, self._notation = formula, names, notation

    def number(self, node: ast.expr, room: int) -> str:
        """Return ``node`` as a number; brackets where it binds less tightly than ``room``."""
        if _is_truth(node):
            return self._notation.truth.format(self.truth(node))
        match node:
            case ast.Constant():
                return self._formula.text[node.col_offset : node.end_col_offset]
            case ast.Name(id=name):
                return self._names.get(name, {"yes": "1", "no": "0"}.get(name, name))
            case ast.UnaryOp(operand=operand):
                return f"({self._notation.minus}{self.number(operand, _TIGHT)})"
            case ast.Call(func=ast.Name(id=name), args=parts):
                inside = ", ".join(self.number(part, _OR) for part in parts)
                return f"{name.upper() if self._notation is IN_CELLS else name}({inside})"
            case ast.BinOp(left=left, op=operator, right=right):
                sign, bound, right_room = self._sign(operator)
                text = f"{self.number(left, bound)}{sign}{self.number(right, right_room)}"
                return text if bound <= room else f"({text})"
        raise AssertionError(f"read_formula let {ast.dump(node)} through")

    def truth(self, node: ast.expr) -> str:
        match node:
            case ast.Compare(left=left, ops=operators, comparators=others):
                sides = [self.number(side, _SUM) for side in (left, *others)]
                pairs = [
                    f"{a}{self._notation.compare[type(operator)]}{b}"
                    for operator, a, b in zip(operators, sides, sides[1:], strict=False)
                ]
                return self._joined(pairs, self._notation.and_, self._notation.and_call)
            case ast.BoolOp(op=operator, values=parts):
                texts = [self.truth(part) for part in parts]
                if isinstance(operator, ast.And):
                    return self._joined(texts, self._notation.and_, self._notation.and_call)
                return self._joined(texts, self._notation.or_, self._notation.or_call)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._notation.not_.format(self.truth(operand))
        not_equal = self._notation.compare[ast.NotEq]
        return f"{self.number(node, _SUM)}{not_equal}0"

    def _joined(self, parts: list[str], sign: str, call: str) -> str:
        if len(parts) == 1:
            return parts[0]
        return call.format(",".join(parts)) if call else f"({sign.join(parts)})"

    def _sign(self, operator: ast.operator) -> tuple[str, int, int]:
        """Return the sign, how tightly it binds, and the room of its right side."""
        match operator:
            case ast.Add():
                return self._notation.add, _SUM, _SUM
            case ast.Sub():
                return self._notation.subtract, _SUM, _PRODUCT
            case ast.Mult():
                return self._notation.multiply, _PRODUCT, _PRODUCT
        return self._notation.divide, _PRODUCT, _TIGHT


def _is_truth(node: ast.expr) -> bool:
    return isinstance(node, ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )
