"""What tells the data folder of a demo from one with real figures."""

from pathlib import Path

SPEC_FILE = "demo.json"


def is_of_demo(folder: Path | None) -> bool:
    """Return whether the figures in ``folder`` are invented; a server has no demo."""
    return folder is not None and (folder / SPEC_FILE).exists()
