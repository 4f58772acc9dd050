"""A bank paid out money that somebody else lends (委托贷款)."""

from schemas.event import BorrowerEvent
from schemas.units import AmountMinor, BalanceMinor, RateMbp


class EntrustedLoanDisbursed(
    BorrowerEvent, frozen=True, kw_only=True, gc=False, tag="entrusted_loan_disbursed"
):
    """Kept out of the bank's own lending: moves no sum."""

    loan_id: str
    trustor_id: str  # 委托人
    amount_minor: AmountMinor
    currency: str = "CNY"
    rate_mbp: RateMbp
    fee_cny_minor: BalanceMinor = 0  # 手续费


EVENT = EntrustedLoanDisbursed
