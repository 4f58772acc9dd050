"""A table of points: rows by this value, columns by another column's."""

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from processors.grading.normaliser import NormaliserKind, Scope
from schemas.methodology import Indicator
from schemas.normalisers import Matrix


def matrix(normaliser: Matrix, scope: Scope) -> list[Fraction | None]:
    """Return the points where the row of the value meets the column of the other value.

    A value stands in row number of edges ≤ value, so an edge belongs to what comes after it.
    Unknown where the other column's value is not known.
    """
    found: list[Fraction | None] = []
    for member in scope.members:
        other = member.values[normaliser.column]
        if other is None:
            found.append(None)
            continue
        row = _place(normaliser.row_edges, member.value)
        found.append(Fraction(normaliser.points[row][_place(normaliser.column_edges, other)]))
    return found


def _place(edges: Sequence[Decimal], value: Fraction) -> int:
    return bisect_right([Fraction(edge) for edge in edges], value)


def check(normaliser: Matrix, indicator: Indicator) -> str:
    """Return what is wrong with the table, "" for nothing."""
    for name, edges in (("row", normaliser.row_edges), ("column", normaliser.column_edges)):
        if any(left >= right for left, right in pairwise(edges)):
            return f"{name}_edges {[str(edge) for edge in edges]}, expected rising values"
    rows, columns = len(normaliser.row_edges) + 1, len(normaliser.column_edges) + 1
    widths = [len(row) for row in normaliser.points]
    if widths != [columns] * rows:
        return f"points with rows of {widths}, expected {rows} rows of {columns}"
    outside = [
        str(given)
        for row in normaliser.points
        for given in row
        if not indicator.points_min <= given <= indicator.points_max
    ]
    if outside:
        return (
            f"points {', '.join(outside)}, expected "
            f"{indicator.points_min} to {indicator.points_max}"
        )
    return ""


NORMALISER = NormaliserKind(Matrix, matrix, needs_peers=False, check=check)
