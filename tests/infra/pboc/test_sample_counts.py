"""The sample files give exactly the counts and sums that can be read off them by hand."""

import csv
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from infra.imports.pboc.filing_report import FilingReport
from schemas.message import CONTENT_ARROW
from schemas.tables import MESSAGES
from tests.infra.pboc.import_desk import Desk, event_count, rejected_codes, sums_of
from tests.infra.pboc.package_files import SAMPLES
from tests.job import stored

INSTITUTION = "91310000XXBANK018C"
STEMS = [f"{INSTITUTION}_{table}_20260930" for table in ("CLDWDK", "DWDKFS")]


@pytest.fixture(scope="module")
def imported() -> tuple[Desk, dict[str, FilingReport]]:
    desk = Desk()
    reports = desk.importer.import_filings([SAMPLES / f"{stem}.zip" for stem in STEMS])
    return desk, {report.table: report for report in reports}


@pytest.fixture(scope="module")
def events(imported: tuple[Desk, dict[str, FilingReport]]) -> list[dict[str, Any]]:
    return list(events_sent(imported[0]))


def events_sent(desk: Desk) -> Iterator[dict[str, Any]]:
    """Every event as it went into the log."""
    for headers, value in stored(desk.store, MESSAGES, "headers", "value"):
        if CONTENT_ARROW in headers:
            for row in pa.ipc.open_stream(value).read_all().to_pylist():
                yield {name: held for name, held in row.items() if held is not None}


def test_every_row_is_accepted_and_every_event_counts(
    imported: tuple[Desk, dict[str, FilingReport]],
) -> None:
    desk, reports = imported
    for report in reports.values():
        assert (report.row_count, report.refused_row_count, report.rejected_count) == (20, 0, 0)
        assert report.period_finding_count == 0
        assert report.told_count == report.stored_count
    assert rejected_codes(desk.store) == []
    assert {report.complete_to for report in reports.values()} == {"2026-09-30"}


def test_the_events_are_those_of_the_rows(events: list[dict[str, Any]]) -> None:
    types = Counter(event["type"] for event in events)
    flows = {
        "loan_disbursed": 10,
        "loan_acquired": 1,
        "loan_repaid": 6,
        "loan_refinanced": 1,
        "loan_written_off": 1,
        "loan_transferred": 1,
    }
    assert {name: types[name] for name in flows} == flows
    assert types["balance_reported"] == 20
    months = [e for e in events if e["type"] == "loan_repaid" and e["occurred_on"] == "2026-09"]
    assert len(months) == 5
    assert sum(event.get("is_renewal", False) for event in events) == 0
    assert types["loan_carved_out"] == types["loan_securitised"] == 0


def test_the_openings_are_the_balances_of_the_month_before(events: list[dict[str, Any]]) -> None:
    with (SAMPLES / "opening_20260831.csv").open(encoding="utf-8") as file:
        wanted = {
            row["loan_receipt_no"]: int(row["opening_balance"].replace(".", ""))
            for row in csv.DictReader(file)
        }
    openings = [event for event in events if event["type"] == "balance_brought_forward"]
    assert {event["loan_id"]: event["amount_minor"] for event in openings} == wanted
    assert {event["occurred_on"] for event in openings} == {"2026-08-31"}


def test_the_sums_are_those_of_the_files(imported: tuple[Desk, dict[str, FilingReport]]) -> None:
    """In fen; opening, came and went miss the closing by what one loan's dollars lost."""
    totals: Counter[str] = Counter()
    for sums in sums_of(imported[0].store).values():
        totals.update(sums)
    assert totals["brought_forward"] == 33_907_000_000
    assert totals["disbursed"] + totals["acquired"] == 23_162_600_000
    assert totals["repaid"] + totals["written_off"] + totals["moved_out"] == 3_017_000_000
    assert totals["revalued"] == 852_000_000 - 852_600_000
    assert totals["balance"] == 54_052_000_000
    assert totals["non_performing"] == 150_000_000  # XJ25080014, the only loan in FQ03.


def test_only_the_dollar_loan_is_revalued(events: list[dict[str, Any]]) -> None:
    (revalued,) = [event for event in events if event["type"] == "balance_revalued"]
    assert revalued["loan_id"] == "XJ26090007"
    assert revalued["change_cny_minor"] == -600_000
    assert revalued["exchange_rate_millionths"] == 7_100_000


def test_the_same_files_again_send_nothing(imported: tuple[Desk, dict[str, FilingReport]]) -> None:
    desk, reports = imported
    before = event_count(desk.store)
    again = desk.importer.import_filings([SAMPLES / f"{stem}.zip" for stem in STEMS])
    assert event_count(desk.store) == before
    for report in again:
        assert report.is_known
        assert report.told_count == reports[report.table].told_count
