"""A loan was sold to another institution (转让)."""

from schemas.event import LoanFlow, Measure, outflow


class LoanTransferred(LoanFlow, frozen=True, kw_only=True, gc=False, tag="loan_transferred"):
    """Lowers the balance without a repayment; added back in growth 还原."""

    EFFECT = outflow(Measure.MOVED_OUT)


EVENT = LoanTransferred
