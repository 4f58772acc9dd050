"""A methodology or a table with one thing in another's place, for trials that are never official.

Source: docs/method.md#uncertainty
"""

from collections.abc import Callable
from typing import Any, TypeVar

from processors.grading.table import Cell, Table
from schemas.methodology import Indicator, Methodology
from schemas.normalisers import Normaliser
from schemas.strict import Part

Shape = TypeVar("Shape", bound=Part)


def with_normalisers(
    methodology: Methodology, choose: Callable[[Indicator], Normaliser]
) -> Methodology:
    """Return ``methodology`` with the normaliser that ``choose`` gives for each indicator."""
    return with_indicators(methodology, lambda entry: _replaced(entry, normaliser=choose(entry)))


def with_indicators(
    methodology: Methodology, choose: Callable[[Indicator], Indicator], **fields: Any
) -> Methodology:
    """Return ``methodology`` with each indicator as ``choose`` makes it, and other ``fields``."""
    indicators = [choose(entry) for entry in methodology.indicators]
    return _replaced(methodology, indicators=indicators, **fields)


def screened(indicator: Indicator) -> Indicator:
    """Return an indicator whose missing value is left out, the other weights scaled up."""
    return _replaced(indicator, missing="screen")


def with_cell(table: Table, column: str, bank: int, cell: Cell) -> Table:
    """Return ``table`` with one cell in place of another."""
    cells = list(table.cells[column])
    cells[bank] = cell
    return table._replace(cells={**table.cells, column: tuple(cells)})


def with_column(table: Table, column: str, cell: Cell) -> Table:
    """Return ``table`` with one cell for all banks in a column."""
    return table._replace(cells={**table.cells, column: (cell,) * len(table.banks)})


def _replaced(of: Shape, **fields: Any) -> Shape:
    names: tuple[str, ...] = of.__struct_fields__
    return type(of)(**{name: getattr(of, name) for name in names} | fields)
