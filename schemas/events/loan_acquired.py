"""A bank took over a loan that another bank had made."""

from schemas.event import LoanFlow, Measure, inflow


class LoanAcquired(LoanFlow, frozen=True, kw_only=True, gc=False, tag="loan_acquired"):
    """Raises the balance; no new lending."""

    EFFECT = inflow(Measure.ACQUIRED)


EVENT = LoanAcquired
