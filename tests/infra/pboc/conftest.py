"""What tests of the central bank's files share."""

from pathlib import Path

import pytest


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A folder to unpack archives into, with nothing else in it."""
    folder = tmp_path / "unpacked"
    folder.mkdir()
    return folder
