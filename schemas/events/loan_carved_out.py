"""A loan was carved out of the balance sheet (剥离)."""

from schemas.event import LoanFlow, Measure, outflow


class LoanCarvedOut(LoanFlow, frozen=True, kw_only=True, gc=False, tag="loan_carved_out"):
    """Lowers the balance without a repayment; added back in growth 还原."""

    EFFECT = outflow(Measure.MOVED_OUT)


EVENT = LoanCarvedOut
