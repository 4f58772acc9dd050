"""What a part of an archive is: some files about one bank in one quarter, or why there are none.

The catalog infra/archive_parts holds a file for each subject, with its ``PARTS``. To add a part,
add a file there, and one test. A part is never left out silently.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from infra.store_node import StoreNode
from schemas.grading import BankGrade, GradingRun
from schemas.methodology import Methodology
from schemas.quarter import Quarter
from schemas.words import Words


class KeptAct(NamedTuple):
    """Something that a person did about the quarter, as it is stored."""

    number: int
    act: str
    bank_id: str
    at_ms: int
    row: Mapping[str, Any]  # All of it, the body as JSON.


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom and what an archive is about."""

    node: StoreNode
    bank_id: str
    quarter: Quarter
    run: GradingRun | None
    methodology: Methodology | None
    acts: Sequence[KeptAct]  # About this bank or about all; never about another one.

    @property
    def bank(self) -> BankGrade | None:
        """Return the bank's grade in the run; None where it was not graded."""
        banks = self.run.banks if self.run else []
        return next((bank for bank in banks if bank.bank_id == self.bank_id), None)


class ArchivedFile(NamedTuple):
    """One file of a part; its name is within the part's folder."""

    name: str
    content: bytes
    words: Words


class Gathered(NamedTuple):
    """The files of a part; without any, ``words`` says why, else what there is to know."""

    files: Sequence[ArchivedFile]
    words: Words = Words("", "")


class ArchivePart(NamedTuple):
    """One entry of the catalog."""

    place: int  # Where it stands in the index.
    name: str  # Of its folder.
    words: Words
    gather: Callable[[Subject], Gathered]


NO_RUN = Words("该季度尚无评定", "the quarter has not been graded")
NOT_GRADED = Words(
    "该机构不在本次评定之列", "the bank is not in the run: not registered, or not open"
)


def absent(zh: str, en: str) -> Gathered:
    """Return a part without files, and why."""
    return Gathered((), Words(zh, en))


def without_grade(subject: Subject) -> Gathered:
    """Return a part that lacks a grade of the bank."""
    return Gathered((), NO_RUN if subject.run is None else NOT_GRADED)


def json_file(name: str, told: Any, words: Words) -> ArchivedFile:
    """Return a file of JSON that people can read too."""
    written = msgspec.json.format(msgspec.json.encode(told, order="sorted"), indent=1)
    return ArchivedFile(name, written + b"\n", words)


def csv_file(
    name: str, head: Sequence[str], lines: Iterable[Sequence[object]], words: Words
) -> ArchivedFile:
    """Return a table, in UTF-8 with a mark that spreadsheets look for.

    A text that a spreadsheet would take for a formula is held back by an apostrophe.
    """
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([_safe(value) for value in line] for line in lines)
    return ArchivedFile(name, held.getvalue().encode("utf-8-sig"), words)


def _safe(value: object) -> object:
    is_formula = isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}
    return f"'{value}" if is_formula and not _is_number(str(value)) else value


def _is_number(text: str) -> bool:
    return text[1:].replace(".", "", 1).replace("/", "", 1).isdigit()
