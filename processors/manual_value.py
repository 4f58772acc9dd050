"""A value as a person writes it, as the cell of a column: exact, or refused.

Source: docs/method.md#quarter-life
"""

import re
from fractions import Fraction

from processors.grading.measuring import label_of, unit_of
from processors.grading.table import Cell
from schemas.codes import Status
from schemas.methodology import Column

MANUAL_SOURCE, CONFERRED_SOURCE = "manual", "conferred"
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,10})?")
_YES = {"yes": 1, "no": 0, "是": 1, "否": 0}


def cell_of(column: Column, value: str, source: str = MANUAL_SOURCE) -> Cell:
    """Return ``value``, written in the unit the column is printed in, as a cell.

    Raises ValueError where the column cannot hold it: 12.3 for a number, yes or no (是 or 否), or
    the name of a choice.

    Source: docs/method.md#quarter-life
    """
    where = f"column {column.name} ({label_of(column).zh}): value was {value!r}"
    if column.kind == "yes_no":
        if value not in _YES:
            raise ValueError(f"{where}, expected yes or no (是 or 否)")
        return Cell(Fraction(_YES[value]), Status.OK, source)
    if column.kind == "choice":
        names = [choice.name for choice in column.choices]
        if value not in names:
            raise ValueError(f"{where}, expected one of {', '.join(names)}")
        return Cell(Fraction(0), Status.OK, source, choice=value)
    if not _NUMBER.fullmatch(value):
        unit = unit_of(column).words
        raise ValueError(f"{where}, expected a number such as 12.3, in {unit.zh or unit.en}")
    return Cell(Fraction(value) / unit_of(column).factor, Status.OK, source)
