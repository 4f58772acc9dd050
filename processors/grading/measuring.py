"""From results to the table that is graded, and one hash of it.

Source: docs/method.md#grading
"""

import hashlib
from collections.abc import Mapping

from processors import measures
from processors.aggregates import open_banks
from processors.grading.table import Cell, GradedBank, Table
from processors.measure import Facts, Measure, PublishedBalances
from processors.unit import UNITS, Unit
from schemas.catalog import entries
from schemas.codes import Status
from schemas.methodology import GIVEN, MANUAL, Column, Methodology
from schemas.quarter import QUARTERS_A_YEAR, Quarter
from schemas.results import Results
from schemas.words import Words

MEASURES: dict[str, Measure] = {measure.name: measure for measure in entries(measures, "MEASURE")}

# Cells that no event gives, by column and bank_id: entered by hand, or supposed.
Given = Mapping[tuple[str, str], Cell]


def measure_table(
    results: Results,
    methodology: Methodology,
    quarter: Quarter,
    *,
    given: Given | None = None,
    published: PublishedBalances | None = None,
) -> Table:
    """Return a row for every registered bank that was open in ``quarter``.

    A cell in ``given`` stands in place of what would be measured; the value of a year before stays
    as it was measured unless it says another.
    """
    place = results.quarter_place(quarter)
    assert place >= 0
    is_open = open_banks(results, quarter)
    rows = [n for n, bank in enumerate(results.banks) if bank.is_registered and is_open[n]]
    banks = tuple(
        GradedBank(bank.bank_id, bank.name_zh, bank.name_en, bank.peer_group)
        for bank in (results.banks[n] for n in rows)
    )
    facts = Facts(results, place, published=published or {})
    cells = {}
    for column in methodology.columns:
        measured = _column(facts, column)
        cells[column.name] = tuple(
            _given_or(measured[n], (given or {}).get((column.name, bank.bank_id)))
            for n, bank in zip(rows, banks, strict=True)
        )
    return Table(str(quarter), banks, cells)


def label_of(column: Column) -> Words:
    """Return what a column is called: as the file says, else after what it measures."""
    zh, en = column.label_zh, column.label_en
    measure = MEASURES.get(column.measure)
    if measure is not None and column.population is not None and not (zh and en):
        words = measure.words(column.population, column.basis)
        return Words(zh or words.zh, en or words.en)
    return Words(zh or column.name, en or column.name)


def unit_of(column: Column) -> Unit:
    """Return the unit a column is held and printed in."""
    if column.unit:
        return UNITS[column.unit]
    measure = MEASURES.get(column.measure)
    return UNITS[measure.unit if measure else "points"]


def table_digest(table: Table) -> str:
    """Return the SHA-256 of a table, whatever the order of its banks and columns."""
    lines = [table.quarter]
    for n, bank in sorted(enumerate(table.banks), key=lambda entry: entry[1].bank_id):
        lines.append("\t".join(bank))
        for name in sorted(table.cells):
            cell = table.cells[name][n]
            before = "" if cell.before is None else str(cell.before)
            inputs = ",".join(f"{key}={value}" for key, value in cell.inputs)
            parts = (name, str(cell.value), str(int(cell.status)), cell.source, before)
            lines.append("\t".join((*parts, cell.choice, inputs)))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _given_or(measured: Cell, given: Cell | None) -> Cell:
    if given is None:
        return measured
    return given if given.before is not None else given._replace(before=measured.before)


def _column(facts: Facts, column: Column) -> list[Cell]:
    if column.measure in {GIVEN, MANUAL}:
        return facts.nothing()
    measure = MEASURES[column.measure]
    assert column.population is not None
    at = facts._replace(vintage=column.vintage).ago(column.quarters_ago)
    now = measure.compute(at, column.population, column.basis)
    then = measure.compute(at.ago(QUARTERS_A_YEAR), column.population, column.basis)
    return [_with_before(cell, before) for cell, before in zip(now, then, strict=True)]


def _with_before(cell: Cell, before: Cell) -> Cell:
    """Return ``cell`` with the value of a year before, where both are of one source."""
    both = cell.status == Status.OK == before.status and cell.source == before.source
    return cell._replace(before=before.value) if both else cell
