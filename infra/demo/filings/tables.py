"""The files of a month: every table of every bank, as the bytes that the bank would send."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from infra.demo.calendar import date_of
from infra.demo.event_rows import Rows
from infra.demo.filings.bill_tables import bill_flow_fields, bill_stock_fields
from infra.demo.filings.customer_tables import person_customer_fields, unit_customer_fields
from infra.demo.filings.fields import Field, rows_of
from infra.demo.filings.guarantee_table import guarantee_fields, secured_loans
from infra.demo.filings.loan_tables import closing_days, flow_fields, stock_fields
from infra.demo.filings.month_books import MonthBooks
from infra.demo.filings.places import Places
from infra.demo.loan_book import BILLS, Loans
from infra.imports.pboc.filing_name import FilingName
from infra.imports.pboc.table_spec import spec_of
from schemas.codes import LOAN_KINDS, LoanKind
from schemas.units import AnyArray, BoolArray, Int64Array

ROWS_AT_ONCE = 50_000  # What is made at once stays well inside memory.
# The order in which a month is sent: who the customers are comes first.
TABLES = (
    "FTYKHX", "GRKHXX", "DBHTXX", "CLDWDK", "DWDKFS", "CLGRDK", "GRDKFS", "CLPJRZ", "PJRZFS",
)  # fmt: skip
_CORPORATE = LOAN_KINDS.index(LoanKind.CORPORATE)


class Filing(NamedTuple):
    """One table of one bank for one month."""

    name: FilingName
    content: bytes  # Of the .dat.
    batch: int = 1  # How often it has been sent.
    sent_day: int = 0
    is_log_wrong: bool = False  # The .log that goes with it is of another .dat.


class _Table(NamedTuple):
    """Rows of one table, sorted by bank, that can be made piece by piece."""

    bank: AnyArray
    make: Callable[[slice], dict[str, Field]]


class Filings:
    """Writes the files of a world month by month."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def of_month(self, books: MonthBooks, tables: tuple[str, ...] = TABLES) -> Iterator[Filing]:
        """Yield the files of every bank for one month; an empty table is a file as well."""
        period = date_of(books.month.last_day)
        for code in tables:
            contents = _contents(code, self._table(code, books), len(books.world.banks.banks))
            for bank, content in enumerate(contents):
                bank_id = books.world.banks.banks[bank].bank_id
                yield Filing(FilingName(bank_id, code, period), content)

    def _table(self, code: str, books: MonthBooks) -> _Table:
        if code in ("FTYKHX", "GRKHXX"):
            return self._customers(books, unit=code == "FTYKHX")
        if code == "DBHTXX":
            secured = secured_loans(books)
            return _Table(
                secured["bank"], lambda some: guarantee_fields(self._places, books, secured[some])
            )
        is_of_table = _loans_of(code)
        if code.startswith("CL"):
            loans = books.loans[is_of_table(books.loans)]
            return _Table(loans["bank"], lambda some: self._stock(code, books, loans[some]))
        is_wanted = is_of_table(books.flow_loans)
        flows, loans = books.flows[is_wanted], books.flow_loans[is_wanted]
        closed = closing_days(flows, loans["loan"][loans["balance"] == 0])
        return _Table(
            flows["bank"],
            lambda some: self._flows(code, books, flows[some], loans[some], closed[some]),
        )

    def _customers(self, books: MonthBooks, *, unit: bool) -> _Table:
        accounts = books.world.accounts
        is_unit = self._places.is_unit[accounts.borrower]
        account = np.flatnonzero(books.is_known & (is_unit if unit else ~is_unit))
        account = account[np.argsort(accounts.bank[account], kind="stable")]
        make = unit_customer_fields if unit else person_customer_fields
        return _Table(accounts.bank[account], lambda some: make(self._places, books, account[some]))

    def _stock(self, code: str, books: MonthBooks, loans: Loans) -> dict[str, Field]:
        if code == "CLPJRZ":
            return bill_stock_fields(self._places, books, loans)
        return stock_fields(self._places, books, loans, unit=code == "CLDWDK")

    def _flows(
        self, code: str, books: MonthBooks, flows: Rows, loans: Loans, closed: Int64Array
    ) -> dict[str, Field]:
        if code == "PJRZFS":
            return bill_flow_fields(self._places, books, flows, loans)
        return flow_fields(self._places, books, flows, loans, closed, unit=code == "DWDKFS")


def _loans_of(code: str) -> Callable[[Loans], BoolArray]:
    def is_of_table(loans: Loans) -> BoolArray:
        is_bill = loans["segment"] == BILLS
        if code in ("CLPJRZ", "PJRZFS"):
            return np.asarray(is_bill, np.bool_)
        is_corporate = loans["loan_kind"] == _CORPORATE
        return np.asarray(
            ~is_bill & (is_corporate if code in ("CLDWDK", "DWDKFS") else ~is_corporate), np.bool_
        )

    return is_of_table


def _contents(code: str, table: _Table, bank_count: int) -> Iterator[bytes]:
    """Yield the bytes of each bank's file; the last row has no line feed after it."""
    spec = spec_of(code)
    ends = np.searchsorted(table.bank, np.arange(bank_count), side="right").tolist()
    begin, end, made, texts = 0, 0, 0, memoryview(b"")
    offsets = np.zeros(1, np.int64)
    for bank_end in ends:
        parts = []
        while begin < bank_end:
            if begin == end:
                made, end = begin, min(begin + ROWS_AT_ONCE, table.bank.size)
                rows = rows_of(spec, table.make(slice(made, end)), end - made)
                offsets, texts = _bytes_of(rows)
            stop = min(end, bank_end)
            parts.append(texts[offsets[begin - made] : offsets[stop - made]])
            begin = stop
        yield b"".join(parts)[:-1]


def _bytes_of(rows: pa.StringArray) -> tuple[Int64Array, memoryview]:
    """Return where each row begins in the bytes of all of them."""
    _, offsets, content = rows.buffers()
    starts = np.frombuffer(offsets, np.int32)[rows.offset : rows.offset + len(rows) + 1]
    return starts.astype(np.int64), memoryview(content)
