"""A loan's last day was moved back (展期). No new lending."""

from schemas.event import BusinessDate, LoanEvent


class LoanExtended(LoanEvent, frozen=True, kw_only=True, gc=False, tag="loan_extended"):
    """Moves no sum."""

    old_matures_on: BusinessDate
    matures_on: BusinessDate


EVENT = LoanExtended
