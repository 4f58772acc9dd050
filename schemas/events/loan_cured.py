"""An overdue loan is being paid again."""

from schemas.event import LoanEvent


class LoanCured(LoanEvent, frozen=True, kw_only=True, gc=False, tag="loan_cured"):
    """Moves no sum."""


EVENT = LoanCured
