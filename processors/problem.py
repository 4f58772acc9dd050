"""One thing that is wrong with a methodology."""

from typing import Any, NamedTuple


class Problem(NamedTuple):
    """What is wrong with a methodology."""

    where: str
    found: Any
    expected: str
