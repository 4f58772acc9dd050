"""What two stocks tell by their differences becomes events. The texts are those of the row."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.imports.pboc.derived import Derived
from infra.imports.pboc.event_table import EventTable, coded_by
from infra.imports.pboc.filing_month import FilingMonth
from infra.imports.pboc.ledger import digests_of
from infra.imports.pboc.rows import Rows
from infra.imports.pboc.spill import Records
from infra.imports.pboc.tell_rows import Told, borrower_ids, loan_kinds
from schemas.codes import LOAN_CLASSES
from schemas.currencies import YUAN
from schemas.units import AnyArray, UInt8Array

TYPES = {
    Derived.BROUGHT_FORWARD: "balance_brought_forward",
    Derived.REVALUED: "balance_revalued",
    Derived.REPRICED: "loan_repriced",
    Derived.RECLASSIFIED: "loan_reclassified",
    Derived.EXTENDED: "loan_extended",
    Derived.SHORTENED: "loan_shortened",
    Derived.OVERDUE: "loan_overdue",
    Derived.CURED: "loan_cured",
}
_TYPE_NAMES = tuple(TYPES[kind] for kind in Derived)
_CLASSES = [str(loan_class) for loan_class in LOAN_CLASSES]
_OVERDUE_KINDS = ["", "principal", "interest", "both"]
_IN_ID = (
    "kind", "amount", "cny", "closing", "closing_cny", "rate", "old_rate", "loan_class",
    "old_class", "old_end", "new_end", "day", "overdue",
)  # fmt: skip


def needed_columns(rows_names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fields of a table whose texts derived events carry."""
    wanted = (
        "receipt_no", "contract_no", "bill_no", "discount_kind", "borrower_id_type", "borrower_id",
        "applicant_id_type", "applicant_id", "product_code", "currency",
    )  # fmt: skip
    return tuple(name for name in rows_names if name in wanted)


def tell_derived(rows: Rows, derived: Records, month: FilingMonth) -> Told:
    """Return the events of ``derived``, of which each belongs to the row of the same place."""
    assert rows.size == derived.size
    events = EventTable(_TYPE_NAMES, derived["kind"])
    is_bill = rows.spec.family == "bills"
    loan_id = rows.texts("bill_no" if is_bill else "receipt_no")
    borrower = borrower_ids(rows, "applicant_" if is_bill else "borrower_")
    kinds = loan_kinds(rows)
    key = (
        borrower,
        loan_id,
        rows.texts("discount_kind" if is_bill else "contract_no"),
        rows.texts("currency"),
        pa.array(kinds.values, pa.string()).take(pa.array(kinds.codes)),
    )
    is_foreign = ~rows.one_of("currency", (YUAN,))
    events.constant("bank_id", month.bank_id)
    events.text("borrower_id", borrower)
    events.text("loan_id", loan_id)
    events.coded("loan_kind", kinds)
    events.coded("currency", rows.coded("currency"))
    for name in ("amount", "balance"):
        events.number(f"{name}_minor", derived["amount"])
        events.number(f"{name}_cny_minor", derived["cny"], is_foreign)
    events.number("change_cny_minor", derived["cny"])
    events.number("exchange_rate_millionths", _exchange_rates(derived))
    events.number("rate_mbp", derived["rate"])
    events.number("old_rate_mbp", derived["old_rate"])
    events.coded("loan_class", coded_by(derived["loan_class"], _CLASSES))
    events.coded("old_loan_class", coded_by(derived["old_class"], _CLASSES))
    events.coded("occurred_on", month.dates(derived["day"]))
    events.coded("matures_on", month.dates(derived["new_end"]))
    events.coded("old_matures_on", month.dates(derived["old_end"]))
    events.coded("overdue_kind", coded_by(derived["overdue"], _OVERDUE_KINDS))
    prefix = "derived " + month.prefix_of(rows.spec.family).decode()
    return Told(events, _digests(prefix, key, derived), rows.line, is_replaced=False)


def _exchange_rates(derived: Records) -> AnyArray:
    """Return yuan for one unit in millionths: for people, nothing is computed from it."""
    unit = np.maximum(derived["closing"].astype(np.float64), 1)
    ratio = np.rint(derived["closing_cny"].astype(np.float64) * 1e6 / unit)
    return np.clip(ratio, 1, 10**12).astype(np.int64)


def _digests(prefix: str, key: tuple[pa.StringArray, ...], derived: Records) -> UInt8Array:
    """Return what the ids are made from: all that the event says, so another says it not."""
    numbers = [pc.cast(pa.array(derived[name].astype(np.int64)), pa.string()) for name in _IN_ID]
    parts = pc.binary_join_element_wise(pa.scalar(prefix), *key, *numbers, "|")
    return digests_of([part.encode() for part in parts.to_pylist()])
