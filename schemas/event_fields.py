"""How one field of many events is read into a list.

Written out field by field, because an attribute that is named in the code is read three times
as fast as one that is looked up by a name in a variable, and this is half the cost of NDJSON.
"""

from collections.abc import Callable
from typing import Any

# Events of one type at a time, all of which have the field.
READERS: dict[str, Callable[[list[Any]], list[Any]]] = {
    "event_id": lambda events: [event.event_id for event in events],
    "amount_minor": lambda events: [event.amount_minor for event in events],
    "amount_cny_minor": lambda events: [event.amount_cny_minor for event in events],
    "balance_minor": lambda events: [event.balance_minor for event in events],
    "balance_cny_minor": lambda events: [event.balance_cny_minor for event in events],
    "change_cny_minor": lambda events: [event.change_cny_minor for event in events],
    "rate_mbp": lambda events: [event.rate_mbp for event in events],
    "old_rate_mbp": lambda events: [event.old_rate_mbp for event in events],
    "revision": lambda events: [event.revision for event in events],
    "limit_cny_minor": lambda events: [event.limit_cny_minor for event in events],
    "used_cny_minor": lambda events: [event.used_cny_minor for event in events],
    "is_first_loan": lambda events: [event.is_first_loan for event in events],
    "is_renewal": lambda events: [event.is_renewal for event in events],
    "is_deferral": lambda events: [event.is_deferral for event in events],
    "is_credit_support": lambda events: [event.is_credit_support for event in events],
    "bank_id": lambda events: [event.bank_id for event in events],
    "borrower_id": lambda events: [event.borrower_id for event in events],
    "occurred_on": lambda events: [event.occurred_on for event in events],
    "matures_on": lambda events: [event.matures_on for event in events],
    "old_matures_on": lambda events: [event.old_matures_on for event in events],
    "currency": lambda events: [event.currency for event in events],
    "use_industry": lambda events: [event.use_industry for event in events],
    "industry": lambda events: [event.industry for event in events],
    "city": lambda events: [event.city for event in events],
    "quarter": lambda events: [event.quarter for event in events],
    "opened_on": lambda events: [event.opened_on for event in events],
    "closed_on": lambda events: [event.closed_on for event in events],
    "trustor_id": lambda events: [event.trustor_id for event in events],
    "guarantor_id": lambda events: [event.guarantor_id for event in events],
    "loan_kind": lambda events: [event.loan_kind for event in events],
    "loan_class": lambda events: [event.loan_class for event in events],
    "old_loan_class": lambda events: [event.old_loan_class for event in events],
    "guarantee_kind": lambda events: [event.guarantee_kind for event in events],
    "borrower_kind": lambda events: [event.borrower_kind for event in events],
    "holding": lambda events: [event.holding for event in events],
    "firm_size": lambda events: [event.firm_size for event in events],
}
