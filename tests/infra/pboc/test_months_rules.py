"""The rules over several rows, tables and months: each passes and breaks."""

import datetime as dt
from collections import Counter

import pytest

from tests.infra.pboc.filings import OTHER_FIRM
from tests.infra.pboc.import_desk import OLD, Desk, filing, repaid, stock_of
from tests.infra.pboc.plain_months import Files

AUGUST, SEPTEMBER, OCTOBER = dt.date(2026, 8, 31), dt.date(2026, 9, 30), dt.date(2026, 10, 31)


def rules_of(desk: Desk, files: Files) -> dict[str, Counter[str]]:
    """Import ``files``; return the rules broken in each table, with their level."""
    return {
        table: Counter({f"{one.rule}{one.level}": one.count for one in report.finding_counts})
        for table, report in desk.take(files).items()
    }


def broken(files: Files, table: str, *, before: Files | None = None) -> Counter[str]:
    desk = Desk()
    if before:
        desk.take(before)
    return rules_of(desk, files)[table]


def unchecked(files: Files, table: str, *, before: Files | None = None) -> list[str]:
    desk = Desk()
    if before:
        desk.take(before)
    rules = [one.rule for one in desk.take(files)[table].unchecked]
    return [rule for rule in rules if rule != "3"]  # These come without a log.


def test_rule_26_only_the_settling_recovery_has_a_last_day() -> None:
    closed = {"closed_on": "2026-09-20"}
    fine = filing("DWDKFS", SEPTEMBER, repaid("1"), repaid("2", **closed))
    assert broken(fine, "DWDKFS")["26W"] == 0
    twice = filing("DWDKFS", SEPTEMBER, repaid("1", **closed), repaid("2", **closed))
    assert broken(twice, "DWDKFS")["26W"] == 1


@pytest.mark.parametrize(
    ("table", "twin"),
    [
        ("DWDKFS", {}),
        ("CLDWDK", {"balance": "1.00", "balance_cny": "1.00", "internal_org_no": "XB2"}),
        ("GRDKFS", {"amount": "1.00", "amount_cny": "1.00"}),
        ("CLGRDK", {}),
        ("PJRZFS", {}),
        ("CLPJRZ", {"loan_class": "FQ02"}),
        ("FTYKHX", {"size": "CS04"}),
        ("GRKHXX", {"person_kind": "3"}),
        ("DBHTXX", {}),
        ("DBWXX", {}),
        ("WTDKFS", {}),
        ("CLWTDK", {}),
    ],
)
def test_rule_42_the_second_row_of_a_key_is_held_back(table: str, twin: dict[str, str]) -> None:
    desk = Desk()
    report = desk.take(filing(table, SEPTEMBER, {}, twin))[table]
    assert report.refused_row_count == 1
    assert [(one.rule, one.line) for one in report.findings if one.level == "E"] == [("42", 2)]


@pytest.mark.parametrize(
    ("table", "other"),
    [
        ("DWDKFS", {"contract_no": "HT2", "transaction_no": "2"}),
        ("CLDWDK", {"contract_no": "HT2"}),
        ("PJRZFS", {"discount_kind": "02", "transaction_no": "2"}),
        ("CLPJRZ", {"discount_kind": "02"}),
        ("FTYKHX", {"customer_id": OTHER_FIRM}),
        ("DBWXX", {"collateral_no": "DY2"}),
    ],
)
def test_rule_42_another_key_passes(table: str, other: dict[str, str]) -> None:
    report = Desk().take(filing(table, SEPTEMBER, {}, other))[table]
    assert report.refused_row_count == 0


def test_rule_43_a_transaction_number_comes_once_in_each_direction() -> None:
    rows = [{"receipt_no": f"R{number}", "transaction_no": str(number)} for number in range(5)]
    back = repaid("0", receipt_no="R1")
    assert broken(filing("DWDKFS", SEPTEMBER, *rows, back), "DWDKFS")["43E"] == 0
    again = {"receipt_no": "R9", "transaction_no": "3"}
    assert broken(filing("DWDKFS", SEPTEMBER, *rows, back, again), "DWDKFS")["43E"] == 1


def test_rule_43_a_row_that_was_held_back_takes_no_number_away() -> None:
    rows = [{"receipt_no": f"R{number}", "transaction_no": str(number)} for number in range(5)]
    rows.insert(0, {"receipt_no": "R9", "transaction_no": "3", "amount": "-1.00"})
    desk = Desk()
    report = desk.take(filing("DWDKFS", SEPTEMBER, *rows))["DWDKFS"]
    assert report.refused_row_count == 1


def test_rule_44_the_number_of_an_only_row_is_no_filler() -> None:
    assert broken(filing("DWDKFS", SEPTEMBER, {}), "DWDKFS")["44W"] == 0


def test_rule_44_a_number_on_most_rows_tells_nothing_apart_and_holds_nothing_back() -> None:
    rows = [{"receipt_no": f"R{number}", "transaction_no": "1"} for number in range(5)]
    desk = Desk()
    report = desk.take(filing("DWDKFS", SEPTEMBER, *rows))["DWDKFS"]
    assert [(one.rule, one.count) for one in report.finding_counts] == [("44", 1)]
    assert report.refused_row_count == 0
    assert report.event_types == {"loan_disbursed": 5}


def test_rule_45_a_borrower_is_a_customer_as_the_table_of_customers_has_it() -> None:
    stock = filing("CLDWDK", SEPTEMBER, {}, {"receipt_no": "R2", "borrower_id": OTHER_FIRM})
    assert unchecked(stock, "CLDWDK") == ["45", "51", "55"]
    both = filing("FTYKHX", SEPTEMBER, {}, {"customer_id": OTHER_FIRM})
    assert broken(stock | both, "CLDWDK")["45E"] == 0
    one = filing("FTYKHX", SEPTEMBER, {})
    assert broken(stock | one, "CLDWDK")["45E"] == 1
    for name, value in (("size", "CS04"), ("ownership", "B01"), ("sector", "C02")):
        other = filing("FTYKHX", SEPTEMBER, {}, {"customer_id": OTHER_FIRM, name: value})
        assert broken(stock | other, "CLDWDK")["45E"] == 1, name


def test_rule_45_a_customer_whose_row_is_held_back_is_none() -> None:
    files = filing("CLDWDK", SEPTEMBER, {}) | filing("FTYKHX", SEPTEMBER, {"is_listed": "7"})
    assert broken(files, "CLDWDK")["45E"] == 1


def test_rule_46_a_customer_once_reported_stays() -> None:
    both = filing("FTYKHX", SEPTEMBER, {}, {"customer_id": OTHER_FIRM})
    stays = filing("FTYKHX", OCTOBER, {"customer_id": OTHER_FIRM}, {})
    assert broken(stays, "FTYKHX", before=both)["46P"] == 0
    desk = Desk()
    desk.take(both)
    report = desk.take(filing("FTYKHX", OCTOBER, {}))["FTYKHX"]
    assert [(one.rule, one.found) for one in report.findings if one.level == "P"] == [("46", "1")]
    assert report.refused_row_count == 0


def test_rule_51_a_secured_loan_has_a_contract() -> None:
    stock = filing("CLDWDK", SEPTEMBER, {"guarantee_kind": "B01"}, {"receipt_no": "R2"})
    assert "51" in unchecked(stock, "CLDWDK")
    assert broken(stock | filing("DBHTXX", SEPTEMBER, {}), "CLDWDK")["51E"] == 0
    other = filing("DBHTXX", SEPTEMBER, {"secured_contract_no": "HT9"})
    assert broken(stock | other, "CLDWDK")["51E"] == 1
    assert "51" not in unchecked(stock | other, "CLDWDK")


def test_rule_52_collateral_belongs_to_a_contract() -> None:
    collateral = filing("DBWXX", SEPTEMBER, {})
    assert unchecked(collateral, "DBWXX") == ["52"]
    assert broken(collateral | filing("DBHTXX", SEPTEMBER, {}), "DBWXX")["52E"] == 0
    other = filing("DBHTXX", SEPTEMBER, {"guarantee_no": "DB9"})
    assert broken(collateral | other, "DBWXX")["52E"] == 1


def test_rule_55_opening_and_flows_give_the_closing() -> None:
    before = stock_of(AUGUST, "1000.00") | filing("DWDKFS", AUGUST)
    flows = filing("DWDKFS", SEPTEMBER, repaid("1"))
    assert broken(stock_of(SEPTEMBER, "900.00") | flows, "CLDWDK", before=before)["55P"] == 0
    desk = Desk()
    desk.take(before)
    report = desk.take(stock_of(SEPTEMBER, "900.01") | flows)["CLDWDK"]
    (gap,) = [one for one in report.findings if one.rule == "55"]
    assert (gap.level, gap.line) == ("P", 1)
    assert gap.found.endswith(": 900.01 ≠ 900.00")
    assert report.refused_row_count == 0  # A finding; the events count.


def test_rule_55_says_why_it_was_not_looked_at() -> None:
    before = stock_of(AUGUST, "1000.00")
    stock, flows = stock_of(SEPTEMBER, "1000.00"), filing("DWDKFS", SEPTEMBER)
    assert "55" in unchecked(stock, "CLDWDK", before=before)
    assert "55" in unchecked(flows, "DWDKFS", before=before)
    assert "55" not in unchecked(stock | flows, "CLDWDK", before=before)
    later = stock_of(OCTOBER, "1000.00") | filing("DWDKFS", OCTOBER)
    assert "55" in unchecked(later, "CLDWDK", before=before)  # September is missing.
    held = stock | filing("DWDKFS", SEPTEMBER, repaid("1", amount="-1.00"))
    assert "55" in unchecked(held, "CLDWDK", before=before)


def test_rule_56_what_comes_or_goes_has_a_flow() -> None:
    before = stock_of(AUGUST, "100.00") | filing("DWDKFS", AUGUST)
    empty, none = filing("CLDWDK", SEPTEMBER), filing("DWDKFS", SEPTEMBER)
    closed = filing("DWDKFS", SEPTEMBER, repaid("1", closed_on="2026-09-20"))
    assert broken(empty | closed, "CLDWDK", before=before)["56P"] == 0
    assert broken(empty | none, "CLDWDK", before=before)["56P"] == 1
    new = stock_of(SEPTEMBER, "100.00", receipt_no="NEW")
    assert broken(new | closed, "CLDWDK", before=before)["56P"] == 1
    drawn = {"receipt_no": "NEW", "amount": "100.00", "amount_cny": "100.00"}
    both = filing("DWDKFS", SEPTEMBER, repaid("1"), drawn)
    assert broken(new | both, "CLDWDK", before=before)["56P"] == 0


def test_rule_56_names_the_receipts_that_left_though_no_line_of_this_file_has_them() -> None:
    rows = [OLD | {"receipt_no": f"R{number}"} for number in range(9)]
    desk = Desk()
    desk.take(filing("CLDWDK", AUGUST, *rows) | filing("DWDKFS", AUGUST))
    report = desk.take(filing("CLDWDK", SEPTEMBER) | filing("DWDKFS", SEPTEMBER))["CLDWDK"]
    left = [one for one in report.findings if one.rule == "56"]
    assert {one.line for one in left} == {0}
    assert [one.found for one in left] == [f"R{number}: 0.00 ≠ 2750000.00" for number in range(9)]


@pytest.mark.parametrize(("balance", "count"), [("1300.00", 0), ("1300.01", 1), ("699.99", 1)])
def test_rule_57_a_book_that_moves_by_a_third_is_told(balance: str, count: int) -> None:
    before = stock_of(AUGUST, "1000.00")
    assert broken(stock_of(SEPTEMBER, balance), "CLDWDK", before=before)["57W"] == count
