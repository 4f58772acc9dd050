"""A loan moved to another of the five classes (五级分类)."""

from schemas.event import ClassEffect, Effect, LoanClassCode, LoanEvent
from schemas.units import AmountMinor


class LoanReclassified(LoanEvent, frozen=True, kw_only=True, gc=False, tag="loan_reclassified"):
    """Carries the balance; moves it into or out of non-performing."""

    EFFECT = Effect(loan_class=ClassEffect.RECLASSIFY)

    balance_minor: AmountMinor  # In ``currency``.
    currency: str = "CNY"
    balance_cny_minor: AmountMinor | None = None
    old_loan_class: LoanClassCode
    loan_class: LoanClassCode


EVENT = LoanReclassified
