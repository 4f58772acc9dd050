"""What secures the loans that moved or stood in the month: one guarantee for each contract."""

import numpy as np

from infra.demo.filings.fields import Field, days, money, picked, where
from infra.demo.filings.loan_tables import GUARANTEES
from infra.demo.filings.month_books import MonthBooks
from infra.demo.filings.places import CREDIT_CODE, RESIDENT, Places
from infra.demo.fixed_texts import numbered_texts
from infra.demo.loan_book import BILLS, Loans, ends_on
from schemas.codes import FIRM_SIZES, GUARANTEE_KINDS, FirmSize, GuaranteeKind
from schemas.units import Int64Array

SECURED = "ABCE"  # 担保方式: pledge, mortgage, guarantee and combinations.
MAXIMUM_EVERY = 5  # Every so many contracts are up to a maximum amount (最高额).
CORPORATE_LOAN = "02"  # 交易类型; the only one that is known.
_DOLLAR_YUAN = 7  # What is guaranteed is in yuan, and more than enough.
_IS_SECURED = np.array([GUARANTEES[kind][0] in SECURED for kind in GUARANTEE_KINDS])
_BY_OTHERS = GUARANTEE_KINDS.index(GuaranteeKind.GUARANTEE)
_NO_FIRM = FIRM_SIZES.index(FirmSize.NOT_APPLICABLE)


def secured_loans(books: MonthBooks) -> Loans:
    """Return one secured loan of each contract of the month, by bank."""
    every = np.concatenate([books.loans, books.flow_loans])
    every = every[_IS_SECURED[every["guarantee"]] & (every["segment"] != BILLS)]
    _, first = np.unique(every["contract"], return_index=True)
    secured = every[first]
    by_bank: Loans = secured[np.argsort(secured["bank"], kind="stable")]
    return by_bank


def guarantee_fields(places: Places, books: MonthBooks, loans: Loans) -> dict[str, Field]:
    """Return the fields of DBHTXX, a row for each of ``loans``."""
    guarantor = _guarantors(places, books, loans)
    is_unit = places.is_unit[guarantor]
    size = np.where(is_unit, books.true_size[guarantor], _NO_FIRM)
    amount = money(loans["original"] * np.where(loans["is_usd"], _DOLLAR_YUAN, 1))
    fields = places.institution(loans["bank"], loans["account"])
    del fields["institution_region"]
    return fields | {
        "guarantee_no": (numbered_texts("DB", loans["contract"], 10),),
        "secured_contract_no": (numbered_texts("HT", loans["contract"], 10),),
        "guarantee_contract_kind": picked(
            ("01", "02"), (loans["contract"] % MAXIMUM_EVERY == 0).astype(np.int8)
        ),
        "secured_trade_kind": (CORPORATE_LOAN,),
        "starts_on": days(loans["disbursed"]),
        "ends_on": days(ends_on(loans)),
        "currency": ("CNY",),
        "amount": amount,
        "amount_cny": amount,
        "loan_to_value_pct": where(loans["guarantee"] != _BY_OTHERS, ("60.00",)),
        "guarantor_id_type": picked((RESIDENT, CREDIT_CODE), is_unit.astype(np.int8)),
        "guarantor_id": picked(places.borrower_ids, guarantor),
        "guarantor_sector": places.sector(guarantor),
        "guarantor_industry": picked(places.industries, guarantor),
        "guarantor_region": picked(places.cities, guarantor),
        "guarantor_size": places.size(size),
    }


def _guarantors(places: Places, books: MonthBooks, loans: Loans) -> Int64Array:
    """Return who secures each loan: the borrower with what is its own, or another firm."""
    borrower: Int64Array = books.world.accounts.borrower[loans["account"]]
    if not places.firms.size:
        return borrower
    other = places.firms[(borrower * 31 + 7) % places.firms.size]
    return np.where(loans["guarantee"] == _BY_OTHERS, other, borrower)
