"""A quantity ends in its unit; see schemas.units. What only counts places or orders needs none."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.architecture.source_files import PACKAGES, sources, tree_of

UNIT_OF_TYPE = {
    "AmountMinor": ("_minor",),
    "BalanceMinor": ("_minor",),
    "SignedMinor": ("_minor",),
    "RateMbp": ("_mbp",),
    "ThingCount": ("_count",),
}
NUMBERS = {"int", "float", "Int64Array", "Int32Array", "UInt64Array", "Float64Array", *UNIT_OF_TYPE}
# A number whose name has one of these words measures something.
QUANTITIES = {
    "amount", "balance", "rate", "money", "lending", "growth", "points", "percent",
    "age", "duration", "timeout", "wait", "millionths",
}  # fmt: skip
UNITS = (
    "_minor",
    "_mbp",
    "_hi",  # The two limbs of Σ money × rate.
    "_lo",
    "_millionths",
    "_percent",
    "_points",
    "_ratio",
    "_count",
    "_bytes",
    "_s",
    "_ms",
    "_day",
    "_days",
    "_sign",
    "_place",
    "_decimals",
    "_min",  # Of a limit, its unit stands before: events_max.
    "_max",
)

SOURCES = sources(*PACKAGES)


class Number(NamedTuple):
    """A field or an argument that is a number."""

    name: str
    kind: str


def numbers(tree: ast.Module) -> Iterator[Number]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            fields = [field for field in node.body if isinstance(field, ast.AnnAssign)]
            for field in fields:
                yield Number(ast.unparse(field.target), ast.unparse(field.annotation))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
                if argument.annotation is not None:
                    yield Number(argument.arg, ast.unparse(argument.annotation))


def is_without_unit(number: Number) -> bool:
    kind = number.kind.removesuffix(" | None")
    if kind in UNIT_OF_TYPE:
        return not number.name.endswith(UNIT_OF_TYPE[kind])
    words = set(number.name.lower().split("_"))
    return kind in NUMBERS and bool(words & QUANTITIES) and not number.name.endswith(UNITS)


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_a_quantity_ends_in_its_unit(path: Path) -> None:
    assert sorted({n.name for n in numbers(tree_of(path)) if is_without_unit(n)}) == []


@pytest.mark.parametrize(
    ("name", "kind", "is_wrong"),
    [
        ("amount", "int", True),
        ("amount_minor", "int", False),
        ("balance_cny", "BalanceMinor | None", True),
        ("growth", "Float64Array", True),
        ("growth_ratio", "Float64Array", False),
        ("rate_mbp", "RateMbp", False),
        ("rate_minor", "RateMbp", True),
        ("partition", "int", False),
    ],
)
def test_the_rule_finds_what_it_should(name: str, kind: str, is_wrong: bool) -> None:
    assert is_without_unit(Number(name, kind)) is is_wrong
