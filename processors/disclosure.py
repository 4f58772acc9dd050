"""What of a table may be printed for everybody: no small cell, and none that gives one away.

A cell over fewer than three units, or of which one unit holds more than 85 %, is hidden. Because
totals stand beside it, others are hidden too until no hidden cell can be computed from what is
printed, nor narrowed down to less than its protection.

Source: docs/method.md#disclosure
"""

from collections import deque
from collections.abc import Iterable, Sequence
from fractions import Fraction
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from schemas.units import BoolArray, Int64Array

UNITS_MIN = 3
LARGEST_SHARE_PERCENT = 85
PROTECTION_PERCENT = 15  # What is left to doubt of an amount: 100 less the largest share.
SPREAD_UNITS_MIN = 5
_WHOLE_PERCENT = 100
_UNBOUNDED = 1 << 70

_Cell = tuple[int, int]


class Margins(NamedTuple):
    """A table of amounts or counts with its totals in the last row and the last column."""

    figures: Int64Array  # (rows + 1, columns + 1), not negative; rows and columns add up.
    is_sensitive: BoolArray  # Same shape: must not be printed.
    protection: Int64Array  # Same shape: how wide the range that can be computed must be.
    is_unprinted: BoolArray  # Same shape: not in the table, such as the inside of two margins.
    is_known: BoolArray  # Same shape: known to everybody anyway, such as a cell without a unit.


class Spread(NamedTuple):
    """The lowest, middle and highest value of a group."""

    lowest: Fraction
    median: Fraction
    highest: Fraction
    unit_count: int


class Range(NamedTuple):
    """What a reader of the printed cells can compute of one that is not printed."""

    least: int
    most: int


def is_sensitive(contributions: Sequence[int]) -> bool:
    """Return whether a sum over these units must not be printed; of no unit, it may.

    Source: docs/method.md#disclosure
    """
    if not contributions:
        return False
    total = sum(contributions)
    is_dominated = max(contributions) * _WHOLE_PERCENT > total * LARGEST_SHARE_PERCENT
    return len(contributions) < UNITS_MIN or is_dominated


def spread(values: Iterable[Fraction]) -> Spread | None:
    """Return lowest, median and highest, None for fewer than five units.

    Source: docs/method.md#disclosure
    """
    ordered = sorted(values)
    count = len(ordered)
    if count < SPREAD_UNITS_MIN:
        return None
    median = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return Spread(ordered[0], median, ordered[-1], count)


def hidden_cells(margins: Margins) -> BoolArray:
    """Return which cells are not printed: the sensitive ones and those that protect them.

    Every hidden cell keeps a range of at least 1, a sensitive one of its protection; where that
    cannot be reached, nothing is printed.

    Source: docs/method.md#disclosure
    """
    _check(margins)
    hidden: BoolArray = margins.is_sensitive | margins.is_unprinted
    if not margins.is_sensitive.any():
        return hidden
    while True:
        least = _least_protected(margins, hidden)
        if least is None:
            return hidden
        cells = _cheapest(margins, hidden, least)
        if not cells:
            return np.ones_like(hidden)
        for cell in cells:
            hidden[cell] = True


def computed_range(margins: Margins, hidden: BoolArray, cell: tuple[int, int]) -> Range:
    """Return what can be computed of ``cell`` from the cells that are not hidden.

    It takes amounts as not negative and rows and columns as adding up.
    """
    is_open = hidden & ~margins.is_known
    up = _most_flow(margins, is_open, cell, is_up=True)
    down = _most_flow(margins, is_open, cell, is_up=False)
    amount = int(margins.figures[cell])
    if _is_margin(margins, cell):  # Held with the other sign.
        up, down = down, up
    return Range(amount - down, amount + up)


def _check(margins: Margins) -> None:
    figures = margins.figures
    assert figures.ndim == 2
    assert (figures >= 0).all()
    assert (figures[:-1].sum(axis=0) == figures[-1]).all()
    assert (figures[:, :-1].sum(axis=1) == figures[:, -1]).all()


def _is_margin(margins: Margins, cell: _Cell) -> bool:
    rows, columns = map(int, margins.figures.shape)
    is_total = (cell[0] == rows - 1, cell[1] == columns - 1)
    return is_total[0] != is_total[1]


def _room(margins: Margins, cell: _Cell, *, is_up: bool) -> int:
    """Return how far a cell can move where totals count negative, so that all lines sum to 0."""
    is_bounded = is_up == _is_margin(margins, cell)
    return int(margins.figures[cell]) if is_bounded else _UNBOUNDED


def _least_protected(margins: Margins, hidden: BoolArray) -> _Cell | None:
    # A cell that is in no table must not come out of the ones that are, either.
    is_guarded = hidden & ~margins.is_known & (~margins.is_unprinted | margins.is_sensitive)
    lacking: list[tuple[int, _Cell]] = []
    for row, column in zip(*np.nonzero(is_guarded), strict=True):
        cell = (int(row), int(column))
        found = computed_range(margins, hidden, cell)
        needed = max(1, int(margins.protection[cell])) if margins.is_sensitive[cell] else 1
        if found.most - found.least < needed:
            lacking.append((needed, cell))
    return max(lacking)[1] if lacking else None


def _cheapest(margins: Margins, hidden: BoolArray, cell: _Cell) -> list[_Cell]:
    """Return the printed cells of the cheapest cycle through ``cell`` that moves far enough."""
    needed = max(1, int(margins.protection[cell]))
    for step in dict.fromkeys((needed, 1)):
        found = [
            path
            for is_up in (True, False)
            if _room(margins, cell, is_up=is_up) >= step
            and (path := _shortest(margins, hidden, cell, step, is_up=is_up)) is not None
        ]
        fresh = [(cost, cells) for cost, cells in found if cells]
        if fresh:
            return min(fresh)[1]
    return []


def _ends(margins: Margins, cell: _Cell, *, is_up: bool) -> tuple[int, int]:
    """Return where the rest of a cycle begins and ends; columns are numbered after the rows."""
    row, column = cell[0], margins.figures.shape[0] + cell[1]
    return (column, row) if is_up else (row, column)


def _neighbours(margins: Margins, node: int) -> list[tuple[int, _Cell, bool]]:
    """Return next node, cell passed, and whether the cell goes up; from a row it does."""
    rows, columns = margins.figures.shape
    if node < rows:
        return [(rows + column, (node, column), True) for column in range(columns)]
    return [(row, (row, node - rows), False) for row in range(rows)]


def _shortest(
    margins: Margins, hidden: BoolArray, cell: _Cell, step: int, *, is_up: bool
) -> tuple[int, list[_Cell]] | None:
    start, goal = _ends(margins, cell, is_up=is_up)
    best = {start: 0}
    came: dict[int, tuple[int, _Cell]] = {}
    queue = [(0, start)]
    while queue and queue[0][1] != goal:
        cost, node = heappop(queue)
        if cost > best[node]:
            continue
        for following, passed, goes_up in _neighbours(margins, node):
            is_open = passed != cell and not margins.is_known[passed]
            if not is_open or _room(margins, passed, is_up=goes_up) < step:
                continue
            # Of two ways the one that takes fewer and smaller figures from the reader.
            price = 0 if hidden[passed] else 1 + int(margins.figures[passed])
            if cost + price < best.get(following, _UNBOUNDED * _UNBOUNDED):
                best[following] = cost + price
                came[following] = (node, passed)
                heappush(queue, (cost + price, following))
    if goal not in best:
        return None
    return best[goal], _printed_on_the_way(came, hidden, start, goal)


def _printed_on_the_way(
    came: dict[int, tuple[int, _Cell]], hidden: BoolArray, start: int, goal: int
) -> list[_Cell]:
    cells, node = [], goal
    while node != start:
        node, passed = came[node]
        if not hidden[passed]:
            cells.append(passed)
    return sorted(cells)


def _most_flow(margins: Margins, is_open: BoolArray, cell: _Cell, *, is_up: bool) -> int:
    """Return how far a cell can go up or down while all printed cells stay as they are."""
    bound = _room(margins, cell, is_up=is_up)
    if not is_open[cell]:
        return 0
    start, goal = _ends(margins, cell, is_up=is_up)
    left: dict[tuple[int, int], int] = {}
    for node in range(sum(margins.figures.shape)):
        for following, passed, goes_up in _neighbours(margins, node):
            if passed != cell and is_open[passed]:
                left[node, following] = _room(margins, passed, is_up=goes_up)
    moved = 0
    while moved < bound:
        path = _augmenting(left, start, goal)
        if not path:
            break
        step = min(bound - moved, *(left[arc] for arc in path))
        for node, following in path:
            left[node, following] -= step
            left[following, node] = left.get((following, node), 0) + step
        moved += step
    return moved


def _augmenting(left: dict[tuple[int, int], int], start: int, goal: int) -> list[tuple[int, int]]:
    came = {start: start}
    queue = deque([start])
    onward: dict[int, list[int]] = {}
    for (node, following), room in left.items():
        if room > 0:
            onward.setdefault(node, []).append(following)
    while queue and goal not in came:
        node = queue.popleft()
        for following in onward.get(node, ()):
            if following not in came:
                came[following] = node
                queue.append(following)
    if goal not in came:
        return []
    path, node = [], goal
    while node != start:
        path.append((came[node], node))
        node = came[node]
    return path


def hidden_alike(tables: Sequence[Margins]) -> BoolArray:
    """Return the cells hidden in all of ``tables``, which stand over the same rows and columns.

    A figure computed from several tables, such as growth, is printed only where none hides a cell.

    Source: docs/method.md#disclosure
    """
    hidden: BoolArray = np.logical_or.reduce([table.is_sensitive for table in tables])
    while True:
        wider = hidden.copy()
        for table in tables:
            wider |= hidden_cells(table._replace(is_sensitive=wider)) & ~table.is_unprinted
        if (wider == hidden).all():
            return hidden
        hidden = wider
