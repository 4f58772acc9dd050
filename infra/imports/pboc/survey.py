"""The first pass over a filing: every row is checked, and its keys go to disk.

Nothing of a row stays in memory but one bit: whether it is held back.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from infra.imports.pboc import records as r
from infra.imports.pboc import settle_customers as c
from infra.imports.pboc.archive import Filing
from infra.imports.pboc.check_rows import check_rows
from infra.imports.pboc.cross_texts import TEXTS
from infra.imports.pboc.filing_month import FilingMonth
from infra.imports.pboc.findings import Findings
from infra.imports.pboc.rows import BadLine, Piece, Rows, chosen_rows, pieces_of, rows_of_piece
from infra.imports.pboc.rule import Level
from infra.imports.pboc.spill import Spill, bucket_count_for, text_hashes
from infra.imports.pboc.table_spec import SPECS, TableSpec, spec_for
from schemas.units import BoolArray, Int64Array, UInt64Array

OnBytes = Callable[[int], None]

SECURED = ("A", "B", "C", "E")  # 担保方式 that need a contract in DBHTXX.
# ``source`` of a borrower's or a contract's record, by table; 0 is the table it is looked up in.
TABLE_NUMBERS = {"CLDWDK": 1, "DWDKFS": 2, "CLGRDK": 3}
RESIDENT_RULES = ("12", "13")
_BAD_LINE = {
    "5": TEXTS["5"],
    "8": ("字段中有控制字符", "a field holds a control character"),
}
_COMMAS_MIN = 5  # In a line without a separator: it was saved with commas.


class Source(NamedTuple):
    """A filing as it can be read."""

    filing: Filing
    spec: TableSpec
    path: Path
    findings: Findings

    @property
    def has_bad_lines(self) -> bool:
        return any(kind.rule == "5" for kind in self.findings.counts)

    @property
    def month(self) -> FilingMonth:
        return FilingMonth(self.filing.bank_id, self.filing.period)

    def rows_of(
        self, piece: Piece, columns: tuple[str, ...] | None = None
    ) -> tuple[Rows, list[BadLine]]:
        """Return the rows of a piece of this filing, and the lines that are none."""
        return rows_of_piece(
            self.spec,
            piece,
            institution_id=self.filing.bank_id,
            period_first_day=self.month.first_day,
            period_last_day=self.month.last_day,
            columns=columns,
        )

    def chosen_rows(
        self, piece: Piece, wanted: BoolArray, columns: tuple[str, ...]
    ) -> tuple[Rows, list[bytes]]:
        """Return the rows on ``wanted`` lines, and their bytes."""
        return chosen_rows(
            self.spec,
            piece,
            institution_id=self.filing.bank_id,
            period_first_day=self.month.first_day,
            period_last_day=self.month.last_day,
            wanted=wanted,
            columns=columns,
        )

    def texts_at(self, line: Int64Array, field: str) -> list[str]:
        """Return what stands in a field on some lines, which are rows and come in order."""
        wanted = np.zeros(int(line.max(initial=0)), np.bool_)
        wanted[line - 1] = True
        found: list[str] = []
        with self.path.open("rb") as file:
            for piece in pieces_of(file):
                if piece.first_line > wanted.size:
                    break
                mine = np.zeros(piece.first_line + piece.line_count, np.bool_)
                mine[: wanted.size] = wanted[: mine.size]
                rows, _ = self.chosen_rows(piece, mine, (field,))
                found += rows.texts(field).to_pylist()
        return found


class Spills:
    """The keys of one bank's month on disk, by what they are compared for."""

    def __init__(self, folder: Path, size_bytes: int) -> None:
        """Make room in ``folder`` for files of ``size_bytes`` in all."""
        buckets = bucket_count_for(size_bytes)
        self.receipts = {
            family: Spill(folder, f"receipts-{family}", r.RECEIPT, buckets)
            for family in ("corporate", "personal", "bills")
        }
        self.customers = {
            table: Spill(folder, f"customers-{table}", r.CUSTOMER, buckets)
            for table in ("FTYKHX", "GRKHXX")
        }
        self.transactions = {
            table: Spill(folder, f"transactions-{table}", r.MARK, buckets)
            for table in ("DWDKFS", "GRDKFS", "PJRZFS", "WTDKFS")
        }
        self.keys = {
            table: Spill(folder, f"keys-{table}", r.MARK, buckets)
            for table in ("DBHTXX", "DBWXX", "WTDKFS", "CLWTDK")
        }
        self.borrowers = Spill(folder, "borrowers", r.BORROWER, buckets)
        self.secured = Spill(folder, "secured", r.MARK, buckets)
        self.guarantees = Spill(folder, "guarantees", r.MARK, buckets)


class Surveyed(NamedTuple):
    """What the first pass found: which lines are held back, and the commonest transaction no."""

    refused: BoolArray
    common_transaction: tuple[str, int]


def survey(
    source: Source, spills: Spills, on_bytes: OnBytes, *, is_checked: bool = True
) -> Surveyed:
    """Check every row of ``source`` and put its keys into ``spills``.

    Where it is not checked, the rows are held back that were before.
    """
    refused: list[BoolArray] = []
    common = ("", 0)
    for piece in _pieces(source, on_bytes):
        rows, bad_lines = source.rows_of(piece)
        held = np.ones(piece.line_count, np.bool_)
        for bad in bad_lines:
            add_bad_line(source, bad)
        if is_checked:
            checked = check_rows(rows)
            for broken in checked.groups:
                source.findings.add_broken(rows, broken)
            held[rows.line - piece.first_line] = checked.refused
        else:
            held[rows.line - piece.first_line] = source.filing.refused[rows.line - 1]
        refused.append(held)
        _spill(rows, spills)
        if "transaction_no" in rows.names:
            text, count = r.most_frequent(rows, "transaction_no")
            common = _commoner(common, (text, count))
    return Surveyed(np.concatenate([np.zeros(0, np.bool_), *refused]), common)


def add_bad_line(source: Source, bad: BadLine) -> None:
    """Report a line that is no row, with what may have happened to the file."""
    zh, en = _BAD_LINE[bad.rule]
    expected_zh = expected_en = ""
    if bad.rule == "5":
        size = len(source.spec.fields)
        expected_zh, expected_en = f"{size} 个字段, 以 | 分隔", f"{size} fields separated by |"
        others = [table for table in SPECS if spec_for(table, bad.field_count)]
        if bad.field_count == 1 and bad.comma_count >= _COMMAS_MIN:
            expected_zh += "; 该行像是以逗号分隔"
            expected_en += "; this line looks as if it had commas instead"
        elif bad.field_count and others:
            tables = ", ".join(others)
            expected_zh += f"; 字段个数与 {tables} 相同, 请核对表是否放错"
            expected_en += f"; {tables} has as many: is it the right table?"
    source.findings.add(
        bad.rule, Level.REFUSE, [bad.line], "", bad.found, zh, en,
        expected=expected_zh, expected_en=expected_en,
    )  # fmt: skip


def _commoner(common: tuple[str, int], found: tuple[str, int]) -> tuple[str, int]:
    if found[0] == common[0]:
        return common[0], common[1] + found[1]
    return found if found[1] > common[1] else common


def survey_earlier(source: Source, spills: Spills, number: int, on_bytes: OnBytes) -> None:
    """Put the keys of an earlier filing into ``spills``; its rows were checked when they came."""
    columns = tuple(name for name in source.spec.names if name in r.COMPARED_FIELDS)
    for piece in _pieces(source, on_bytes):
        rows, _ = source.rows_of(piece, columns)
        if source.spec.role == "customers":
            records = r.customer_records(rows, number)
            spills.customers[source.spec.code].add(records, records["high"])
        else:
            records = r.receipt_records(rows, r.BEFORE)
            spills.receipts[source.spec.family].add(records, records["high"])


def _pieces(source: Source, on_bytes: OnBytes) -> Iterator[Piece]:
    with source.path.open("rb") as file:
        for piece in pieces_of(file):
            yield piece
            on_bytes(len(piece.content))


def _spill(rows: Rows, spills: Spills) -> None:
    spec = rows.spec
    if spec.role == "customers":
        customers = r.customer_records(rows, c.THIS_BATCH)
        spills.customers[spec.code].add(customers, customers["high"])
        if spec.code == "FTYKHX":
            _add_borrowers(rows, spills, c.CUSTOMERS)
    elif spec.makes_events:
        source = r.NOW if spec.role == "stock" else r.FLOW
        receipts = r.receipt_records(rows, source)
        spills.receipts[spec.family].add(receipts, receipts["high"])
        if spec.family == "corporate":
            _add_borrowers(rows, spills, TABLE_NUMBERS[spec.code])
        if spec.code in {"CLDWDK", "CLGRDK"}:
            is_secured = rows.starting("guarantee_kind", SECURED)
            key = text_hashes(rows.texts("contract_no"))
            _add_marks(rows, spills.secured, key, TABLE_NUMBERS[spec.code], is_secured)
    else:
        key = text_hashes(*(rows.texts(name) for name in spec.key))
        _add_marks(rows, spills.keys[spec.code], key, 0)
    if spec.code in spills.transactions:
        marks = r.transaction_marks(rows)
        spills.transactions[spec.code].add(marks, marks["high"])
    if spec.code == "DBHTXX":
        _add_marks(rows, spills.secured, text_hashes(rows.texts("secured_contract_no")), 0)
        _add_marks(rows, spills.guarantees, text_hashes(rows.texts("guarantee_no")), 0)
    if spec.code == "DBWXX":
        _add_marks(rows, spills.guarantees, text_hashes(rows.texts("guarantee_no")), 1)


def _add_borrowers(rows: Rows, spills: Spills, source: int) -> None:
    records = r.borrower_records(rows, source)
    spills.borrowers.add(records, records["high"])


def _add_marks(
    rows: Rows,
    spill: Spill,
    key: tuple[UInt64Array, UInt64Array],
    source: int,
    chosen: BoolArray | None = None,
) -> None:
    records = np.zeros(rows.size, r.MARK)
    records["high"], records["low"] = key
    records["source"], records["line"] = source, rows.line
    if chosen is not None:
        records = records[chosen]
    spill.add(records, records["high"])
