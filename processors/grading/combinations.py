"""Every combination of the words that a methodology knows, once each.

Where nothing was measured yet this tells how a table of ratings spreads over the grades: how
many combinations lead to each, not how likely banks are to have them.
"""

from fractions import Fraction
from itertools import product
from math import prod

from processors.grading.table import Cell, GradedBank, Table
from schemas.codes import Status
from schemas.methodology import Column, Methodology

COMBINATIONS_MAX = 20_000


def every_combination(methodology: Methodology, quarter: str) -> Table | None:
    """Return one bank for each combination; None where a column is a number, or there are too many.

    All are of one peer group; with words only, nobody is compared with anybody.
    """
    columns = methodology.columns
    if any(column.kind == "number" for column in columns):
        return None
    cells = [_cells(column) for column in columns]
    if prod(len(words) for words in cells) > COMBINATIONS_MAX:
        return None
    rows = list(product(*cells))
    banks = tuple(GradedBank(f"{n:05}", "", "", "") for n in range(1, len(rows) + 1))
    return Table(
        quarter,
        banks,
        {column.name: tuple(row[n] for row in rows) for n, column in enumerate(columns)},
    )


def _cells(column: Column) -> list[Cell]:
    if column.kind == "choice":
        return [Cell(Fraction(0), Status.OK, choice=one.name) for one in column.choices]
    return [Cell(Fraction(number), Status.OK) for number in (1, 0)]
