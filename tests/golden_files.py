"""Approved files: what a test prints is compared with a file that somebody has checked.

``GOLDEN_UPDATE=1 pytest tests/golden`` writes them anew; the diff is then the review.
"""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name: str, text: str) -> None:
    path = FOLDER / name
    if os.environ.get("GOLDEN_UPDATE"):
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing: run GOLDEN_UPDATE=1 pytest {FOLDER} and check it"
    assert text == path.read_text(encoding="utf-8")
