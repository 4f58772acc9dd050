"""A loan's balance at a period end, as reported."""

from schemas.event import LoanClassCode, LoanEvent
from schemas.units import BalanceMinor, RateMbp


class BalanceReported(LoanEvent, frozen=True, kw_only=True, gc=False, tag="balance_reported"):
    """A check on the running balance: moves no sum."""

    balance_minor: BalanceMinor
    currency: str = "CNY"
    balance_cny_minor: BalanceMinor | None = None
    rate_mbp: RateMbp
    loan_class: LoanClassCode


EVENT = BalanceReported
