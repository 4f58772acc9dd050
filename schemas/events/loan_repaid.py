"""A borrower paid back principal."""

from schemas.event import LoanFlow, Measure, outflow


class LoanRepaid(LoanFlow, frozen=True, kw_only=True, gc=False, tag="loan_repaid"):
    """Lowers the balance at the rate and class at which it was carried."""

    EFFECT = outflow(Measure.REPAID)

    settles: bool = False  # The loan is fully repaid.


EVENT = LoanRepaid
