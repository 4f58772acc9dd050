"""Every customer that a bank has ever reported: units and persons, as they are now."""

import datetime as dt

import numpy as np

from infra.demo.calendar import day_number
from infra.demo.filings.fields import Field, days, money, picked, told, where
from infra.demo.filings.month_books import MonthBooks
from infra.demo.filings.places import CREDIT_CODE, RESIDENT, Places
from infra.demo.fixed_texts import numbered_texts
from schemas.codes import BORROWER_KINDS, FIRM_SIZES, BorrowerKind, FirmSize
from schemas.units import AnyArray, Int64Array

RATING_LEVELS = 10
FOUNDED_FROM_DAY, FOUNDED_DAYS = day_number(dt.date(1996, 1, 1)), 6_000
# At least so many days before a bank first lends to it.
_FOUNDED_BEFORE_DAYS = 400
_MIXING = 7_919  # A prime: neighbours do not look alike.
_LISTED = (FIRM_SIZES.index(FirmSize.LARGE), 8)  # Every eighth large firm.
_EMPLOYEES = {
    FirmSize.LARGE: 1_200,
    FirmSize.MEDIUM: 350,
    FirmSize.SMALL: 60,
    FirmSize.MICRO: 5,
    FirmSize.NOT_APPLICABLE: 80,
}
_PERSON_KINDS = {
    BorrowerKind.FARMER: "1",
    BorrowerKind.INDIVIDUAL_BUSINESS: "2",
    BorrowerKind.SMALL_MICRO_OWNER: "3",
    BorrowerKind.OTHER_PERSON: "9",
}
_KIND_CODES = [_PERSON_KINDS.get(kind, "") for kind in BORROWER_KINDS]
_TRADER = BORROWER_KINDS.index(BorrowerKind.INDIVIDUAL_BUSINESS)
_OWNER = BORROWER_KINDS.index(BorrowerKind.SMALL_MICRO_OWNER)


def unit_customer_fields(
    places: Places, books: MonthBooks, account: Int64Array
) -> dict[str, Field]:
    """Return the fields of FTYKHX."""
    borrower = books.world.accounts.borrower[account]
    size = books.size[account]
    scale = np.rint(books.world.borrowers.scale_yuan[borrower]).astype(np.int64) * 100
    first_credit = books.first_credit_day[account]
    founded = FOUNDED_FROM_DAY + borrower * _MIXING % FOUNDED_DAYS
    employees = np.array([_EMPLOYEES[firm_size] for firm_size in FIRM_SIZES])[size]
    has_controller = (borrower % 3 == 0) & (places.persons.size > 0)
    controller = (
        places.persons[borrower % max(places.persons.size, 1)] if places.persons.size else borrower
    )
    return _customer(places, books, account) | {
        "customer_name": picked(places.firm_names, borrower),
        "customer_id_type": (CREDIT_CODE,),
        "basic_account_no": (numbered_texts("37010", borrower * _MIXING, 14),),
        "basic_account_bank": picked(places.bank_names, borrower % len(places.bank_names)),
        "business_scope": picked(places.business_scopes, borrower),
        "registered_capital": money(scale * 2),
        "paid_in_capital": money(scale + scale // 2),
        "total_assets": money(scale * (6 + borrower % 7)),
        "revenue": money(scale * (8 + borrower % 11)),
        "employees": told(employees + borrower % 40, str),
        "is_listed": picked(
            ("0", "1"), ((size == _LISTED[0]) & (borrower % _LISTED[1] == 0)).astype(np.int8)
        ),
        "first_credit_on": days(first_credit),
        "registered_address": picked(places.addresses, borrower),
        "operating_status": ("01",),
        "founded_on": days(np.minimum(founded, first_credit - _FOUNDED_BEFORE_DAYS)),
        "industry": picked(places.industries, borrower),
        "size": places.size(size),
        "ownership": places.ownership(borrower, books.holding),
        "sector": places.sector(borrower),
        "credit_limit": money(books.limit_minor[account]),
        "credit_used": money(_used(books, account)),
        "controller_id_types": picked(("", RESIDENT), has_controller.astype(np.int8)),
        "controller_ids": where(has_controller, picked(places.borrower_ids, controller)),
    }


def person_customer_fields(
    places: Places, books: MonthBooks, account: Int64Array
) -> dict[str, Field]:
    """Return the fields of GRKHXX."""
    borrower = books.world.accounts.borrower[account]
    kind = books.world.borrowers.kind[borrower]
    is_known = books.is_kind_known[account]
    has_line = books.limit_minor[account] >= 0
    scale = np.rint(books.world.borrowers.scale_yuan[borrower]).astype(np.int64) * 100
    # Firms of the world, so that the codes are of the right form; of none of the owners.
    firm = places.firms[borrower % max(places.firms.size, 1)] if places.firms.size else borrower
    return _customer(places, books, account) | {
        "customer_id_type": (RESIDENT,),
        "nationality": ("CHN",),
        "ethnicity": ("01",),
        "sex": picked(("1", "2"), borrower % 2),
        "education": picked(("20", "30", "40", "60"), borrower % 4),
        "born_on": picked(places.birth_days, borrower),
        "personal_income": money(scale // 4),
        "family_income": money(scale // 2),
        "marital_status": picked(("10", "20"), (borrower % 5 > 0).astype(np.int8)),
        "credit_limit": where(has_line, money(np.maximum(books.limit_minor[account], 0))),
        "credit_used": where(has_line, money(np.maximum(_used(books, account), 0))),
        "person_kind": where(is_known, picked(_KIND_CODES, kind)),
        "trader_licence_no": where(
            is_known & (kind == _TRADER) & (places.firms.size > 0),
            picked(places.borrower_ids, firm),
        ),
        "firm_uscc": where(
            is_known & (kind == _OWNER) & (places.firms.size > 0), picked(places.borrower_ids, firm)
        ),
    }


def _customer(places: Places, books: MonthBooks, account: Int64Array) -> dict[str, Field]:
    borrower = books.world.accounts.borrower[account]
    is_rated = borrower % 4 > 0
    return {
        "institution_id": picked(places.bank_ids, books.world.accounts.bank[account]),
        "customer_id": picked(places.borrower_ids, borrower),
        "region": picked(places.cities, borrower),
        "is_related_party": picked(("0", "1"), (borrower % 500 == 0).astype(np.int8)),
        "rating_levels": where(is_rated, (str(RATING_LEVELS),)),
        "rating": where(is_rated, told(1 + account % RATING_LEVELS, str)),
    }


def _used(books: MonthBooks, account: AnyArray) -> Int64Array:
    """Return what is used of each credit line; dollars that have risen since may exceed it."""
    return np.minimum(books.used_minor[account], books.limit_minor[account])
