"""Rows of an input pack as text that people can read, and back: totals, rates, cells by hand.

Every number is written exactly, as an integer or as a fraction.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from fractions import Fraction

import msgspec
import numpy as np

from processors.grading.measuring import Given
from processors.grading.table import Cell
from processors.lpr import LprTable
from processors.measure import PublishedBalances
from processors.panel import TotalRows
from schemas.codes import POPULATIONS, Population, Status
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.strict import Part
from schemas.tables import TOTAL_SUMS

_EPOCH = dt.date(1970, 1, 1)
_PLACE = ("bank_id", "population", "quarter", "tag")
_LPR_HEAD = ("published_on", "one_year_mbp", "five_year_mbp")
_PUBLISHED_HEAD = ("bank_id", "population", "quarter", "balance_minor")


class PackRowsError(ValueError):
    """Text that is not what was written here."""


class GivenCell(Part, frozen=True, kw_only=True):
    """A cell that was entered by hand."""

    column: str
    bank_id: str
    value: str
    status: int
    source: str
    before: str
    choice: str
    inputs: dict[str, int]
    untold: list[str]


def totals_csv(rows: TotalRows, bank_ids: Sequence[str]) -> bytes:
    """Return rows of totals summed over partitions, without those of nothing but zeros.

    Args:
        rows: any number for one place.
        bank_ids: sorted; what the places of banks in ``rows`` stand for.

    """
    order = np.lexsort((rows.tag, rows.quarter, rows.population_place, rows.bank_place))
    columns = (rows.bank_place, rows.population_place, rows.quarter, rows.tag)
    keys = np.stack([column[order] for column in columns])
    sums = np.stack([rows.sums[name][order] for name in TOTAL_SUMS], axis=1)
    if keys.shape[1]:
        is_first = np.ones(keys.shape[1], np.bool_)
        is_first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
        firsts = np.flatnonzero(is_first)
        keys, sums = keys[:, firsts], np.add.reduceat(sums, firsts, axis=0)
        # What was reversed in a later batch leaves zeros, in the same batch nothing: one thing.
        says_something = sums.any(axis=1)
        keys, sums = keys[:, says_something], sums[says_something]
    names = {
        quarter: str(Quarter.from_ordinal(quarter + FIRST_ORDINAL))
        for quarter in set(keys[2].tolist())
    }
    lines = (
        [bank_ids[bank], POPULATIONS[population].value, names[quarter], tag, *values]
        for (bank, population, quarter, tag), values in zip(
            keys.T.tolist(), sums.tolist(), strict=True
        )
    )
    return _csv([*_PLACE, *TOTAL_SUMS], lines)


def totals_of_csv(content: bytes) -> tuple[TotalRows, list[str]]:
    """Return what ``totals_csv`` wrote, and the banks that it is about, sorted."""
    lines = _lines(content, [*_PLACE, *TOTAL_SUMS], "totals.csv")
    bank_ids = sorted({line[0] for line in lines})
    banks = {bank_id: n for n, bank_id in enumerate(bank_ids)}
    populations = {member.value: n for n, member in enumerate(POPULATIONS)}
    try:
        quarters = {
            text: Quarter.parse(text).ordinal - FIRST_ORDINAL
            for text in {line[2] for line in lines}
        }
        places = [
            (banks[bank], populations[population], quarters[quarter], int(tag))
            for bank, population, quarter, tag, *_ in lines
        ]
        sums = np.array([[int(text) for text in line[4:]] for line in lines], np.int64)
    except (KeyError, ValueError, OverflowError) as error:
        raise PackRowsError(f"totals.csv: {error} is none that this program knows") from error
    place = np.array(places, np.int64).reshape(-1, len(_PLACE))
    sums = sums.reshape(-1, len(TOTAL_SUMS))
    return (
        TotalRows(
            place[:, 0],
            place[:, 1],
            place[:, 2],
            place[:, 3],
            {name: sums[:, n] for n, name in enumerate(TOTAL_SUMS)},
        ),
        bank_ids,
    )


def lpr_csv(table: LprTable) -> bytes:
    """Return the published rates; the last line only says when the newest ones run out."""
    days = [str(_EPOCH + dt.timedelta(days=int(day))) for day in table.publication_day]
    rates = [*zip(table.one_year_mbp.tolist(), table.five_year_mbp.tolist(), strict=True), ("", "")]
    return _csv(_LPR_HEAD, ([day, *pair] for day, pair in zip(days, rates, strict=True)))


def lpr_of_csv(content: bytes) -> LprTable:
    """Return what ``lpr_csv`` wrote."""
    lines = _lines(content, _LPR_HEAD, "lpr.csv")
    try:
        days = [(dt.date.fromisoformat(line[0]) - _EPOCH).days for line in lines]
        rates = [(int(line[1]), int(line[2])) for line in lines[:-1]]
    except ValueError as error:
        raise PackRowsError(f"lpr.csv: {error}, expected a day and two whole numbers") from error
    pairs = np.array(rates, np.int64).reshape(-1, 2)
    return LprTable(np.array(days, np.int32), pairs[:, 0], pairs[:, 1])


def published_csv(published: PublishedBalances) -> bytes:
    """Return balances that earlier runs published."""
    lines = sorted(
        (bank_id, population.value, quarter, balance_minor)
        for (bank_id, population, quarter), balance_minor in published.items()
    )
    return _csv(_PUBLISHED_HEAD, lines)


def published_of_csv(content: bytes) -> PublishedBalances:
    """Return what ``published_csv`` wrote."""
    lines = _lines(content, _PUBLISHED_HEAD, "published.csv")
    try:
        return {(line[0], Population(line[1]), line[2]): int(line[3]) for line in lines}
    except ValueError as error:
        raise PackRowsError(f"published.csv: {error}") from error


def given_json(given: Given) -> bytes:
    """Return cells that were entered by hand."""
    cells = [
        GivenCell(
            column=column,
            bank_id=bank_id,
            value=str(cell.value),
            status=int(cell.status),
            source=cell.source,
            before="" if cell.before is None else str(cell.before),
            choice=cell.choice,
            inputs=dict(cell.inputs),
            untold=[population.value for population in cell.untold],
        )
        for (column, bank_id), cell in sorted(given.items(), key=lambda entry: entry[0])
    ]
    return msgspec.json.encode(cells) + b"\n"


def given_of_json(content: bytes) -> dict[tuple[str, str], Cell]:
    """Return what ``given_json`` wrote."""
    try:
        return {
            (cell.column, cell.bank_id): Cell(
                Fraction(cell.value),
                Status(cell.status),
                cell.source,
                Fraction(cell.before) if cell.before else None,
                cell.choice,
                tuple(cell.inputs.items()),
                tuple(Population(name) for name in cell.untold),
            )
            for cell in msgspec.json.decode(content, type=list[GivenCell])
        }
    except (msgspec.MsgspecError, ValueError, ZeroDivisionError) as error:
        raise PackRowsError(f"given.json: {error}") from error


def _csv(head: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(lines)
    return held.getvalue().encode()


def _lines(content: bytes, head: Sequence[str], name: str) -> list[list[str]]:
    try:
        lines = list(csv.reader(io.StringIO(content.decode(), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise PackRowsError(f"{name}: {error}") from error
    if not lines or lines[0] != list(head):
        found = lines[0] if lines else "nothing"
        raise PackRowsError(f"{name}: its head was {found}, expected {','.join(head)}")
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(head):
            raise PackRowsError(f"{name} line {number}: {len(line)} fields, expected {len(head)}")
    return lines[1:]
