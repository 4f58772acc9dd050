"""What is kept of a row between the two passes over a file: a key, and the numbers compared.

A receipt (借据) is known by receipt and contract number, a bill by its number and the kind of
discount, a customer by kind and number of the identity document. Texts stay in the file and are
found again by their line.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.imports.pboc.rows import Rows
from infra.imports.pboc.spill import Records, text_hash, text_hashes
from schemas.codes import LOAN_CLASSES
from schemas.columns import NONE_CODE, Ids
from schemas.units import AnyArray, Int64Array, UInt8Array, UInt64Array

BEFORE, NOW, FLOW = 0, 1, 2  # ``source``: the stock before, the stock of this month, its flows.

RECEIPT = np.dtype([
    ("high", "u8"),
    ("low", "u8"),
    ("unique", "u8"),  # Of the whole key of the table.
    ("source", "u1"),
    ("line", "u4"),
    ("direction", "i1"),  # Of a flow: +1 raises the balance, -1 lowers it.
    ("amount", "i8"),  # In the currency's hundredths.
    ("cny", "i8"),
    ("rate", "i4"),
    ("loan_class", "u1"),  # Index into LOAN_CLASSES; NONE_CODE in flows.
    ("currency", "u4"),
    ("matures", "i4"),  # Days; 0 where there is none, as in the next three.
    ("extended", "i4"),
    ("reprices", "i4"),
    ("closed", "i4"),
    ("overdue", "u1"),  # 0, or 1 principal, 2 interest, 3 both.
    ("is_shortened", "?"),
])  # fmt: skip
CUSTOMER = np.dtype([
    ("high", "u8"),
    ("low", "u8"),
    ("source", "u1"),
    ("line", "u4"),
    ("profile", "u8"),  # What of the profile an event carries.
    ("credit", "u8"),  # The credit line and what is used of it.
])  # fmt: skip
# Whose loan it is, to be compared with the table of customers.
BORROWER = np.dtype([
    ("high", "u8"),
    ("low", "u8"),
    ("source", "u1"),
    ("line", "u4"),
    ("sector", "u4"),
    ("size", "u4"),
    ("ownership", "u4"),
])  # fmt: skip
# What must not come twice in a file, or must be there in another.
MARK = np.dtype([("high", "u8"), ("low", "u8"), ("source", "u1"), ("line", "u4")])

# Fields that the records of an earlier filing are made from.
COMPARED_FIELDS = frozenset((
    "receipt_no", "contract_no", "bill_no", "discount_kind", "balance", "balance_cny",
    "face_amount", "face_amount_cny", "rate_pct", "currency", "matures_on", "extended_to",
    "reprices_on", "loan_class", "loan_status", "overdue_kind", "customer_id_type", "customer_id",
    "sector", "ownership", "size", "industry", "region", "person_kind", "credit_limit",
    "credit_used",
))  # fmt: skip
OVERDUE_KINDS = {"01": 1, "02": 2, "03": 3}


def _coded_numbers(coded: Ids, number_of: dict[str, int], otherwise: int) -> Int64Array:
    """Return a number for every row by what stands in a field."""
    numbers = np.fromiter(
        (number_of.get(text, otherwise) for text in coded.values), np.int64, len(coded.values)
    )
    return numbers[coded.codes] if numbers.size else np.zeros(coded.codes.size, np.int64)


def short_hashes(rows: Rows, name: str) -> AnyArray:
    """Return 32 bits that tell the values of a field apart."""
    coded = rows.coded(name)
    if not coded.values:
        return np.zeros(rows.size, np.uint32)
    hashes = text_hash(pa.array(coded.values, pa.string())) >> np.uint64(32)
    return hashes.astype(np.uint32)[coded.codes]


def loan_classes(rows: Rows) -> UInt8Array:
    """Return indexes into LOAN_CLASSES, NONE_CODE where there is none."""
    codes = {str(code): number for number, code in enumerate(LOAN_CLASSES)}
    return _coded_numbers(rows.coded("loan_class"), codes, NONE_CODE).astype(np.uint8)


def receipt_hashes(rows: Rows) -> tuple[UInt64Array, UInt64Array]:
    """Return the key by which a receipt or a bill is known in every table of its family."""
    if rows.spec.family == "bills":
        return text_hashes(rows.texts("bill_no"), rows.texts("discount_kind"))
    return text_hashes(rows.texts("receipt_no"), rows.texts("contract_no"))


def amount_names(rows: Rows) -> tuple[str, str]:
    """Return the fields of the amount that moves or stands, in its currency and in yuan."""
    if rows.spec.family == "bills":
        return "face_amount", "face_amount_cny"
    return ("balance", "balance_cny") if rows.spec.role == "stock" else ("amount", "amount_cny")


def directions(rows: Rows) -> AnyArray:
    """Return +1 for a flow that raises the balance and -1 for one that lowers it."""
    if rows.spec.family == "bills":
        return np.where(rows.starting("bill_flow_kind", ("A",)), 1, -1).astype(np.int8)
    return np.where(rows.one_of("direction", ("1",)), 1, -1).astype(np.int8)


def _days(rows: Rows, name: str) -> AnyArray:
    return rows.day(name).day if name in rows.names else np.zeros(rows.size, np.int32)


def receipt_records(rows: Rows, source: int) -> Records:
    """Return what is kept of rows of a stock or flow table."""
    records = np.zeros(rows.size, RECEIPT)
    records["high"], records["low"] = receipt_hashes(rows)
    if source != BEFORE:  # What was kept of an earlier file is known to be unique.
        rest = [name for name in rows.spec.key if name != "institution_id"]
        records["unique"] = text_hash(*(rows.texts(name) for name in rest))
    records["source"], records["line"] = source, rows.line
    amount, cny = amount_names(rows)
    records["amount"], records["cny"] = rows.number(amount).value, rows.number(cny).value
    # Both count in the fifth decimal of a percent, so the number is the rate in mbp.
    records["rate"] = np.minimum(rows.number("rate_pct").value, 2**31 - 1)
    records["currency"] = short_hashes(rows, "currency")
    records["matures"], records["extended"] = _days(rows, "matures_on"), _days(rows, "extended_to")
    records["reprices"], records["closed"] = _days(rows, "reprices_on"), _days(rows, "closed_on")
    if source == FLOW:
        records["direction"] = directions(rows)
        records["loan_class"] = NONE_CODE
        return records
    records["loan_class"] = loan_classes(rows)
    if "loan_status" in rows.names:
        records["is_shortened"] = rows.one_of("loan_status", ("LS04",))
        if "overdue_kind" in rows.names:
            kind = _coded_numbers(rows.coded("overdue_kind"), OVERDUE_KINDS, 0)
            is_overdue = rows.one_of("loan_status", ("LS03",))
            records["overdue"] = np.where(is_overdue, np.maximum(kind, 1), 0)
    return records


def customer_records(rows: Rows, source: int) -> Records:
    """Return what is kept of rows of a table of customers."""
    records = np.zeros(rows.size, CUSTOMER)
    id_type, number = rows.texts("customer_id_type"), rows.texts("customer_id")
    records["high"], records["low"] = text_hashes(id_type, number)
    records["source"], records["line"] = source, rows.line
    profile: tuple[str, ...] = ("person_kind", "region")
    if rows.spec.code == "FTYKHX":
        profile = ("sector", "ownership", "size", "industry", "region")
    records["profile"] = text_hash(*(rows.texts(name) for name in profile))
    records["credit"] = text_hash(rows.texts("credit_limit"), rows.texts("credit_used"))
    return records


def borrower_records(rows: Rows, source: int) -> Records:
    """Return whose loan every row is; of a table of customers, who every row is."""
    prefix = "customer_" if rows.spec.role == "customers" else "borrower_"
    records = np.zeros(rows.size, BORROWER)
    id_type, number = rows.texts(f"{prefix}id_type"), rows.texts(f"{prefix}id")
    records["high"], records["low"] = text_hashes(id_type, number)
    records["source"], records["line"] = source, rows.line
    for name in ("sector", "size", "ownership"):
        field = name if rows.spec.role == "customers" else f"borrower_{name}"
        records[name] = short_hashes(rows, field)
    return records


def transaction_marks(rows: Rows) -> Records:
    """Return what must not come twice among the flows of a month: transaction and direction."""
    records = np.zeros(rows.size, MARK)
    kind = "bill_flow_kind" if rows.spec.family == "bills" else "direction"
    texts = rows.texts("transaction_no")
    records["high"], records["low"] = text_hashes(texts, rows.texts(kind))
    records["line"] = rows.line
    return records


def most_frequent(rows: Rows, name: str) -> tuple[str, int]:
    """Return the value that stands most often in a field of these rows, and how often."""
    if not rows.size:
        return "", 0
    counted = pc.value_counts(rows.texts(name))
    place = int(np.argmax(counted.field("counts").to_numpy()))
    return counted.field("values")[place].as_py(), counted.field("counts")[place].as_py()
