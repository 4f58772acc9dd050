"""A loan's last day was brought forward (缩期)."""

from schemas.event import BusinessDate, LoanEvent


class LoanShortened(LoanEvent, frozen=True, kw_only=True, gc=False, tag="loan_shortened"):
    """Moves no sum."""

    old_matures_on: BusinessDate
    matures_on: BusinessDate


EVENT = LoanShortened
