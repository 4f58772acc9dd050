"""Whether a cap could lower a grade because a bank has more points.

A cap may hold banks down; it must never punish points. So its condition may only stop to hold as
points rise, and its limit may only rise with them. That is decided on the formula alone, for all
values at once, and on the safe side: what cannot be told is refused.

Source: docs/method.md#grading-totals
"""

import ast
from collections.abc import Collection, Iterable
from enum import Enum

from processors.grading.formula import Formula


class Move(Enum):
    """What a formula's value does as points rise."""

    STAYS = "stays"
    RISES = "rises"
    FALLS = "falls"
    EITHER = "either"


_TURNED = {
    Move.STAYS: Move.STAYS,
    Move.RISES: Move.FALLS,
    Move.FALLS: Move.RISES,
    Move.EITHER: Move.EITHER,
}


def move_of(
    formula: Formula, rising: Collection[str], falling: Collection[str], *, is_condition: bool
) -> Move:
    """Return what ``formula`` does as points rise.

    Args:
        formula: a condition, where False counts as less than True; or a number.
        is_condition: which of the two it is asked for.
        rising: names of what grows with points, such as total.
        falling: names of what gets less as a bank does better: deductions.

    All other names stay as they are.

    """
    reading = _Reading(set(rising), set(falling))
    return reading.truth(formula.root) if is_condition else reading.move(formula.root)


class _Reading:
    def __init__(self, rising: set[str], falling: set[str]) -> None:
        self._rising, self._falling = rising, falling

    def move(self, node: ast.expr) -> Move:  # noqa: PLR0911 - a case a kind
        match node:
            case ast.Name(id=name):
                if name in self._rising:
                    return Move.RISES
                return Move.FALLS if name in self._falling else Move.STAYS
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return _TURNED[self.truth(operand)]
            case ast.UnaryOp(operand=operand):
                return _TURNED[self.move(operand)]
            case ast.BoolOp(values=parts):
                return _together(self.truth(part) for part in parts)
            case ast.Call(args=parts):
                return _together(self.move(part) for part in parts)
            case ast.Compare():
                return self._compared(node)
            case ast.BinOp(left=left, op=operator, right=right):
                return self._arithmetic(left, operator, right)
        return Move.STAYS  # A number.

    def truth(self, node: ast.expr) -> Move:
        # A number as a condition holds unless it is 0: rising or falling, it may turn either way.
        is_told = isinstance(node, ast.Compare | ast.BoolOp) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        )
        found = self.move(node)
        return found if is_told or found is Move.STAYS else Move.EITHER

    def _compared(self, node: ast.Compare) -> Move:
        found = []
        sides = (node.left, *node.comparators)
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if isinstance(operator, ast.Lt | ast.LtE):
                left, right = right, left  # noqa: PLW2901 - a < b is b > a
            both = _together((self.move(left), _TURNED[self.move(right)]))
            is_equality = isinstance(operator, ast.Eq | ast.NotEq)
            found.append(Move.EITHER if is_equality and both is not Move.STAYS else both)
        return _together(found)

    def _arithmetic(self, left: ast.expr, operator: ast.operator, right: ast.expr) -> Move:
        one, other = self.move(left), self.move(right)
        if isinstance(operator, ast.Add):
            return _together((one, other))
        if isinstance(operator, ast.Sub):
            return _together((one, _TURNED[other]))
        if one is Move.STAYS and other is Move.STAYS:
            return Move.STAYS
        # Times or divided by: only a number as written has a sign that is known.
        if _is_written(right):
            return one
        if _is_written(left) and isinstance(operator, ast.Mult):
            return other
        return Move.EITHER


def _is_written(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)  # Never negative: a minus is an operator.


def _together(moves: Iterable[Move]) -> Move:
    found = set(moves) - {Move.STAYS}
    if not found:
        return Move.STAYS
    return found.pop() if len(found) == 1 else Move.EITHER
