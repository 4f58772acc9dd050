"""An entrusted loan was paid back."""

from schemas.event import BorrowerEvent
from schemas.units import AmountMinor


class EntrustedLoanRepaid(
    BorrowerEvent, frozen=True, kw_only=True, gc=False, tag="entrusted_loan_repaid"
):
    """Moves no sum."""

    loan_id: str
    trustor_id: str
    amount_minor: AmountMinor
    currency: str = "CNY"


EVENT = EntrustedLoanRepaid
