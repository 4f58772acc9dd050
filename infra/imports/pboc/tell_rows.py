"""Rows become events: one each for flows and stock, a profile and a credit line for customers.

What decides an event's id is the row as it stands, and for a flow the rate and class at which it
is carried, because those come from other files: should they change, it is another event.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.imports.pboc.event_table import EventTable, coded_by
from infra.imports.pboc.filing_month import FilingMonth
from infra.imports.pboc.ledger import digests_of
from infra.imports.pboc.records import amount_names
from infra.imports.pboc.rows import Rows
from schemas.codes import GUARANTEE_KINDS, LOAN_CLASSES, BorrowerKind, FirmSize, Holding
from schemas.columns import Ids
from schemas.currencies import YUAN
from schemas.units import Int64Array, UInt8Array

# Kinds of identity document whose number says by its own shape what it is.
SELF_TELLING = ("A01", "A02")
FLOW_TYPES = (
    "loan_disbursed", "loan_acquired", "loan_repaid", "loan_refinanced", "loan_written_off",
    "loan_carved_out", "loan_transferred", "loan_settled_in_kind", "loan_securitised",
    "loan_converted_to_equity",
)  # fmt: skip
_OUT_TYPES = {
    "LF01": "loan_repaid",
    "LF02": "loan_written_off",
    "LF03": "loan_carved_out",
    "LF04": "loan_transferred",
    "LF05": "loan_refinanced",
    "LF06": "loan_settled_in_kind",
    "LF07": "loan_securitised",
    "LF08": "loan_converted_to_equity",
}
BILL_TYPES = ("bill_discounted", "bill_rediscounted", "bill_recovered")
BUSINESS_PRODUCTS = ("F022", "F023")
RENEWED = "01"  # 无还本续贷
_GUARANTEE_CODES = dict(zip("ABCDEZ", range(len(GUARANTEE_KINDS)), strict=True))
_CLASSES = [str(loan_class) for loan_class in LOAN_CLASSES]
_SIZES = {
    "CS01": FirmSize.LARGE,
    "CS02": FirmSize.MEDIUM,
    "CS03": FirmSize.SMALL,
    "CS04": FirmSize.MICRO,
}
_HOLDINGS = {
    "A01": Holding.STATE,
    "A02": Holding.COLLECTIVE,
    "B01": Holding.PRIVATE,
    "B02": Holding.HK_MACAO_TAIWAN,
    "B03": Holding.FOREIGN,
}
_PERSONS = {
    "1": BorrowerKind.FARMER,
    "2": BorrowerKind.INDIVIDUAL_BUSINESS,
    "3": BorrowerKind.SMALL_MICRO_OWNER,
    "9": BorrowerKind.OTHER_PERSON,
}


class Told(NamedTuple):
    """Events, with what their ids are made from and the lines they come from."""

    events: EventTable
    digests: UInt8Array
    line: Int64Array
    is_replaced: bool  # A later one takes its place; it is never reversed.


def borrower_ids(rows: Rows, prefix: str) -> pa.StringArray:
    """Return whose row it is; an id of an unusual kind travels with its kind."""
    texts = rows.texts(f"{prefix}id")
    id_type = rows.coded(f"{prefix}id_type")
    is_plain = [kind in SELF_TELLING or kind.startswith("B") for kind in id_type.values]
    if all(is_plain):
        return texts
    keep = np.array(is_plain, np.bool_)[id_type.codes]
    kinds = rows.texts(f"{prefix}id_type")
    return pc.if_else(pa.array(keep), texts, pc.binary_join_element_wise(kinds, texts, ":"))


def loan_kinds(rows: Rows) -> Ids:
    """Return the loan kind of every row of a stock or flow table."""
    if rows.spec.family == "corporate":
        return Ids(np.zeros(rows.size, np.int32), ["corporate"])
    if rows.spec.family == "bills":
        return Ids(np.zeros(rows.size, np.int32), ["bill_financing"])
    product = rows.coded("product_code")
    return mapped_to_few(
        product,
        [
            "personal_business" if c in BUSINESS_PRODUCTS else "personal_other"
            for c in product.values
        ],
    )


def mapped_to_few(coded: Ids, texts: list[str]) -> Ids:
    """Return ``texts`` in the place of the distinct ones, each of them once."""
    place: dict[str, int] = {}
    codes = np.array([place.setdefault(text, len(place)) for text in texts] or [0], np.int32)
    return Ids(codes[coded.codes], list(place) or [""])


def set_money(events: EventTable, rows: Rows, name: str) -> None:
    """Set an amount in the currency of the row, and in yuan where that is another."""
    amount, cny = amount_names(rows)
    currency = rows.coded("currency")
    is_foreign = ~rows.one_of("currency", (YUAN,))
    events.coded("currency", currency)
    events.number(f"{name}_minor", rows.number(amount).value)
    events.number(f"{name}_cny_minor", rows.number(cny).value, is_foreign)


def set_loan(events: EventTable, rows: Rows, month: FilingMonth) -> None:
    """Set what every event of a row of a stock or flow table has."""
    is_bill = rows.spec.family == "bills"
    events.constant("bank_id", month.bank_id)
    events.text("borrower_id", borrower_ids(rows, "applicant_" if is_bill else "borrower_"))
    if is_bill:
        events.text("bill_no", rows.texts("bill_no"))
        events.text("loan_id", rows.texts("bill_no"))
    else:
        events.text("loan_id", rows.texts("receipt_no"))
    events.coded("loan_kind", loan_kinds(rows))
    events.number("rate_mbp", rows.number("rate_pct").value)


def tell_flows(
    rows: Rows, raws: list[bytes], rate_mbp: Int64Array, loan_class: Int64Array, month: FilingMonth
) -> Told:
    """Return the events of rows of a flow table, carried at ``rate_mbp`` and ``loan_class``."""
    tell = _bill_flows if rows.spec.family == "bills" else _loan_flows
    events = tell(rows, month)
    events.number("rate_mbp", rate_mbp)
    events.coded("loan_class", coded_by(loan_class, _CLASSES))
    prefix = month.prefix_of(rows.spec.code)
    carried = zip(rate_mbp.tolist(), loan_class.tolist(), strict=True)
    parts = [b"%b%b\n%d %d" % (prefix, raw, *at) for raw, at in zip(raws, carried, strict=True)]
    return Told(events, digests_of(parts), rows.line, is_replaced=False)


def _loan_flows(rows: Rows, month: FilingMonth) -> EventTable:
    status, is_in = rows.coded("flow_status"), rows.one_of("direction", ("1",))
    out = [FLOW_TYPES.index(_OUT_TYPES.get(code, "loan_repaid")) for code in status.values]
    kind_out = np.array(out or [0], np.int64)[status.codes]
    is_acquired = rows.one_of("flow_status", ("LF04",))
    kind_in = np.where(is_acquired, 1, 0)
    events = EventTable(FLOW_TYPES, np.where(is_in, kind_in, kind_out))
    set_loan(events, rows, month)
    set_money(events, rows, "amount")
    day = np.where(is_in, rows.day("disbursed_on").day, rows.day("closed_on").day)
    events.coded("occurred_on", month.dates(day))
    events.coded("matures_on", rows.coded("matures_on"), ~rows.is_blank("matures_on"))
    events.coded("guarantee_kind", guarantee_kinds(rows))
    if "use_industry" in rows.names:
        events.coded("use_industry", rows.coded("use_industry"))
    events.coded("product_code", rows.coded("product_code"))
    events.flag("is_first_loan", rows.one_of("is_first_loan", ("1",)))
    is_renewed = rows.one_of("flow_status", ("LF05",))
    is_renewed &= rows.one_of("restructuring_kind", (RENEWED,))
    events.flag("is_renewal", is_renewed)
    events.flag("settles", ~rows.is_blank("closed_on"))
    events.coded("restructuring_kind", rows.coded("restructuring_kind"))
    events.coded("abs_product_no", rows.coded("abs_product_no"))
    return events


def _bill_flows(rows: Rows, month: FilingMonth) -> EventTable:
    kind = rows.coded("bill_flow_kind")
    types = [2 if code.startswith("B") else int(code == "A02") for code in kind.values]
    type_of = np.array(types or [0], np.int64)[kind.codes]
    events = EventTable(BILL_TYPES, type_of)
    set_loan(events, rows, month)
    set_money(events, rows, "amount")
    # Of a bill that left, the day in the file is that of its purchase: only the month is known.
    events.coded("occurred_on", month.dates(np.where(type_of == 2, 0, rows.day("traded_on").day)))
    events.coded("matures_on", rows.coded("matures_on"))
    events.number("discount_amount_minor", rows.number("discount_amount").value)
    return events


def guarantee_kinds(rows: Rows) -> Ids:
    """Return the kind of guarantee: the first letter of the code in the file."""
    coded = rows.coded("guarantee_kind")
    other = _GUARANTEE_CODES["Z"]
    kinds = [str(GUARANTEE_KINDS[_GUARANTEE_CODES.get(c[:1], other)]) for c in coded.values]
    return mapped_to_few(coded, kinds)


def tell_stock(rows: Rows, raws: list[bytes], month: FilingMonth) -> Told:
    """Return the balance that every row of a stock table reports: a check, which moves no sum."""
    events = EventTable(("balance_reported",), np.zeros(rows.size, np.int32))
    set_loan(events, rows, month)
    set_money(events, rows, "balance")
    events.constant("occurred_on", month.last_date)
    events.coded("loan_class", rows.coded("loan_class"))
    prefix = month.prefix_of(rows.spec.code)
    digests = digests_of([prefix + raw for raw in raws])
    return Told(events, digests, rows.line, is_replaced=False)


def tell_profiles(rows: Rows, month: FilingMonth, revision: int) -> Told:
    """Return the profiles of customers; of persons, those whose kind is known."""
    is_firm = rows.spec.code == "FTYKHX"
    if not is_firm:
        rows = rows.take(~rows.is_blank("person_kind"))
    events = EventTable(("borrower_profiled",), np.zeros(rows.size, np.int32))
    kinds = _firm_profile(events, rows) if is_firm else _person_profile(events, rows)
    events.coded("borrower_kind", kinds)
    events.coded("city", rows.coded("region"))
    told = ("sector", "ownership", "size", "industry", "region") if is_firm else (
        "person_kind", "region",
    )  # fmt: skip
    return _customer_told(events, rows, month, revision, ("profile", *told))


def _firm_profile(events: EventTable, rows: Rows) -> Ids:
    size, ownership = rows.coded("size"), rows.coded("ownership")
    sizes = [str(_SIZES.get(code, FirmSize.NOT_APPLICABLE)) for code in size.values]
    holdings = [str(_HOLDINGS.get(code[:3], Holding.NOT_APPLICABLE)) for code in ownership.values]
    events.coded("firm_size", mapped_to_few(size, sizes))
    events.coded("holding", mapped_to_few(ownership, holdings))
    events.coded("industry", rows.coded("industry"))
    # C99 is neither company nor other enterprise; it counts as a firm where it has a firm's size.
    is_firm = rows.one_of("sector", ("C01", "C02"))
    is_firm |= rows.one_of("sector", ("C99",)) & rows.one_of("size", tuple(_SIZES))
    kinds = [str(BorrowerKind.OTHER_UNIT), str(BorrowerKind.FIRM)]
    return Ids(is_firm.astype(np.int32), kinds)


def _person_profile(events: EventTable, rows: Rows) -> Ids:
    events.constant("firm_size", str(FirmSize.NOT_APPLICABLE))
    events.constant("holding", str(Holding.NOT_APPLICABLE))
    events.constant("industry", "100")
    person = rows.coded("person_kind")
    kinds = [str(_PERSONS.get(code, BorrowerKind.OTHER_PERSON)) for code in person.values]
    return mapped_to_few(person, kinds)


def tell_credit_lines(rows: Rows, month: FilingMonth, revision: int) -> Told:
    """Return the credit lines of customers, where the bank reports one."""
    rows = rows.take(~rows.is_blank("credit_limit"))
    events = EventTable(("credit_line_set",), np.zeros(rows.size, np.int32))
    events.number("limit_cny_minor", rows.number("credit_limit").value)
    events.number("used_cny_minor", rows.number("credit_used").value)
    return _customer_told(events, rows, month, revision, ("credit", "credit_limit", "credit_used"))


def _customer_told(
    events: EventTable, rows: Rows, month: FilingMonth, revision: int, told: tuple[str, ...]
) -> Told:
    events.constant("bank_id", month.bank_id)
    events.text("borrower_id", borrower_ids(rows, "customer_"))
    events.constant("occurred_on", month.last_date)
    events.number("revision", np.full(rows.size, revision))
    kind, *fields = told
    prefix = month.prefix_of(rows.spec.code).decode() + f"{kind} {revision}\n"
    parts = pc.binary_join_element_wise(
        pa.scalar(prefix),
        rows.texts("customer_id_type"),
        rows.texts("customer_id"),
        *(rows.texts(name) for name in fields),
        "|",
    )
    digests = digests_of([part.encode() for part in parts.to_pylist()])
    return Told(events, digests, rows.line, is_replaced=True)
