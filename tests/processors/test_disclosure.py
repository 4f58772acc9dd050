"""No hidden cell can be computed from the printed ones: an attacker that tries everything fails."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.disclosure import (
    Margins,
    computed_range,
    hidden_cells,
    is_sensitive,
    spread,
)
from schemas.units import BoolArray, Int64Array


def with_totals(inner: Int64Array) -> Int64Array:
    with_column = np.hstack([inner, inner.sum(axis=1, keepdims=True)])
    return np.vstack([with_column, with_column.sum(axis=0, keepdims=True)])


def counted(inner: list[list[int]]) -> Margins:
    amount = with_totals(np.array(inner, np.int64))
    nothing = np.zeros(amount.shape, np.bool_)
    small = (amount > 0) & (amount < 3)
    return Margins(amount, small, np.ones_like(amount), nothing, nothing)


def solutions(margins: Margins, hidden: BoolArray, most: int) -> Int64Array:
    """Return every table of whole numbers up to ``most`` that looks the same in print."""
    rows, columns = (length - 1 for length in margins.figures.shape)
    inner = np.indices((most + 1,) * (rows * columns)).reshape(rows, columns, -1)
    tables = np.concatenate([inner, inner.sum(axis=1, keepdims=True)], axis=1)
    tables = np.concatenate([tables, tables.sum(axis=0, keepdims=True)], axis=0)
    is_alike = (tables == margins.figures[:, :, None])[~hidden].all(axis=0)
    return np.moveaxis(tables[:, :, is_alike], -1, 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=2), min_size=2, max_size=3))
def test_an_attacker_that_tries_every_table_determines_no_hidden_cell(
    inner: list[list[int]],
) -> None:
    margins = counted(inner)
    hidden = hidden_cells(margins)

    tables = solutions(margins, hidden, most=6)

    assert (margins.is_sensitive <= hidden).all()
    # One table was not enough for the attacker: in every hidden cell at least two are possible.
    assert (tables.min(axis=0) < tables.max(axis=0))[hidden].all()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 7).flatmap(
        lambda columns: st.lists(
            st.lists(st.integers(0, 10**14), min_size=columns, max_size=columns),
            min_size=2,
            max_size=8,
        )
    ),
    st.integers(0, 2**32 - 1),
)
def test_hidden_amounts_keep_their_protection_against_a_solver_of_equations(
    inner: list[list[int]], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    amount = with_totals(np.array(inner, np.int64))
    sensitive = (generator.random(amount.shape) < 0.2) & (amount > 0)
    nothing = np.zeros(amount.shape, np.bool_)
    margins = Margins(amount, sensitive, amount * 15 // 100 + 1, nothing, nothing)

    hidden = hidden_cells(margins)

    assert (sensitive <= hidden).all()
    determined = determined_by_equations(hidden)
    assert not (determined & hidden).any()
    if not hidden.all():
        for cell in zip(*np.nonzero(sensitive), strict=True):
            found = computed_range(margins, hidden, cell)
            assert found.least <= amount[cell] <= found.most
            assert found.most - found.least >= margins.protection[cell]


def determined_by_equations(hidden: BoolArray) -> BoolArray:
    """Return the cells that sums of printed ones determine, by the rank of the equations."""
    rows, columns = hidden.shape
    lines = []
    for row in range(rows):
        line = np.zeros(hidden.shape)
        line[row] = 1
        line[row, -1] = -1
        lines.append(line[hidden])
    for column in range(columns):
        line = np.zeros(hidden.shape)
        line[:, column] = 1
        line[-1, column] = -1
        lines.append(line[hidden])
    system = np.array(lines)
    rank = np.linalg.matrix_rank(system) if system.size else 0
    found = np.zeros(hidden.shape, np.bool_)
    for n, cell in enumerate(zip(*np.nonzero(hidden), strict=True)):
        only = np.zeros(int(hidden.sum()))
        only[n] = 1
        found[cell] = np.linalg.matrix_rank(np.vstack([system, only])) == rank
    return found


def test_the_attacker_finds_what_hiding_only_the_small_cell_leaves_open() -> None:
    margins = counted([[5, 1], [6, 7]])

    only_small = margins.is_sensitive
    assert determined_by_equations(only_small)[0, 1]
    assert len(solutions(margins, only_small, most=13)) == 1

    hidden = hidden_cells(margins)
    assert hidden.sum() >= 4
    assert not determined_by_equations(hidden)[0, 1]


def test_a_table_without_small_cells_is_printed_whole() -> None:
    assert not hidden_cells(counted([[5, 3], [6, 7]])).any()


def test_of_two_margins_whose_inside_is_not_printed_one_row_is_not_hidden_alone() -> None:
    amount = with_totals(np.array([[400, 300], [20, 0], [600, 500], [300, 200]], np.int64))
    inside = np.zeros(amount.shape, np.bool_)
    inside[:-1, :-1] = True
    sensitive = np.zeros(amount.shape, np.bool_)
    sensitive[1, -1] = True
    # Everybody knows which banks there are, so also where there is none.
    margins = Margins(amount, sensitive, np.ones_like(amount), inside, amount == 0)

    hidden = hidden_cells(margins)

    assert hidden[:-1, -1].tolist() == [False, True, False, True]
    assert not hidden[-1].any()


def test_a_cell_that_is_in_no_table_does_not_come_out_of_its_margins_either() -> None:
    # All of the first row is in the second column: its total less that one is a single bank.
    amount = with_totals(np.array([[0, 900], [500, 70], [800, 0]], np.int64))
    inside = np.zeros(amount.shape, np.bool_)
    inside[:-1, :-1] = True
    sensitive = np.zeros(amount.shape, np.bool_)
    sensitive[1, 1] = True
    margins = Margins(amount, sensitive, np.ones_like(amount), inside, amount == 0)
    assert computed_range(margins, inside, (1, 1)) == (70, 70)

    hidden = hidden_cells(margins)

    found = computed_range(margins, hidden, (1, 1))
    assert found.least < found.most
    assert not hidden[-1, -1]


def test_where_no_other_cell_can_protect_nothing_is_printed() -> None:
    amount = with_totals(np.array([[5]], np.int64))
    sensitive = np.zeros(amount.shape, np.bool_)
    sensitive[0, 0] = True
    known = np.zeros(amount.shape, np.bool_)
    known[1, 0] = True

    assert hidden_cells(
        Margins(amount, sensitive, np.ones_like(amount), np.zeros_like(known), known)
    ).all()


@pytest.mark.parametrize(
    ("contributions", "expected"),
    [
        ([], False),
        ([10, 10], True),
        ([10, 10, 10], False),
        ([85, 10, 5], False),
        ([86, 9, 5], True),
    ],
)
def test_fewer_than_three_units_or_one_over_85_percent_is_sensitive(
    contributions: list[int], expected: bool
) -> None:
    assert is_sensitive(contributions) is expected


def test_a_spread_is_told_of_five_units_and_no_fewer() -> None:
    values = [Fraction(n) for n in (5, 1, 4, 2)]

    assert spread(values) is None
    assert spread([*values, Fraction(3)]) == (1, 3, 5, 5)
    assert spread([*values, Fraction(3), Fraction(6)]) == (1, Fraction(7, 2), 6, 6)
