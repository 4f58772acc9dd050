"""The cells of a quarter that no event gives: entered by hand and confirmed, or decided on.

A grade is never set by hand. A conferred change is a value in a column; or it holds a grade down,
as a cap of the methodology that is graded by, so that the run shows it with its clause.
"""

from fractions import Fraction

import msgspec

from processors.grading.measuring import Given
from processors.grading.table import Cell
from processors.manual_value import CONFERRED_SOURCE, cell_of
from schemas.codes import Status
from schemas.methodology import MANUAL, Cap, Column, Methodology
from schemas.quarter import Quarter
from schemas.quarter_life import Change, QuarterLife
from streams.ports import Store
from streams.quarter_life import read_life

DECIDED_PREFIX = "decided_in_act_"


def given_cells(
    store: Store, quarter: Quarter, methodology: Methodology, *, before_ms: int | None = None
) -> Given:
    """Return the confirmed values by hand and the changes in force, by column and bank_id.

    With ``before_ms``, those that were at that moment.
    """
    return cells_of(read_life(store, quarter, before_ms=before_ms), methodology)


def cells_of(life: QuarterLife, methodology: Methodology) -> Given:
    """Return what persons gave in ``life``; columns that ``methodology`` lacks are left out.

    A change wins over a value that was entered: it was decided on later, and by more people.
    """
    columns = {column.name: column for column in methodology.columns}
    found: dict[tuple[str, str], Cell] = {}
    for entry in life.manual:
        column = columns.get(entry.column)
        counts = entry.confirmed_by and not entry.is_replaced
        if counts and column is not None and column.measure == MANUAL:
            found[entry.column, entry.bank_id] = cell_of(column, entry.value)
    for change in life.changes:
        if change.grade_at_most:
            cell = Cell(Fraction(1), Status.OK, CONFERRED_SOURCE)
            found[_cap_column(change), change.bank_id] = cell
        elif change.column in columns:
            cell = cell_of(columns[change.column], change.value, CONFERRED_SOURCE)
            found[change.column, change.bank_id] = cell
    return found


def with_decisions(methodology: Methodology, life: QuarterLife) -> Methodology:
    """Return ``methodology`` with a cap for every decision of ``life`` that holds a grade down.

    Without one it is the same methodology, with the same hash.
    """
    decisions = [change for change in life.changes if change.grade_at_most]
    levels = {level.name: level for level in methodology.grading.levels}
    facts, caps = list(methodology.facts), list(methodology.caps)
    for change in decisions:
        level = levels[change.grade_at_most]
        zh = f"会商决定（{change.minutes}）：不高于“{level.zh}”"
        en = f"Decided when conferring ({change.minutes}): at most {level.en}"
        name = _cap_column(change)
        facts.append(
            Column(
                name=name,
                label_zh=zh,
                label_en=en,
                measure=MANUAL,
                kind="yes_no",
                clause=change.clause,
            )
        )
        caps.append(
            Cap(clause=change.clause, zh=zh, en=en, when=name, grade_at_most=change.grade_at_most)
        )
    if not decisions:
        return methodology
    return msgspec.structs.replace(methodology, facts=facts, caps=caps)


def without_decisions(methodology: Methodology) -> Methodology:
    """Return the methodology that ``with_decisions`` was given."""
    facts = [fact for fact in methodology.facts if not fact.name.startswith(DECIDED_PREFIX)]
    caps = [cap for cap in methodology.caps if not cap.when.startswith(DECIDED_PREFIX)]
    return msgspec.structs.replace(methodology, facts=facts, caps=caps)


def _cap_column(change: Change) -> str:
    return f"{DECIDED_PREFIX}{change.number}"
