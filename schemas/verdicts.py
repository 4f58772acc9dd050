"""Collects what is wrong with the rows of a batch: at most one refusal a row, the first found."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from schemas.units import AnyArray, BoolArray

FOUND_MAX = 80  # Characters of a refused value that are shown.


def shortened(value: object) -> str:
    """Return ``value`` as text short enough for a message."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= FOUND_MAX else text[: FOUND_MAX - 1] + "…"


class Problem(NamedTuple):
    """What is wrong, before it has a place."""

    code: str
    field: str
    found: str
    expected: str
    event_id: str = ""


class Note(NamedTuple):
    """What is wrong with one row."""

    row: int
    code: str
    field: str
    found: str
    expected: str
    blotted: str = ""  # A text that must not be kept in clear: see schemas.identifiers.


class Verdicts:
    """The refusals and warnings about ``size`` rows."""

    def __init__(self, size: int) -> None:
        self.refused: BoolArray = np.zeros(size, np.bool_)
        self.refusals: list[Note] = []
        self.warnings: list[Note] = []

    def refuse(
        self,
        bad: BoolArray,
        code: str,
        field: str,
        found: Callable[[int], object],
        expected: str | Callable[[int], str],
    ) -> None:
        """Refuse the rows where ``bad`` that are not refused already."""
        if not bad.any():
            return
        for row in np.flatnonzero(bad & ~self.refused).tolist():
            self.refuse_row(
                Note(
                    row,
                    code,
                    field,
                    shortened(found(row)),
                    expected if isinstance(expected, str) else expected(row),
                )
            )

    def refuse_row(self, note: Note) -> None:
        if not self.refused[note.row]:
            self.refused[note.row] = True
            self.refusals.append(note)

    def warn(self, rows: AnyArray, note: Callable[[int], Note]) -> None:
        """Add a warning about each of ``rows``; they stay."""
        self.warnings.extend(note(row) for row in rows.tolist())
