"""The table that is graded: banks, columns, and a cell for each.

A cell comes from events, from a file or by hand; the grading does not ask. Everything is exact.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from schemas.codes import Population, Status


class GradedBank(NamedTuple):
    """A bank to be graded."""

    bank_id: str
    name_zh: str
    name_en: str
    peer_group: str


class Cell(NamedTuple):
    """One bank's value in one column; it counts where its status is OK."""

    value: Fraction  # In the column's unit; of yes and no, 1 and 0.
    status: Status
    source: str = ""
    before: Fraction | None = None  # A year before, where the two can be compared.
    choice: str = ""  # Of a column of kind choice, the word.
    inputs: tuple[tuple[str, int], ...] = ()  # What the value was computed from.
    untold: tuple[Population, ...] = ()  # What the bank did not say, where that is why.

    @property
    def is_known(self) -> bool:
        return self.status == Status.OK


MISSING = Cell(Fraction(0), Status.NOT_REPORTED)


class Table(NamedTuple):
    """Banks, and by the name of a column a cell for each of them."""

    quarter: str  # 2021Q4
    banks: tuple[GradedBank, ...]
    cells: Mapping[str, tuple[Cell, ...]]

    def values(self, bank: int) -> dict[str, Fraction | None]:
        """Return what formulas may name: every column's value, None where it is not known."""
        return {
            # A word is no number: what a formula made of it would be made up.
            name: column[bank].value if column[bank].is_known and not column[bank].choice else None
            for name, column in self.cells.items()
        }
