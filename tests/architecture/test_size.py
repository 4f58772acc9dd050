"""A module fits a reader's head, a function fits a screen."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source_files import PACKAGES, ROOT, sources, tree_of

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60

SOURCES = sources(*PACKAGES, "tests")


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_a_module_has_at_most_400_lines(path: Path) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= MODULE_LINES_MAX


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_a_function_has_at_most_60_lines(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = {f.name: (f.end_lineno or f.lineno) - f.lineno + 1 for f in functions}

    assert {name: n for name, n in lengths.items() if n > FUNCTION_LINES_MAX} == {}
