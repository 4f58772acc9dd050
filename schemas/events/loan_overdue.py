"""A loan fell overdue (逾期)."""

from typing import Literal

from schemas.event import LoanEvent


class LoanOverdue(LoanEvent, frozen=True, kw_only=True, gc=False, tag="loan_overdue"):
    """Moves no sum; the class decides what is non-performing."""

    overdue_kind: Literal["principal", "interest", "both"]


EVENT = LoanOverdue
