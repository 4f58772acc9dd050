"""What a file changes in later months, and in a month that a process had only begun to tell."""

import datetime as dt
import itertools

from streams.memory_store import Killed
from tests.infra.pboc.filings import OTHER_FIRM
from tests.infra.pboc.import_desk import (
    OLD,
    Desk,
    filing,
    fresh_state,
    last_of,
    repaid,
    state_of,
    stock_of,
    sums_of,
)
from tests.infra.pboc.plain_months import Files

AUGUST, SEPTEMBER, OCTOBER = dt.date(2026, 8, 31), dt.date(2026, 9, 30), dt.date(2026, 10, 31)


def assert_as_fresh(desk: Desk, newest: Files) -> None:
    assert state_of(desk.store, last_of(newest)) == fresh_state(newest)


def test_a_loan_of_another_kind_is_another_opening() -> None:
    personal = filing("CLGRDK", SEPTEMBER, OLD | {"product_code": "F022"})
    other = filing("CLGRDK", SEPTEMBER, OLD | {"product_code": "F0219"})
    desk = Desk()
    desk.take(personal)
    desk.take(other)
    assert_as_fresh(desk, other)
    assert {kind for _, _, kind, _ in sums_of(desk.store)} == {"personal_other"}


def test_months_up_to_the_next_one_with_a_stock_are_told_again() -> None:
    """September has flows only, carried at the stock of August; October is compared with it."""
    cheap, dear = (stock_of(AUGUST, "1000.00", rate_pct=rate) for rate in ("3.00000", "4.00000"))
    later = filing("DWDKFS", SEPTEMBER, repaid("1")) | stock_of(OCTOBER, "900.00")
    for between in ({}, filing("CLGRDK", SEPTEMBER, OLD)):
        desk = Desk()
        desk.take(cheap | later | between)
        desk.take(dear)
        assert_as_fresh(desk, dear | later | between)


def test_the_month_after_is_not_compared_with_a_loan_whose_contract_is_missing() -> None:
    files = stock_of(SEPTEMBER, "100.00", guarantee_kind="B01")
    files |= stock_of(OCTOBER, "100.00", guarantee_kind="B01", rate_pct="3.00000")
    contracts = filing("DBHTXX", SEPTEMBER, {"secured_contract_no": "HT9"})
    desk = Desk()
    desk.take(files)
    desk.take(contracts)
    assert_as_fresh(desk, files | contracts)


def died_after(rows: int, before: Files, files: Files) -> Desk:
    """Return a desk whose process died ``rows`` rows into the import of ``files``."""
    desk = Desk()
    desk.take(before)
    count = itertools.count()
    desk.store.kill = lambda: next(count) == rows
    try:
        desk.take(files)
    except Killed:
        desk.restart()
    desk.store.kill = None
    return desk


def test_another_file_in_place_of_one_that_was_begun_leaves_nothing_of_it() -> None:
    """Some of its events are in the log and not in the ledger when the other file comes."""
    stock = stock_of(SEPTEMBER, "100.00")
    begun = stock_of(SEPTEMBER, "100.00", loan_class="FQ03")
    begun |= filing("DWDKFS", SEPTEMBER, repaid("1"), {"receipt_no": "B", "transaction_no": "2"})
    instead = {
        "the first batch": stock | filing("DWDKFS", SEPTEMBER, repaid("3")),
        "customers": filing("FTYKHX", SEPTEMBER, {"customer_id": OTHER_FIRM}),
        "the next month": stock_of(OCTOBER, "100.00", rate_pct="3.00000"),
    }
    for name, files in instead.items():
        for rows in range(0, 60, 6):
            desk = died_after(rows, stock, begun)
            desk.take(files)
            newest = {
                (one.bank_id, one.table, one.period): b"".join(desk.archive.pieces(one))
                for one in desk.archive.listed(next(iter(stock))[0])
            }
            assert state_of(desk.store, last_of(newest)) == fresh_state(newest), (name, rows)


def test_a_number_in_clear_holds_its_row_back_again_when_it_is_kept_blotted() -> None:
    """The file that is kept has the number blotted out, and is checked once more."""
    clear = {"controller_id_types": "Z99", "controller_ids": "11010119900101123X"}
    files = filing("FTYKHX", SEPTEMBER, clear) | stock_of(SEPTEMBER, "100.00")
    later = filing("DWDKFS", SEPTEMBER, repaid("1"))
    desk = Desk()
    desk.take(files)
    desk.take(later)
    assert sums_of(desk.store) == {}
    assert_as_fresh(desk, files | later)
