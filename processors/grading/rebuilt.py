"""A run holds its own table: every value exactly, so that it can be graded again from itself.

    grade_table(table_of(run), methodology) == run.banks

Explanations, what-ifs, uncertainty and certificates all start from here.
"""

from fractions import Fraction

from processors.grading.table import Cell, GradedBank, Table
from schemas.codes import Population, Status
from schemas.grading import GradingRun, IndicatorGrade


def table_of(run: GradingRun) -> Table:
    """Return the table that ``run`` graded."""
    banks = tuple(
        GradedBank(bank.bank_id, bank.name_zh, bank.name_en, bank.peer_group) for bank in run.banks
    )
    columns: dict[str, list[Cell]] = {}
    for bank in run.banks:
        for graded in (*bank.facts, *bank.indicators):
            columns.setdefault(graded.name, []).append(_cell(graded))
    cells = {name: tuple(column) for name, column in columns.items()}
    return Table(run.quarter, banks, cells)


def _cell(graded: IndicatorGrade) -> Cell:
    is_choice = graded.unit == "choice"
    exact = graded.value_exact
    return Cell(
        Fraction(exact) if exact and not is_choice else Fraction(0),
        Status[graded.status.upper()],
        graded.source,
        before=Fraction(graded.before_exact) if graded.before_exact else None,
        choice=exact if is_choice else "",
        inputs=tuple(graded.inputs.items()),
        untold=tuple(Population(name) for name in graded.untold),
    )
