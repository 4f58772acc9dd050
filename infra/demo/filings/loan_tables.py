"""Loans to units and to persons: what moved in the month, and the stock at its end."""

import numpy as np
import pyarrow as pa

from infra.demo.event_rows import FIRST_LOAN, Rows, What
from infra.demo.filings.fields import BLANK, Field, days, money, picked, rates, told, where
from infra.demo.filings.month_books import DECREASES, MonthBooks
from infra.demo.filings.places import Places
from infra.demo.fixed_texts import numbered_texts
from infra.demo.loan_book import FIXED, Loans, repricing_day
from infra.demo.purposes import PRODUCTS, PURPOSES
from schemas.codes import GUARANTEE_KINDS, LOAN_CLASSES, GuaranteeKind
from schemas.units import AnyArray, BoolArray, Int64Array

GUARANTEES = {
    GuaranteeKind.PLEDGE: "A",
    GuaranteeKind.MORTGAGE: "B01",
    GuaranteeKind.GUARANTEE: "C99",
    GuaranteeKind.CREDIT: "D",
    GuaranteeKind.COMBINED: "E01",
    GuaranteeKind.OTHER: "Z",
}
_LPR, _OTHER_BENCHMARK = "TR05", "TR99"
_PURPOSE_TEXTS = ("采购原材料", "补充流动资金", "支付货款", "经营周转")
_PURPOSES_OF_PRODUCT = {
    "F022": _PURPOSE_TEXTS,
    "F023": ("购置设备", "厂房建设", "技术改造", "设备更新"),
    "F0211": ("购买住房",) * 4,
    "F0219": ("家庭消费", "房屋装修", "购买家电", "教育支出"),
    "F081": ("进口押汇", "出口押汇", "进口付汇", "出口发货"),
}
_PURPOSE_COLUMN = pa.array([text for code in PRODUCTS for text in _PURPOSES_OF_PRODUCT[code]])
_NO_INDUSTRY = "1000"
_INDUSTRIES = [code or _NO_INDUSTRY for code in PURPOSES]
_GUARANTEE_CODES = [GUARANTEES[kind] for kind in GUARANTEE_KINDS]
_CLASS_CODES = [str(loan_class) for loan_class in LOAN_CLASSES]
_FLOW_STATUS = {
    What.DISBURSED: "LF01",
    What.ACQUIRED: "LF04",
    What.REPAID: "LF01",
    What.REFINANCED: "LF05",
    What.WRITTEN_OFF: "LF02",
    What.TRANSFERRED: "LF04",
    What.SECURITISED: "LF07",
    What.IN_KIND: "LF06",
}
_RESTRUCTURED = "LF05"
_ENDING = (
    What.REFINANCED, What.WRITTEN_OFF, What.TRANSFERRED, What.SECURITISED, What.IN_KIND,
)  # fmt: skip


def flow_fields(
    places: Places, books: MonthBooks, flows: Rows, loans: Loans, closed: Int64Array, *, unit: bool
) -> dict[str, Field]:
    """Return the fields of DWDKFS or, where not ``unit``, GRDKFS."""
    what = flows["what"]
    is_in = np.isin(what, (What.DISBURSED, What.ACQUIRED))
    # Of a loan that was bought, the flow tells the day of the purchase and the stock the first.
    disbursed = np.where(what == What.ACQUIRED, flows["day"], loans["disbursed"])
    reprices = np.minimum(repricing_day(loans, books.month.last_day), loans["matures"])
    fields = _loan_fields(places, books, loans, reprices, unit=unit)
    fields |= {
        "disbursed_on": days(disbursed),
        "closed_on": days(closed),
        "amount": money(flows["amount"]),
        "amount_cny": money(flows["amount_cny"]),
        "rate_pct": rates(flows["rate"]),
        "is_first_loan": _first_loans(flows["marks"]),
        "flow_status": _flow_status(flows),
        "abs_product_no": _securities(books, flows),
        "restructuring_kind": picked(("", "01", "02"), flows["restructuring"]),
        "direction": picked(("0", "1"), is_in.astype(np.int8)),
        "transaction_no": (numbered_texts("LS", flows["number"], 12),),
    }
    return fields


def stock_fields(
    places: Places, books: MonthBooks, loans: Loans, *, unit: bool
) -> dict[str, Field]:
    """Return the fields of CLDWDK or, where not ``unit``, CLGRDK."""
    is_overdue, is_extended = loans["overdue"] > 0, loans["extended_to"] > 0
    status = np.where(is_overdue, 2, is_extended.astype(np.int8))
    fields = _loan_fields(
        places, books, loans, repricing_day(loans, books.month.last_day), unit=unit
    )
    return fields | {
        "disbursed_on": days(loans["disbursed"]),
        "extended_to": days(loans["extended_to"]),
        "balance": money(loans["balance"]),
        "balance_cny": money(loans["cny"]),
        "rate_pct": rates(loans["rate"]),
        "loan_class": picked(_CLASS_CODES, loans["loan_class"]),
        "loan_status": picked(("LS01", "LS02", "LS03"), status),
        "overdue_kind": picked(("", "01", "02", "03"), loans["overdue"]),
    }


def closing_days(flows: Rows, ended: AnyArray) -> Int64Array:
    """Return the day on which a flow ended its loan, 0 where it did not.

    Args:
        flows: in the order of telling within a bank.
        ended: numbers of the loans of which nothing is left.

    """
    is_out = np.isin(flows["what"], DECREASES)
    # The last decrease of a loan of which nothing is left has settled it.
    place = np.flatnonzero(is_out & np.isin(flows["loan"], ended))
    backwards = place[::-1]
    _, first = np.unique(flows["loan"][backwards], return_index=True)
    is_closing: BoolArray = np.zeros(flows.size, np.bool_)
    is_closing[backwards[first]] = True
    is_closing |= np.isin(flows["what"], _ENDING)
    return np.where(is_closing, flows["day"], 0).astype(np.int64)


def _loan_fields(
    places: Places, books: MonthBooks, loans: Loans, reprices: AnyArray, *, unit: bool
) -> dict[str, Field]:
    """Return the fields that flows and stock have in common."""
    borrower = books.world.accounts.borrower[loans["account"]]
    is_fixed = loans["reprices"] == FIXED
    product = loans["product"].astype(np.int64)
    fields = places.institution(loans["bank"], loans["account"])
    if unit:
        fields |= places.unit("borrower_", borrower, books.size[loans["account"]], books.holding)
        fields["use_industry"] = picked(_INDUSTRIES, loans["purpose"])
    else:
        fields |= places.person(borrower)
    return fields | {
        "receipt_no": (numbered_texts("DK", loans["loan"], 10),),
        "contract_no": (numbered_texts("HT", loans["contract"], 10),),
        "product_code": picked(PRODUCTS, product),
        "matures_on": days(loans["matures"]),
        "currency": picked(("CNY", "USD"), loans["is_usd"].astype(np.int8)),
        "rate_kind": picked(("RF02", "RF01"), is_fixed.astype(np.int8)),
        "benchmark_kind": picked((_LPR, _OTHER_BENCHMARK), loans["is_usd"].astype(np.int8)),
        "benchmark_rate_pct": rates(np.where(is_fixed, 0, loans["benchmark"])),
        "fiscal_support": BLANK,
        "reprices_on": days(reprices),
        "guarantee_kind": picked(_GUARANTEE_CODES, loans["guarantee"]),
        "is_first_loan": _first_loans(loans["marks"]),
        "purpose_text": picked(_PURPOSE_COLUMN, 4 * product + loans["loan"] % 4),
    }


def _first_loans(marks: AnyArray) -> Field:
    return picked(("0", "1"), ((marks & FIRST_LOAN) > 0).astype(np.int8))


def _flow_status(flows: Rows) -> Field:
    codes = tuple(_FLOW_STATUS.get(what, "") for what in What)
    is_restructured = (flows["what"] == What.DISBURSED) & (flows["restructuring"] > 0)
    return picked((*codes, _RESTRUCTURED), np.where(is_restructured, len(codes), flows["what"]))


def _securities(books: MonthBooks, flows: Rows) -> Field:
    """Return the product into which a bank has put its loans: one a bank and month."""
    month = books.month.year * 100 + books.month.number
    product = told(flows["bank"], lambda bank: f"ABS{month}{bank:03d}")
    return where(flows["what"] == What.SECURITISED, product)
