"""Where the method document is: in an installed package, else in the repository's docs/."""

from pathlib import Path

_PACKAGED = Path(__file__).with_name("method.md")  # Put there by setup.py.
_IN_REPOSITORY = Path(__file__).parents[1] / "docs" / "method.md"


def read_method() -> bytes | None:
    """Return the document; None where this installation came without it."""
    for path in (_PACKAGED, _IN_REPOSITORY):
        if path.is_file():
            return path.read_bytes()
    return None
