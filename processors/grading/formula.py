"""The short formulas of a methodology: conditions, targets, caps, points.

    + − × ÷ as + - * /, < <= > >= == !=, and or not, min(…) max(…), numbers, names of columns

Numbers are exact as written. A name whose value is not known makes the result unknown, except
where the rest decides by itself: ``false and unknown`` is false. Division by zero is unknown.
There is nothing else in a formula: no call, no attribute, no index.
"""

import ast
from collections.abc import Mapping
from fractions import Fraction
from functools import cache

Number = Fraction
Result = Fraction | bool | None  # None: unknown.
Values = Mapping[str, Fraction | None]

_NAMES_KEPT = {"yes": Fraction(1), "no": Fraction(0)}
_FUNCTIONS = ("min", "max")
_ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Compare, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq,
    ast.NotEq, ast.Call, ast.Name, ast.Load, ast.Constant,
)  # fmt: skip


class FormulaError(ValueError):
    """A formula that cannot be read, and where."""


class Formula:
    """A formula that was read. Ask it for a number or for whether it holds."""

    def __init__(self, text: str, root: ast.expr) -> None:
        self.text, self.root = text, root

    @property
    def names(self) -> set[str]:
        """Return the names of columns it needs."""
        called = {id(node.func) for node in ast.walk(self.root) if isinstance(node, ast.Call)}
        return {
            node.id
            for node in ast.walk(self.root)
            if isinstance(node, ast.Name) and id(node) not in called and node.id not in _NAMES_KEPT
        }

    def number(self, values: Values) -> Fraction | None:
        """Return its value; None where something it needs is not known."""
        found = self._value(self.root, values)
        return Fraction(found) if isinstance(found, bool) else found

    def holds(self, values: Values) -> bool | None:
        """Return whether it holds; None where that cannot be told. A number holds unless 0."""
        found = self._value(self.root, values)
        return found if found is None or isinstance(found, bool) else found != 0

    def _value(self, node: ast.expr, values: Values) -> Result:  # noqa: PLR0911 - a case a kind
        match node:
            case ast.Constant():
                return Fraction(self._literal(node))
            case ast.Name(id=name):
                return _NAMES_KEPT[name] if name in _NAMES_KEPT else values[name]
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                found = self._truth(operand, values)
                return None if found is None else not found
            case ast.UnaryOp(operand=operand):
                value = self._number(operand, values)
                return None if value is None else -value
            case ast.BoolOp(op=operator, values=parts):
                return self._bool(operator, parts, values)
            case ast.Compare():
                return self._compare(node, values)
            case ast.BinOp(left=left, op=operator, right=right):
                return _arithmetic(
                    operator, self._number(left, values), self._number(right, values)
                )
            case ast.Call(func=ast.Name(id=name), args=parts):
                numbers = [self._number(part, values) for part in parts]
                known = [number for number in numbers if number is not None]
                if len(known) < len(numbers):
                    return None
                return min(known) if name == "min" else max(known)
        raise AssertionError(f"read_formula let {ast.dump(node)} through")

    def _number(self, node: ast.expr, values: Values) -> Fraction | None:
        found = self._value(node, values)
        return Fraction(found) if isinstance(found, bool) else found

    def _truth(self, node: ast.expr, values: Values) -> bool | None:
        found = self._value(node, values)
        return found if found is None or isinstance(found, bool) else found != 0

    def _bool(self, operator: ast.boolop, parts: list[ast.expr], values: Values) -> bool | None:
        deciding = isinstance(operator, ast.Or)  # One of these is enough.
        found = [self._truth(part, values) for part in parts]
        if deciding in found:
            return deciding
        return None if None in found else not deciding

    def _compare(self, node: ast.Compare, values: Values) -> bool | None:
        sides = [self._number(side, values) for side in (node.left, *node.comparators)]
        found = [
            None if left is None or right is None else _compared(operator, left, right)
            for operator, left, right in zip(node.ops, sides, sides[1:], strict=False)
        ]
        if False in found:
            return False
        return None if None in found else True

    def _literal(self, node: ast.Constant) -> str:
        # The text, not the value: Python would read 0.1 as a float.
        return self.text[node.col_offset : node.end_col_offset]


@cache
def read_formula(text: str) -> Formula:
    """Return the formula in ``text``; raise FormulaError saying what it may hold."""
    if not text.isascii():
        raise FormulaError(f"formula {text!r}: found other letters, expected ASCII")
    try:
        root = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaError(f"formula {text!r}: it cannot be read ({error})") from error
    for node in ast.walk(root):
        if not isinstance(node, _ALLOWED):
            raise FormulaError(
                f"formula {text!r}: found {type(node).__name__}, expected numbers, names, "
                "+ - * /, comparisons, and, or, not, min() and max()"
            )
        if isinstance(node, ast.Constant) and (
            isinstance(node.value, bool) or not isinstance(node.value, int | float)
        ):
            raise FormulaError(f"formula {text!r}: found {node.value!r}, expected a number")
        if isinstance(node, ast.Call) and not _is_function(node):
            raise FormulaError(f"formula {text!r}: expected min(…) or max(…) with arguments")
    formula = Formula(text.strip(), root)
    for node in ast.walk(root):
        if isinstance(node, ast.Constant):
            _check_literal(text, formula._literal(node))  # noqa: SLF001 - its own module
    return formula


def _check_literal(text: str, literal: str) -> None:
    if not all(part.isdigit() for part in literal.split(".", 1)) or len(literal) > 20:
        raise FormulaError(f"formula {text!r}: found {literal!r}, expected digits such as 79.5")


def _is_function(node: ast.Call) -> bool:
    return (
        isinstance(node.func, ast.Name)
        and node.func.id in _FUNCTIONS
        and bool(node.args)
        and not node.keywords
    )


def _arithmetic(
    operator: ast.operator, left: Fraction | None, right: Fraction | None
) -> Fraction | None:
    if left is None or right is None:
        return None
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
    return left / right if right != 0 else None


def _compared(operator: ast.cmpop, left: Fraction, right: Fraction) -> bool:
    match operator:
        case ast.Lt():
            return left < right
        case ast.LtE():
            return left <= right
        case ast.Gt():
            return left > right
        case ast.GtE():
            return left >= right
        case ast.Eq():
            return left == right
    return left != right
