"""A name says what a thing is; words that fit anything are not used."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source_files import PACKAGES, sources, tree_of

FILE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "core", "misc"}
CLASS_WORDS = ("Manager", "Helper", "Util", "Utils", "Misc")
VARIABLES = {"data", "info", "item", "obj", "val", "df", "mgr", "tmp", "foo"}

# The name of a command-line option that people type, and of a field that a framework gives.
ALLOWED = {("infra/settings.py", "data")}

SOURCES = sources(*PACKAGES)


def assigned(tree: ast.Module) -> set[str]:
    """Return names that code of the module gives to values, options of commands aside."""
    names = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            if not any("option" in ast.unparse(mark) for mark in node.decorator_list):
                names |= {argument.arg for argument in every}
    return names


@pytest.mark.parametrize("path", sources(*PACKAGES, "tests"), ids=str)
def test_no_file_or_folder_is_named_for_everything(path: Path) -> None:
    assert FILE_NAMES.isdisjoint({path.stem, *path.parent.parts})


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_no_class_is_a_manager_or_a_helper(path: Path) -> None:
    classes = [node.name for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef)]

    assert [name for name in classes if name.endswith(CLASS_WORDS)] == []


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_no_value_has_a_name_that_fits_any_value(path: Path) -> None:
    allowed = {name for file, name in ALLOWED if file == str(path)}

    assert assigned(tree_of(path)) & VARIABLES - allowed == set()


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)), f"{path} has no docstring"
