"""What is imported is this project, not something of the same name that is installed."""

import importlib
import tomllib
from pathlib import Path

import pytest

from tests.architecture.source_files import PACKAGES, ROOT


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_loaded_from_this_project(package: str) -> None:
    module = importlib.import_module(package)

    assert Path(str(module.__file__)).parent == ROOT / package


def test_the_wheel_lists_exactly_these_packages() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = settings["tool"]["setuptools"]["packages"]["find"]["include"]

    assert {name.rstrip("*") for name in listed} == set(PACKAGES)


def test_every_dependency_is_locked_by_hash() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = settings["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    lock = (ROOT / "requirements.lock").read_text()

    assert [name for name in wanted if f"\n{name}==" not in lock] == []
    assert lock.count("--hash=sha256:") >= lock.count("==")
    assert "://" not in lock  # No address of a registry: any mirror will do.
