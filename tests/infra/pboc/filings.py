"""Rows of filings for tests: lines become ``Rows``, and a sound row of every table."""

import datetime as dt
from collections.abc import Mapping

from infra.imports.pboc.rows import Piece, Rows, rows_of_piece
from infra.imports.pboc.table_spec import TableSpec, spec_of

INSTITUTION = "91310000XXBANK018C"
PERIOD = dt.date(2026, 9, 30)
FIRM, OTHER_FIRM = "91310115XXDEM0015M", "91320102XXDEM0023R"
PERSON = "310101199001010cc175b9c0f1b6a831c399e269772661"
PASSPORT = "0cc175b9c0f1b6a831c399e269772661"
_EPOCH = dt.date(1970, 1, 1)

_PLACE = {
    "institution_id": INSTITUTION,
    "internal_org_no": "XB310001",
    "institution_region": "310115",
}
_LOAN = {
    "receipt_no": "XJ26090001",
    "contract_no": "HT26090001",
    "product_code": "F022",
    "disbursed_on": "2026-09-03",
    "matures_on": "2027-09-02",
    "currency": "CNY",
    "rate_kind": "RF02",
    "rate_pct": "3.45000",
    "benchmark_kind": "TR05",
    "benchmark_rate_pct": "3.00000",
    "reprices_on": "2027-01-01",
    "guarantee_kind": "D",
    "is_first_loan": "1",
    "purpose_text": "采购电子元件",
}
_FLOW = {
    "amount": "3000000.00",
    "amount_cny": "3000000.00",
    "flow_status": "LF01",
    "direction": "1",
    "transaction_no": "T2609030001",
}
_STOCK = {
    "balance": "2750000.00",
    "balance_cny": "2750000.00",
    "loan_class": "FQ01",
    "loan_status": "LS01",
}


def firm(party: str, number: str = FIRM) -> dict[str, str]:
    """Return the columns of a small private firm that is borrower, applicant or the like."""
    return {
        f"{party}id_type": "A01",
        f"{party}id": number,
        f"{party}sector": "C01",
        f"{party}industry": "C39",
        f"{party}region": "310115",
        f"{party}ownership": "B0102",
        f"{party}size": "CS03",
    }


_PERSON = {"borrower_id_type": "B01", "borrower_id": PERSON, "borrower_region": "310101"}
_UNIT_LOAN = {**_PLACE, **_LOAN, **firm("borrower_"), "use_industry": "C391"}
_PERSON_LOAN = {**_PLACE, **_LOAN, **_PERSON}
_BILL = {
    **_PLACE,
    **firm("applicant_"),
    "discount_kind": "01",
    "bill_kind": "01",
    "bill_medium": "02",
    "bill_no": "510229000001820260910000000001",
    "acceptor_name": "甲银行上海分行",
    "acceptor_id_type": "A01",
    "acceptor_id": INSTITUTION,
    "drawer_name": "乙公司",
    "drawer_id_type": "A01",
    "drawer_id": OTHER_FIRM,
    "issued_on": "2026-09-08",
    "matures_on": "2027-03-08",
    "traded_on": "2026-09-10",
    "currency": "CNY",
    "face_amount": "1000000.00",
    "face_amount_cny": "1000000.00",
    "discount_currency": "CNY",
    "discount_amount": "990000.00",
    "discount_amount_cny": "990000.00",
    "rate_pct": "1.55000",
}
_ENTRUSTED = {**_UNIT_LOAN, **firm("trustor_", OTHER_FIRM), "fee_cny": "3000.00"}
_CREDIT = {"credit_limit": "5000000.00", "credit_used": "2750000.00", "is_related_party": "0"}
_GUARANTEE = {**_PLACE, "guarantee_no": "DB26090001", "secured_contract_no": "HT26090001"}

SOUND: dict[str, Mapping[str, str]] = {
    "DWDKFS": {**_UNIT_LOAN, **_FLOW},
    "CLDWDK": {**_UNIT_LOAN, **_STOCK},
    "GRDKFS": {**_PERSON_LOAN, **_FLOW},
    "CLGRDK": {**_PERSON_LOAN, **_STOCK},
    "WTDKFS": {**_ENTRUSTED, **_FLOW},
    "CLWTDK": {**_ENTRUSTED, **_STOCK},
    "PJRZFS": {**_BILL, "bill_flow_kind": "A01", "transaction_no": "P2609100001"},
    "CLPJRZ": {**_BILL, **_STOCK},
    "FTYKHX": {
        **_PLACE,
        **_CREDIT,
        **firm(""),
        "customer_name": "丙电子有限公司",
        "customer_id_type": "A01",
        "customer_id": FIRM,
        "basic_account_no": "1001234509000000001",
        "basic_account_bank": "甲银行上海分行",
        "business_scope": "电子元件制造，销售",
        "registered_capital": "10000000.00",
        "employees": "86",
        "is_listed": "0",
        "first_credit_on": "2020-05-18",
        "registered_address": "上海市浦东新区一路1号",
        "operating_status": "01",
        "founded_on": "2015-03-02",
        "controller_id_types": "A01,B01",
        "controller_ids": f"{OTHER_FIRM},{PERSON}",
    },
    "GRKHXX": {
        **_PLACE,
        **_CREDIT,
        "customer_id_type": "B01",
        "customer_id": PERSON,
        "nationality": "CHN",
        "sex": "1",
        "born_on": "1990-01-01",
        "region": "310101",
        "personal_income": "200000.00",
        "person_kind": "2",
    },
    "DBHTXX": {
        **_GUARANTEE,
        **firm("guarantor_", OTHER_FIRM),
        "guarantee_contract_kind": "01",
        "secured_trade_kind": "02",
        "starts_on": "2026-09-03",
        "ends_on": "2027-09-02",
        "currency": "CNY",
        "amount": "3000000.00",
        "amount_cny": "3000000.00",
        "loan_to_value_pct": "60.00",
    },
    "DBWXX": {
        **_GUARANTEE,
        "collateral_no": "DY26090001",
        "collateral_kind": "B01",
        "title_nos": "沪2026浦字第000001号",
        "is_first_charge": "1",
        "appraisal_source": "01",
        "appraisal_method": "02",
        "appraised_value": "5000000.00",
        "appraised_on": "2026-08-31",
        "valuation_cycle": "99",
    },
}


def sound_row(table: str, **changed: str) -> str:
    """Return a line that breaks no rule of ``table``, with some fields changed."""
    spec = spec_of(table)
    assert set(changed) <= set(spec.names), f"{table} has no {set(changed) - set(spec.names)}"
    fields = {**SOUND[table], **changed}
    return "|".join(fields.get(name, "") for name in spec.names)


def rows_of(
    spec: TableSpec,
    lines: list[str],
    *,
    institution_id: str = INSTITUTION,
    period: dt.date = PERIOD,
) -> Rows:
    """Return ``lines`` as rows of the filing of a month."""
    rows, bad = rows_of_piece(
        spec,
        Piece(1, "\n".join(lines).encode()),
        institution_id=institution_id,
        period_first_day=(period.replace(day=1) - _EPOCH).days,
        period_last_day=(period - _EPOCH).days,
    )
    assert not bad, bad
    return rows
