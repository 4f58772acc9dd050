"""Up to which month a bank's files are complete."""

import datetime as dt

import pytest

from infra.imports.pboc.archive import DONE, KEPT, Filing
from infra.imports.pboc.finished_months import complete_month

AUG, SEP, OCT, NOV = (dt.date(2026, m, d) for m, d in ((8, 31), (9, 30), (10, 31), (11, 30)))
CORPORATE, PERSONAL, BILLS = ("CLDWDK", "DWDKFS"), ("CLGRDK", "GRDKFS"), ("CLPJRZ", "PJRZFS")


def filing(table: str, period: dt.date, state: str = DONE, batch: int = 1) -> Filing:
    return Filing("B", table, period, batch, "", "", "", 0, 0, "", 1, state)


def filings(tables: tuple[str, ...], *periods: dt.date) -> list[Filing]:
    return [filing(table, period) for table in tables for period in periods]


@pytest.mark.parametrize(
    ("there", "complete"),
    [
        ([], None),
        (filings(("FTYKHX", "GRKHXX", "DBHTXX"), SEP), None),
        (filings(("CLDWDK",), SEP), None),
        (filings(("DWDKFS",), SEP), None),
        (filings(CORPORATE, SEP), SEP),
        (filings(CORPORATE, AUG, SEP, OCT), OCT),
        # A month is missing, whole or half: nothing after it is complete.
        (filings(CORPORATE, AUG, OCT), AUG),
        (filings(CORPORATE, AUG, OCT) + filings(("CLDWDK",), SEP), AUG),
        (filings(("DWDKFS",), AUG) + filings(CORPORATE, SEP, OCT), None),
        # Every kind of loan from the month on in which it began.
        (filings(CORPORATE, AUG, SEP) + filings(PERSONAL, AUG), AUG),
        (filings(CORPORATE, AUG, SEP, OCT) + filings(PERSONAL, SEP, OCT), OCT),
        (filings(CORPORATE, AUG, SEP, OCT) + filings(BILLS, OCT), OCT),
        (filings(CORPORATE, AUG, SEP) + filings(BILLS, NOV), SEP),
        # Customers and guarantees decide nothing.
        (filings(CORPORATE, AUG, SEP) + filings(("FTYKHX",), OCT), SEP),
    ],
)
def test_a_month_is_complete_when_flow_and_stock_of_every_kind_of_loan_are_there(
    there: list[Filing], complete: dt.date | None
) -> None:
    assert complete_month(there) == complete


def test_a_filing_whose_events_were_not_all_sent_is_not_there() -> None:
    begun = [filing("CLDWDK", SEP), filing("DWDKFS", SEP, KEPT)]
    assert complete_month(begun) is None
    assert complete_month([*begun, filing("DWDKFS", SEP, batch=2)]) == SEP


def test_the_year_ends_in_december() -> None:
    periods = [dt.date(2026, 12, 31), dt.date(2027, 1, 31), dt.date(2027, 2, 28)]
    assert complete_month(filings(CORPORATE, *periods)) == periods[-1]
