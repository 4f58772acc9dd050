"""Grades a quarter as its life stands: as of its cut, with what persons gave and decided on."""

from infra.grading import grade_quarter
from infra.store_node import StoreNode
from processors.grading.rebuilt import table_of
from processors.grading.run import grade_table
from processors.grading.table import Table
from processors.manual_value import CONFERRED_SOURCE, cell_of
from processors.moves import Row, moved_banks
from processors.quarter_rules import ActRefusedError
from schemas.grading import GradingRun
from schemas.methodology import Column, Methodology
from schemas.quarter import Quarter
from schemas.quarter_life import QuarterLife, Reply
from streams.grading_run import read_methodology, read_run, run_with_methodology
from streams.manual_cells import cells_of, with_decisions


def methodology_of_life(node: StoreNode, life: QuarterLife) -> Methodology:
    """Return the methodology that the quarter was cut for, as it was then."""
    found = read_methodology(node.store, life.methodology_hash)
    if found is None:
        raise LookupError(
            f"{life.quarter}: methodology {life.methodology} of the cut is not stored; cut again"
        )
    return found


def run_of_life(node: StoreNode, life: QuarterLife, *, as_of: str | None = None) -> GradingRun:
    """Grade the quarter of ``life`` and store the run; the same input gives the run that is there.

    Args:
        node: the open system.
        life: gives the methodology, the cut, the values by hand and the changes in force.
        as_of: another cut; empty: all that is known now.

    """
    methodology = with_decisions(methodology_of_life(node, life), life)
    return grade_quarter(
        node,
        Quarter.parse(life.quarter),
        methodology,
        as_of=life.as_of if as_of is None else as_of,
        given=cells_of(life, methodology),
    )


def check_still_given(node: StoreNode, life: QuarterLife, act: str) -> GradingRun:
    """Return the run of ``life``; raise ActRefusedError where the stored data give another."""
    run = run_of_life(node, life)
    if run.run_id != life.run_id:
        raise ActRefusedError(
            f"{act}: run {life.run_id[:12]} is not what the stored data give as of {life.as_of}: "
            f"they give {run.run_id[:12]}. Nothing was written; find out what changed, then make "
            "the trial again (reopen where the quarter is past it)"
        )
    return run


def trial_of_appeal(node: StoreNode, life: QuarterLife, appeal: Reply) -> list[Row]:
    """Return who would move if the value that ``appeal`` claims were right; stores nothing."""
    run_id = life.run_id or (life.published[-1].run_id if life.published else "")
    run, methodology = run_with_methodology(node.store, run_id)
    column = column_of(methodology, appeal.body["column"])
    table = with_cell(table_of(run), column, appeal.bank_id, appeal.body["value"])
    return moved_banks(run.banks, grade_table(table, methodology))


def with_cell(table: Table, column: Column, bank_id: str, value: str) -> Table:
    """Return ``table`` with another value in one cell; raise ValueError where it is not there."""
    places = [n for n, bank in enumerate(table.banks) if bank.bank_id == bank_id]
    if not places:
        raise ValueError(f"bank {bank_id}: the run has no such bank, so no value of it can change")
    cells, place = list(table.cells[column.name]), places[0]
    # What was a year before stays: only the one value is claimed to be another.
    cells[place] = cell_of(column, value, CONFERRED_SOURCE)._replace(before=cells[place].before)
    return table._replace(cells=dict(table.cells) | {column.name: tuple(cells)})


def column_of(methodology: Methodology, name: str) -> Column:
    """Return a column of ``methodology``; raise ValueError naming those that are there."""
    for column in methodology.columns:
        if column.name == name:
            return column
    known = ", ".join(column.name for column in methodology.columns)
    raise ValueError(f"column {name!r}: {methodology.name} has none, expected one of {known}")


def run_named(node: StoreNode, run_id: str) -> GradingRun:
    """Return a stored run; raise LookupError where there is none."""
    run = read_run(node.store, run_id) if run_id else None
    if run is None:
        raise LookupError(f"run {run_id[:12]!r}: it is not stored; make the trial first")
    return run
