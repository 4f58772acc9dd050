"""Bills that the banks hold: what was discounted and recovered in the month, and the stock."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.demo.event_rows import Rows, What
from infra.demo.filings.fields import Field, days, money, picked, rates
from infra.demo.filings.month_books import MonthBooks
from infra.demo.filings.places import CREDIT_CODE, Places
from infra.demo.fixed_texts import numbered_texts
from infra.demo.loan_book import BANK_BILL, BILL_DAYS, Loans
from schemas.codes import LOAN_CLASSES
from schemas.units import AnyArray, Int64Array

PAPER_EVERY = 50  # Every so many bills are on paper; all others are electronic.
_DAY_COUNT = 360  # Days of a year for which discount is reckoned.
_RATE_UNITS = 10**7  # Of a yearly rate in mbp.
_CLASS_CODES = [str(loan_class) for loan_class in LOAN_CLASSES]
_FLOW_KINDS = {What.DISCOUNTED: "A01", What.REDISCOUNTED: "A02", What.RECOVERED: "B01"}


def bill_flow_fields(
    places: Places, books: MonthBooks, flows: Rows, bills: Loans
) -> dict[str, Field]:
    """Return the fields of PJRZFS."""
    # Of a recovery, what comes back is the face amount.
    is_recovered = flows["what"] == What.RECOVERED
    received = np.where(is_recovered, bills["original"], discounted_minor(bills))
    kinds = tuple(_FLOW_KINDS.get(what, "") for what in What)
    # A bill that was taken over is traded anew; a recovery tells the day of the purchase.
    traded = np.where(is_recovered, bills["disbursed"], flows["day"])
    return _bill_fields(places, books, bills, received) | {
        "traded_on": days(traded),
        "bill_flow_kind": picked(kinds, flows["what"]),
        "transaction_no": (numbered_texts("LS", flows["number"], 12),),
    }


def bill_stock_fields(places: Places, books: MonthBooks, bills: Loans) -> dict[str, Field]:
    """Return the fields of CLPJRZ."""
    return _bill_fields(places, books, bills, discounted_minor(bills)) | {
        "loan_class": picked(_CLASS_CODES, bills["loan_class"]),
        "loan_status": ("LS01",),
    }


def discounted_minor(bills: Loans) -> Int64Array:
    """Return what the holder received for each bill when it was discounted."""
    term_days = (bills["matures"] - bills["disbursed"]).astype(np.int64)
    # In parts, because face × rate × days may not fit 64 bits.
    whole, rest = np.divmod(bills["original"] * bills["rate"], _DAY_COUNT * _RATE_UNITS)
    discount = whole * term_days + rest * term_days // (_DAY_COUNT * _RATE_UNITS)
    return np.asarray(bills["original"] - discount, np.int64)


def _bill_fields(
    places: Places, books: MonthBooks, bills: Loans, received_minor: Int64Array
) -> dict[str, Field]:
    borrower = books.world.accounts.borrower[bills["account"]]
    firms = places.firm_names
    is_bank = bills["bill_kind"] == BANK_BILL
    face = money(bills["original"])
    fields = places.institution(bills["bank"], bills["account"])
    fields |= places.unit("applicant_", borrower, books.size[bills["account"]], books.holding)
    return fields | {
        "discount_kind": picked(("", "01", "02"), bills["discount"]),
        "bill_kind": picked(("", "01", "02"), bills["bill_kind"]),
        "bill_medium": picked(("02", "01"), (bills["loan"] % PAPER_EVERY == 0).astype(np.int8)),
        "bill_no": bill_numbers(bills),
        "acceptor_name": _either(is_bank, places.bank_names, firms, bills["acceptor"]),
        "acceptor_id_type": (CREDIT_CODE,),
        "acceptor_id": _either(is_bank, places.bank_ids, places.borrower_ids, bills["acceptor"]),
        "drawer_name": picked(firms, bills["drawer"]),
        "drawer_id_type": (CREDIT_CODE,),
        "drawer_id": picked(places.borrower_ids, bills["drawer"]),
        "issued_on": days(bills["matures"] - BILL_DAYS),
        "matures_on": days(bills["matures"]),
        "traded_on": days(bills["disbursed"]),
        "currency": ("CNY",),
        "face_amount": face,
        "face_amount_cny": face,
        "discount_currency": ("CNY",),
        "discount_amount": money(received_minor),
        "discount_amount_cny": money(received_minor),
        "rate_pct": rates(bills["rate"]),
    }


def bill_numbers(bills: Loans) -> Field:
    """Return bill numbers with the range of sub-bills, one a fen of the face amount."""
    number = numbered_texts("1" + 19 * "0", bills["loan"], 10)
    return number, "-1-", pa.array(bills["original"]).cast(pa.string())


def _either(
    is_bank: AnyArray, banks: pa.StringArray, firms: pa.StringArray, place: AnyArray
) -> Field:
    of_bank = banks.take(pa.array(np.where(is_bank, place, 0)))
    return (
        pc.if_else(pa.array(is_bank), of_bank, firms.take(pa.array(np.where(is_bank, 0, place)))),
    )
