"""What is installed from a wheel holds what a page shows, from the one source in docs/."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import setuptools

ROOT = Path(__file__).parents[2]
PARTS = ("schemas", "processors", "alerts", "streams", "infra", "docs")
SETUPTOOLS_MIN = 77
FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the sources, so that the repository stays clean."""
    if int(setuptools.__version__.partition(".")[0]) < SETUPTOOLS_MIN:
        pytest.skip(f"pyproject.toml asks for setuptools {SETUPTOOLS_MIN}; make setup installs it")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for part in PARTS:
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source / name)
    build = "from setuptools import build_meta; build_meta.build_wheel('..')"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_a_wheel_holds_the_method_document_as_it_is_in_docs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as files:
        packaged = files.read("infra/method.md")

    assert packaged == (ROOT / "docs" / "method.md").read_bytes()


def test_an_installed_program_reads_it_without_the_repository(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as files:
        files.extractall(tmp_path)
    read = "from infra import method_document as m; print(m.__file__); print(m.read_method())"

    done = subprocess.run(
        [sys.executable, "-c", read], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    place, text = done.stdout.splitlines()
    assert Path(place).is_relative_to(tmp_path)
    assert "How every figure is computed" in text


def test_the_repository_keeps_the_document_once() -> None:
    assert (ROOT / "docs" / "method.md").is_file()
    assert not (ROOT / "infra" / "method.md").exists()
