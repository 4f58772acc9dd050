"""Makes the nodes of an explanation: with their value, and their formula in words and figures."""

from collections.abc import Sequence
from fractions import Fraction

from processors.exact import fraction_text
from processors.grading.formula import read_formula
from processors.grading.formula_text import IN_WORDS, written
from processors.grading.recomputing import number_of, rounded
from processors.unit import UNITS
from schemas.explanation import Node, Operation
from schemas.words import Words

DECIMALS_MAX = 6  # Of a pure number that is printed.


def printed(value: Fraction | None, unit: str) -> str:
    """Return a number as people read it: in its unit, else with as few decimals as it needs."""
    if value is None:
        return ""
    if unit in UNITS:
        return UNITS[unit].text(value)
    text = fraction_text(value, DECIMALS_MAX)
    return text.rstrip("0").rstrip(".")


def given(
    key: str, words: Words, value: Fraction | None, *, unit: str = "", mark: str = ""
) -> Node:
    """Return a figure that nothing is computed for."""
    return Node(
        key=key,
        zh=words.zh,
        en=words.en,
        value="" if value is None else str(value),
        printed=printed(value, unit),
        unit=unit,
        mark=mark,
    )


def word(key: str, words: Words, value: str, shown: Words, *, mark: str = "") -> Node:
    """Return a node that holds a word, such as a grade."""
    return Node(
        key=key,
        zh=words.zh,
        en=words.en,
        value=value,
        printed=f"{shown.zh} / {shown.en}",
        mark=mark,
    )


def same(key: str, node: Node) -> Node:
    """Return a node that stands for ``node``, which has a mark."""
    assert node.mark
    return Node(
        key=key,
        zh=node.zh,
        en=node.en,
        value=node.value,
        printed=node.printed,
        unit=node.unit,
        operation="same",
        among=node.mark,
    )


def computed(
    key: str,
    words: Words,
    formula: str,
    children: Sequence[Node],
    *,
    unit: str = "",
    decimals: int | None = None,
    mark: str = "",
    printed_unit: str = "",
) -> Node:
    """Return the node that ``formula`` over the keys of ``children`` gives.

    ``printed_unit`` is for points whose total needs more decimals than the unit has.
    """
    values = {}
    for child in children:
        try:
            values[child.key] = number_of(child)
        except ValueError:
            continue  # A word: no formula names it.
    found = read_formula(formula).number(values)
    if found is not None and decimals is not None:
        found = rounded(found, decimals)
    return Node(
        key=key,
        zh=words.zh,
        en=words.en,
        value="" if found is None else str(found),
        printed=printed(found, printed_unit or unit),
        unit=unit,
        operation="formula",
        formula=formula,
        formula_zh=written(formula, {child.key: child.zh for child in children}, IN_WORDS),
        formula_en=written(formula, {child.key: child.en for child in children}, IN_WORDS),
        numbers=written(formula, {child.key: _figure(child) for child in children}, IN_WORDS),
        decimals=decimals,
        mark=mark,
        children=list(children),
    )


def among_peers(
    key: str,
    words: Words,
    value: Fraction,
    operation: Operation,
    *,
    among: str,
    own: Node | None = None,
) -> Node:
    """Return a count, the least or the most of the peers' values called ``among``."""
    return Node(
        key=key,
        zh=words.zh,
        en=words.en,
        value=str(value),
        printed=printed(value, ""),
        operation=operation,
        among=among,
        children=[] if own is None else [same("own", own)],
    )


def _figure(child: Node) -> str:
    if not child.printed:
        return "?"
    return f"({child.printed})" if child.printed.startswith("-") else child.printed
