"""One row or more that breaks each rule, and where; mended when the field is as its example."""

import datetime as dt
from typing import NamedTuple

from infra.imports.pboc.rule import Level
from tests.infra.pboc.filings import FIRM, OTHER_FIRM, PASSPORT, PERIOD

E, W = Level.REFUSE, Level.WARN


class Case(NamedTuple):
    """The first row is broken in ``field``; the rows after it are as ``beside`` has them."""

    number: str
    level: Level
    table: str
    field: str
    changed: dict[str, str]
    beside: tuple[dict[str, str], ...] = ()
    period: dt.date = PERIOD

    def __str__(self) -> str:
        return f"rule {self.number} {self.level} {self.table}:{self.field}"


def _case(number: str, level: Level, table: str, field: str, found: str, **changed: str) -> Case:
    return Case(number, level, table, field, {field: found, **changed})


_CLEAR = "11010119900101123X"
_EXTENDED = {"extended_to": "2026-12-17", "matures_on": "2026-03-17", "disbursed_on": "2025-03-18"}
_OLD = {"disbursed_on": "2025-09-22", "direction": "0"}
_ENDED = {**_OLD, "flow_status": "LF02"}


def _dollars(table: str, amount: tuple[str, str], cny: tuple[str, str]) -> dict[str, str]:
    """Return a sum in dollars; of bills both currencies are changed, of the sums only these."""
    currencies = ("currency", "discount_currency") if "PJ" in table else ("currency",)
    return {**dict.fromkeys(currencies, "USD"), amount[0]: amount[1], cny[0]: cny[1]}


FORM = (
    _case("M", E, "DWDKFS", "currency", ""),
    _case("M", E, "GRDKFS", "disbursed_on", ""),
    _case("M", E, "CLGRDK", "disbursed_on", ""),
    _case("T", E, "DWDKFS", "matures_on", "20270902"),
    _case("T", E, "CLPJRZ", "issued_on", "2026-02-30"),
    _case("1", E, "DWDKFS", "institution_id", FIRM),
    _case("6", E, "DWDKFS", "amount", "3000000"),
    _case("6", E, "CLDWDK", "balance", "3,000,000.00"),
    _case("6", E, "CLDWDK", "balance", "3.00E+06"),
    _case("7", E, "DWDKFS", "receipt_no", "X" * 101),
    _case("7", E, "FTYKHX", "customer_name", "甲" * 201),
    _case("7", W, "FTYKHX", "customer_name", "甲" * 100),
    _case("8", E, "DWDKFS", "purpose_text", "采购 电子元件"),
    _case("8", E, "DWDKFS", "purpose_text", "采购电子元件！"),
    _case("8", E, "FTYKHX", "registered_address", "一路1号^"),
    _case("8", E, "FTYKHX", "business_scope", "制造,销售"),
    _case("8", E, "DWDKFS", "borrower_id", "沪 0001", borrower_id_type="A03"),
    _case("14", E, "DWDKFS", "borrower_sector", "C09"),
    _case("14", E, "PJRZFS", "applicant_sector", "X"),
    _case("14", W, "DWDKFS", "product_code", "F777"),
)
IDENTITY = (
    _case("9", E, "DWDKFS", "borrower_id", "91310115XXDEM001"),
    _case("9", E, "DWDKFS", "borrower_id", "71990115XXDEM0015M"),  # No such province.
    _case("9", E, "CLDWDK", "borrower_id", "98310115XXDEM0015M"),  # No such registering body.
    _case("10", W, "DWDKFS", "borrower_id", "91310115XXDEM00150"),
    _case("10", W, "DWDKFS", "borrower_id", "XXDEM0010", borrower_id_type="A02"),
    _case("11", E, "DWDKFS", "borrower_id", "XXDEM001-9", borrower_id_type="A02"),
    _case("12", E, "CLGRDK", "borrower_id", _CLEAR),
    _case("12", E, "DBHTXX", "guarantor_id", _CLEAR, guarantor_id_type="Z99"),
    _case("12", E, "PJRZFS", "drawer_id", _CLEAR, drawer_id_type=""),
    _case("12", E, "GRDKFS", "purpose_text", f"给{_CLEAR}装修"),
    _case("12", W, "CLGRDK", "borrower_id", f"31010120270101{PASSPORT}"),
    _case("12", W, "GRDKFS", "borrower_id", f"31010119900230{PASSPORT}"),
    _case("13", E, "GRDKFS", "borrower_id", PASSPORT),
    _case("13", E, "GRKHXX", "customer_id", "31010119900101"),
)
BORROWER = (
    _case("15", E, "DWDKFS", "borrower_sector", "D01", borrower_size="CS05"),
    _case("15", E, "FTYKHX", "sector", "B03"),
    _case("16", E, "CLDWDK", "borrower_sector", "A04"),
    _case("16", E, "CLPJRZ", "applicant_sector", "A04"),
    _case("16", E, "CLWTDK", "trustor_sector", "D01"),
    _case("16", E, "FTYKHX", "sector", "A04"),
    _case("17", E, "CLDWDK", "borrower_size", "CS05"),
    _case("17", E, "PJRZFS", "applicant_size", ""),
    _case("17", E, "WTDKFS", "trustor_size", "CS05"),
    _case("17", E, "FTYKHX", "size", ""),
    _case("18", E, "DBHTXX", "guarantor_size", "CS03", guarantor_sector="D01"),
    _case("19", W, "DWDKFS", "borrower_industry", "C39", borrower_sector="E04"),
    _case("19", W, "PJRZFS", "applicant_industry", "C39", applicant_sector="E04"),
    _case("19", W, "WTDKFS", "trustor_industry", "C39", trustor_sector="E04"),
    _case("19", W, "FTYKHX", "industry", "C39", sector="E04"),
    _case("19", W, "DBHTXX", "guarantor_industry", "C39", guarantor_sector="E05"),
    _case("19", W, "CLDWDK", "use_industry", "C391", borrower_sector="E04"),
)
DATES = (
    _case("20", E, "DWDKFS", "matures_on", "2026-09-02"),
    _case("20", E, "CLGRDK", "matures_on", "2026-09-02"),
    _case("20", E, "PJRZFS", "matures_on", "2026-09-07"),
    _case("21", E, "CLDWDK", "disbursed_on", "2026-10-01"),
    _case("21", E, "CLPJRZ", "traded_on", "2026-10-01"),
    _case("22", E, "DWDKFS", "closed_on", "2025-09-21", **_OLD),
    _case("22", E, "GRDKFS", "closed_on", "2026-08-31", **_OLD),
    _case("23", E, "DWDKFS", "disbursed_on", "2026-08-31"),
    _case("23", E, "WTDKFS", "disbursed_on", "2026-08-31"),
    _case("23", E, "PJRZFS", "traded_on", "2026-08-31", bill_flow_kind="A02"),
    _case("24", E, "DWDKFS", "closed_on", "2026-09-28"),
    _case("25", E, "DWDKFS", "closed_on", "", **_ENDED),
    _case("25", E, "DWDKFS", "closed_on", "", **_OLD, flow_status="LF05", restructuring_kind="02"),
    _case("25", E, "GRDKFS", "closed_on", "", **_ENDED),
    _case("25", W, "GRDKFS", "closed_on", "", **_ENDED, product_code="F0219"),
)
EXTENSION = (
    _case(
        "27", E, "CLDWDK", "reprices_on", "2026-03-17",
        **_EXTENDED, rate_kind="RF01", loan_status="LS02",
    ),
    _case("28", E, "CLGRDK", "reprices_on", "2026-12-18", **_EXTENDED, loan_status="LS02"),
    _case("29", E, "CLDWDK", "extended_to", "2026-03-17", matures_on="2026-03-17",
          loan_status="LS02"),
    _case("30", E, "CLDWDK", "extended_to", "2027-09-02", loan_status="LS04"),
    _case("30", E, "CLWTDK", "extended_to", "2027-09-03", loan_status="LS04"),
    _case("31", E, "CLDWDK", "loan_status", "LS01", **_EXTENDED),
    _case("32", E, "CLDWDK", "reprices_on", "2027-03-04", rate_kind="RF01",
          matures_on="2027-03-03"),
    _case("33", E, "CLDWDK", "reprices_on", "2027-09-03"),
    _case("33", E, "CLGRDK", "reprices_on", "2026-09-02"),
    _case("34", E, "CLDWDK", "overdue_kind", "", loan_status="LS03"),
    _case("35", W, "CLDWDK", "loan_status", "LS02", **_EXTENDED | {"extended_to": "2026-09-29"}),
    _case("35", W, "CLDWDK", "loan_status", "LS01", disbursed_on="2025-08-25",
          matures_on="2026-08-24"),
    _case("35", W, "CLPJRZ", "loan_status", "LS01", matures_on="2026-09-29"),
)  # fmt: skip
_MONEY_FIELDS = {
    "DWDKFS": ("amount", "amount_cny"),
    "CLGRDK": ("balance", "balance_cny"),
    "PJRZFS": ("face_amount", "face_amount_cny"),
    "CLPJRZ": ("discount_amount", "discount_amount_cny"),
}
MONEY = (
    *(
        _case("36", E, table, field, found)
        for table, fields in _MONEY_FIELDS.items()
        for field, found in zip(fields, ("-250000.00", "0.00"), strict=True)
    ),
    _case("36", E, "CLDWDK", "balance", "100000000000000.01"),
    _case("36", E, "FTYKHX", "credit_limit", "-1.00"),
    _case("36", E, "GRKHXX", "credit_used", "-0.01"),
    *(
        _case("37", E, table, fields[1], "3000000.01", **{fields[0]: "3000000.00"})
        for table, fields in _MONEY_FIELDS.items()
    ),
    _case("37", E, "DBHTXX", "amount_cny", "0.00"),
    *(
        Case(
            "38",
            W,
            table,
            fields[1],
            _dollars(table, (fields[0], "1200000.00"), (fields[1], found)),
            (_dollars(table, (fields[0], "100.00"), (fields[1], "710.00")),) * 3,
        )
        for table, fields, found in (
            ("CLDWDK", ("balance", "balance_cny"), "8563000.00"),
            ("CLPJRZ", ("face_amount", "face_amount_cny"), "8563000.00"),
            ("CLPJRZ", ("discount_amount", "discount_amount_cny"), "8563000.00"),
            ("DWDKFS", ("amount", "amount_cny"), "8950000.00"),
            ("PJRZFS", ("face_amount", "face_amount_cny"), "8950000.00"),
            ("PJRZFS", ("discount_amount", "discount_amount_cny"), "8950000.00"),
        )
    ),
    _case("39", E, "DWDKFS", "benchmark_rate_pct", ""),
    _case("40", E, "DWDKFS", "rate_pct", "0.00000"),
    _case("40", E, "CLPJRZ", "rate_pct", "100.00001"),
    _case("40", W, "CLGRDK", "rate_pct", "30.00001"),
    _case("41", E, "WTDKFS", "fee_cny", "-1.00"),
)
CUSTOMER = (
    _case("47", E, "FTYKHX", "first_credit_on", "2015-03-02"),
    _case("48", E, "FTYKHX", "basic_account_bank", ""),
    _case("48", E, "FTYKHX", "controller_id_types", "", controller_ids=OTHER_FIRM),
    _case("49", W, "FTYKHX", "operating_status", "06")._replace(period=dt.date(2027, 1, 31)),
    _case("50", W, "GRKHXX", "credit_used", "5000000.01"),
    _case("50", W, "FTYKHX", "credit_used", "5000000.01"),
)
CASES = (*FORM, *IDENTITY, *BORROWER, *DATES, *EXTENSION, *MONEY, *CUSTOMER)
