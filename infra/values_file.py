"""Reads a table of indicator values that somebody wrote down, with no events behind it.

One row a bank: bank_id, peer_group, a column for each indicator and fact of the methodology under
its name; NAME.before holds the value of a year before; name_zh and name_en are optional. Numbers
are decimals in the unit the column is printed in. An empty cell is a value that is missing.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from processors.grading.measuring import unit_of
from processors.grading.table import MISSING, Cell, GradedBank, Table
from schemas.codes import PeerGroup, Status
from schemas.methodology import Column, Indicator, Methodology
from schemas.words import PEER_GROUP_WORDS

BANK_ID, PEER_GROUP, NAMES = "bank_id", "peer_group", ("name_zh", "name_en")
BEFORE_SUFFIX = ".before"
SOURCE = "given"
BANKS_MAX = 20_000
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?")
_YES, _NO = {"yes", "y", "true", "1", "是"}, {"no", "n", "false", "0", "否"}


class ValuesError(ValueError):
    """A table of values that cannot be read: where, what was found, what was expected."""


class _Place(NamedTuple):
    where: str
    line: int
    column: str

    def error(self, found: str, expected: str) -> ValuesError:
        return ValuesError(
            f"{self.where}:{self.line}:{self.column}: found {found}, expected {expected}. "
            "Nothing was graded; correct the table and try again"
        )


def read_values(text: str, where: str, methodology: Methodology, quarter: str) -> Table:
    """Return the table in ``text``; raise ValuesError naming ``where``, line and column."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    banks: list[GradedBank] = []
    cells: dict[str, list[Cell]] = {column.name: [] for column in methodology.columns}
    first_lines: dict[str, int] = {}
    for place, row in _rows(reader, where, methodology):
        bank = _bank(row, place, methodology)
        if bank.bank_id in first_lines:
            raise place._replace(column=BANK_ID).error(
                f"{bank.bank_id} a second time", f"each bank once; it is in line "
                f"{first_lines[bank.bank_id]}"
            )  # fmt: skip
        first_lines[bank.bank_id] = place.line
        banks.append(bank)
        for column in methodology.columns:
            cells[column.name].append(_cell(column, row, place))
    if not banks:
        raise _Place(where, 2, BANK_ID).error("no bank", "a row for each bank")
    return Table(quarter, tuple(banks), {name: tuple(column) for name, column in cells.items()})


def empty_values(methodology: Methodology) -> str:
    """Return the head of a table for ``methodology``, to be filled in."""
    names = [column.name for column in methodology.columns]
    return ",".join((BANK_ID, PEER_GROUP, *names)) + "\n"


def _rows(
    reader: Iterator[list[str]], where: str, methodology: Methodology
) -> Iterator[tuple[_Place, dict[str, str]]]:
    head: list[str] = []
    line = 0
    try:
        for line, row in enumerate(reader, start=1):
            if not head:
                head = [name.strip() for name in row]
                _check_head(head, _Place(where, line, ""), methodology)
                continue
            if not any(value.strip() for value in row):
                continue
            if len(row) != len(head):
                raise _Place(where, line, head[min(len(row), len(head) - 1)]).error(
                    f"{len(row)} columns", f"{len(head)}, as in the first line"
                )
            if line > BANKS_MAX:
                raise _Place(where, line, BANK_ID).error("more rows", f"at most {BANKS_MAX} banks")
            values = (value.strip() for value in row)
            yield _Place(where, line, ""), dict(zip(head, values, strict=True))
    except csv.Error as error:
        raise _Place(where, line + 1, "").error(f"a row that is no CSV ({error})", "CSV") from error
    if not head:
        raise _Place(where, 1, BANK_ID).error("nothing", "a first line with names of columns")


def _check_head(head: list[str], place: _Place, methodology: Methodology) -> None:
    twice = sorted({name for name in head if head.count(name) > 1})
    if twice:
        raise place._replace(column=twice[0]).error("it twice", "each column once")
    columns = {column.name: column for column in methodology.columns}
    befores = {
        f"{name}{BEFORE_SUFFIX}" for name, column in columns.items() if column.kind == "number"
    }
    known = {BANK_ID, PEER_GROUP, *NAMES, *columns, *befores}
    unknown = [name for name in head if name not in known]
    if unknown:
        expected = ", ".join((BANK_ID, PEER_GROUP, *columns))
        raise place._replace(column=unknown[0]).error("a column nobody knows", f"{expected}")
    needed = [BANK_ID]
    needed += [PEER_GROUP] if methodology.groups.by == "peer_group" else []
    # A fact, a bonus or a deduction may be left out: nobody told it of any bank.
    needed += [
        name
        for name, column in columns.items()
        if isinstance(column, Indicator) and column.role == "regular"
    ]
    missing = [name for name in needed if name not in head]
    if missing:
        raise place._replace(column=missing[0]).error("no such column", ", ".join(needed))


def _bank(row: Mapping[str, str], place: _Place, methodology: Methodology) -> GradedBank:
    bank_id = row[BANK_ID]
    if not bank_id:
        raise place._replace(column=BANK_ID).error("nothing", "the id of a bank")
    told = row.get(PEER_GROUP, "")
    group = _peer_group(told)
    if group is None and methodology.groups.by == "peer_group":
        expected = ", ".join(PeerGroup)
        raise place._replace(column=PEER_GROUP).error(repr(told), f"one of {expected}")
    zh, en = (row.get(name, "") for name in NAMES)
    return GradedBank(bank_id, zh or en or bank_id, en or zh or bank_id, group or told)


def _peer_group(told: str) -> str | None:
    for group, words in PEER_GROUP_WORDS.items():
        if told.casefold() in {group.value, words.zh, words.en.casefold()}:
            return group.value
    return None


def _cell(column: Column, row: Mapping[str, str], place: _Place) -> Cell:
    told = row.get(column.name, "")
    if not told:
        return MISSING
    at = place._replace(column=column.name)
    if column.kind == "yes_no":
        return Cell(_yes_no(told, at), Status.OK, SOURCE)
    if column.kind == "choice":
        return Cell(Fraction(0), Status.OK, SOURCE, choice=_choice(column, told, at))
    before = row.get(f"{column.name}{BEFORE_SUFFIX}", "")
    return Cell(
        _number(column, told, at),
        Status.OK,
        SOURCE,
        before=_number(column, before, at._replace(column=f"{column.name}{BEFORE_SUFFIX}"))
        if before
        else None,
    )


def _number(column: Column, told: str, place: _Place) -> Fraction:
    unit = unit_of(column)
    if not _NUMBER.fullmatch(told):
        words = unit.words.en or "units"
        raise place.error(repr(told), f"a decimal number of {words}, such as 12.5")
    return Fraction(told) / unit.factor


def _yes_no(told: str, place: _Place) -> Fraction:
    word = told.casefold()
    if word not in _YES | _NO:
        raise place.error(repr(told), "yes or no")
    return Fraction(word in _YES)


def _choice(column: Column, told: str, place: _Place) -> str:
    for one in column.choices:
        if _plain(told) in {_plain(one.name), _plain(one.zh), _plain(one.en)}:
            return one.name
    expected = f"one of {', '.join(one.name for one in column.choices)}"
    raise place.error(repr(told), expected)


def _plain(word: str) -> str:
    return re.sub(r"[\s_-]+", " ", word).strip().casefold()
