"""What rules leave alone: other rules' rows, and rows that the interface lets be so."""

import datetime as dt

import pytest

from infra.imports.pboc.check_rows import check_rows
from infra.imports.pboc.rule import Level
from infra.imports.pboc.table_spec import spec_of
from tests.infra.pboc.filings import PASSPORT, rows_of, sound_row

OVERDRAFT = {
    "product_code": "F042",
    "disbursed_on": "",
    "matures_on": "",
    "reprices_on": "",
    "is_first_loan": "",
}


def said_of(
    table: str, *, period: dt.date = dt.date(2026, 9, 30), **changed: str
) -> set[tuple[str, str, str]]:
    """Return rule, level and field of everything said about one row."""
    rows = rows_of(spec_of(table), [sound_row(table, **changed)], period=period)
    return {(g.rule.number, str(g.rule.level), g.field) for g in check_rows(rows).groups}


@pytest.mark.parametrize("table", ["GRDKFS", "CLGRDK"])
def test_a_personal_overdraft_leaves_its_dates_blank(table: str) -> None:
    assert said_of(table, **OVERDRAFT) == set()


def test_a_unit_loan_has_its_dates_even_as_an_overdraft() -> None:
    blank = {field for rule, _, field in said_of("DWDKFS", **OVERDRAFT) if rule == "M"}

    assert blank == {"disbursed_on", "matures_on", "reprices_on", "is_first_loan"}


def test_an_overdraft_that_is_written_off_needs_no_last_day() -> None:
    ended = {**OVERDRAFT, "direction": "0", "flow_status": "LF02"}

    assert said_of("GRDKFS", **ended) == set()


def test_a_rate_of_zero_is_blank_in_the_personal_stock_only() -> None:
    assert said_of("CLGRDK", rate_pct="") == set()
    assert said_of("GRDKFS", rate_pct="") == {("M", "E", "rate_pct")}


def test_a_loan_bought_may_have_started_before_the_period_and_matured_before_it_was_bought() -> (
    None
):
    assert said_of("DWDKFS", flow_status="LF04", disbursed_on="2024-05-20") == set()
    assert said_of("DWDKFS", flow_status="LF04", matures_on="2026-08-01") == set()
    assert said_of("DWDKFS", disbursed_on="2024-05-20") == {("23", "E", "disbursed_on")}


def test_a_bill_that_is_recovered_was_discounted_in_an_earlier_month() -> None:
    old = {"issued_on": "2026-03-09", "traded_on": "2026-03-10", "matures_on": "2026-09-09"}

    assert said_of("PJRZFS", **old, bill_flow_kind="B01") == set()
    assert said_of("PJRZFS", **old) == {("23", "E", "traded_on")}


def test_a_repayment_in_part_has_no_last_day() -> None:
    assert said_of("DWDKFS", direction="0", disbursed_on="2025-10-15") == set()


def test_a_blank_or_malformed_field_is_told_once() -> None:
    assert said_of("CLDWDK", matures_on="") == {("M", "E", "matures_on")}
    assert said_of("CLDWDK", matures_on="2027/09/02") == {("T", "E", "matures_on")}
    assert said_of("DWDKFS", amount="3e6") == {("6", "E", "amount")}
    assert said_of("DWDKFS", rate_pct="3.45") == {("6", "E", "rate_pct")}
    assert said_of("DWDKFS", borrower_sector="XX") == {("14", "E", "borrower_sector")}


@pytest.mark.parametrize(
    "day", ["2026-02-29", "2026-9-03", "20260903", "2026-09-03 ", "0026-09-03"]
)
def test_a_day_is_a_real_one_in_one_form(day: str) -> None:
    assert ("T", "E", "disbursed_on") in said_of("CLDWDK", disbursed_on=day)


def test_a_code_that_the_list_may_not_know_yet_is_a_warning() -> None:
    renewed = {"flow_status": "LF05", "restructuring_kind": "03"}

    assert said_of("DWDKFS", **renewed) == {("14", "W", "restructuring_kind")}
    assert said_of("DWDKFS", benchmark_kind="TR55") == {("14", "W", "benchmark_kind")}
    assert said_of("DWDKFS", product_code="F9999999") == {("7", "E", "product_code")}


def test_a_list_of_which_nothing_is_known_judges_nobody() -> None:
    assert said_of("DBWXX", collateral_kind="Q77", appraisal_source="7") == set()


def test_a_guarantee_on_its_second_row_has_an_amount_of_zero() -> None:
    assert said_of("DBHTXX", amount="0.00", amount_cny="0.00") == set()


def test_an_entrusted_loan_may_be_a_persons() -> None:
    person = {"borrower_id_type": "B03", "borrower_id": PASSPORT, "borrower_sector": "D01"}

    assert said_of("WTDKFS", **person, borrower_size="CS05", borrower_industry="100") == set()


def test_a_loan_past_its_maturity_may_be_extended_or_overdue() -> None:
    past = {"disbursed_on": "2025-08-25", "matures_on": "2026-08-24", "reprices_on": "2026-08-24"}

    assert said_of("CLDWDK", **past, loan_status="LS03", overdue_kind="03") == set()
    assert said_of("CLDWDK", **past) == {("35", "W", "loan_status")}
    # On the last day of the period it is not past it.
    assert said_of("CLDWDK", matures_on="2026-09-30", reprices_on="2026-09-30") == set()


def test_a_firm_that_ended_this_year_is_asked_about_in_january_only() -> None:
    assert said_of("FTYKHX", operating_status="04") == set()
    january = said_of("FTYKHX", operating_status="04", period=dt.date(2027, 1, 31))
    assert january == {("49", "W", "operating_status")}


def test_controllers_and_their_kinds_are_equally_many() -> None:
    assert said_of("FTYKHX", controller_id_types="A01") == {("48", "E", "controller_ids")}
    assert said_of("FTYKHX", controller_id_types="A01,Q01") == {("14", "E", "controller_id_types")}
    assert said_of("FTYKHX", controller_id_types="", controller_ids="") == set()


def test_exchange_rates_are_compared_within_a_currency() -> None:
    def row(currency: str, balance: str, balance_cny: str) -> str:
        return sound_row("CLDWDK", currency=currency, balance=balance, balance_cny=balance_cny)

    lines = [
        *[row("USD", "1000.00", "7100.00")] * 3,
        *[row("JPY", "1000000.00", "48000.00")] * 3,
        row("JPY", "1.00", "0.05"),  # A fen is the least there is: it is rounding.
        row("JPY", "1000000.00", "48300.00"),
        row("EUR", "5.00", "1.00"),  # Alone with its currency: nothing to compare with.
    ]
    (broken,) = check_rows(rows_of(spec_of("CLDWDK"), lines)).groups

    assert (broken.rule.number, broken.rule.level) == ("38", Level.WARN)
    assert broken.places.tolist() == [7]
    assert broken.found == ["48300.00"]
    assert "JPY" in broken.expected_zh
    assert "0.0480" in broken.expected_en


def test_a_flow_table_has_a_rate_for_every_day() -> None:
    lines = [
        sound_row("DWDKFS", currency="USD", amount="1000.00", amount_cny=cny)
        for cny in ("7100.00", "7100.00", "7100.00", "7440.00", "7460.00")
    ]
    (broken,) = check_rows(rows_of(spec_of("DWDKFS"), lines)).groups

    assert broken.places.tolist() == [4]


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("DWDKFS", {"matures_on": "2026-09-03"}),  # Rule 20.
        ("CLDWDK", {"disbursed_on": "2026-09-30"}),  # 21
        ("CLPJRZ", {"traded_on": "2026-09-30", "issued_on": "2026-09-30"}),
        ("DWDKFS", {"direction": "0", "closed_on": "2026-09-03"}),  # 22
        ("DWDKFS", {"direction": "0", "closed_on": "2026-09-30"}),
        ("DWDKFS", {"direction": "0", "closed_on": "2026-09-01", "disbursed_on": "2025-09-22"}),
        ("DWDKFS", {"disbursed_on": "2026-09-01"}),  # 23
        ("DWDKFS", {"disbursed_on": "2026-09-30"}),
        ("CLDWDK", {"loan_status": "LS02", "extended_to": "2027-09-03"}),  # 29
        ("CLDWDK", {"loan_status": "LS04", "extended_to": "2027-09-01"}),  # 30
        ("CLDWDK", {"reprices_on": "2026-09-03"}),  # 33
        ("CLDWDK", {"reprices_on": "2027-09-02"}),
        ("CLDWDK", {"balance": "0.01", "balance_cny": "0.01"}),  # 36
        ("CLDWDK", {"balance": "100000000000000.00", "balance_cny": "100000000000000.00"}),
        ("FTYKHX", {"credit_limit": "0.00", "credit_used": "0.00"}),
        ("DWDKFS", {"rate_pct": "0.00001"}),  # 40
        ("DWDKFS", {"rate_pct": "30.00000"}),
        ("WTDKFS", {"fee_cny": "0.00"}),  # 41
        ("FTYKHX", {"first_credit_on": "2015-03-03"}),  # 47
        ("FTYKHX", {"credit_used": "5000000.00"}),  # 50
        ("DWDKFS", {"receipt_no": "X" * 100}),  # 7
        ("DWDKFS", {"product_code": "F02131"}),
    ],
)
def test_what_just_keeps_a_rule_passes(table: str, changed: dict[str, str]) -> None:
    assert said_of(table, **changed) == set()
