"""A loan was settled by taking over assets (以物抵债)."""

from schemas.event import LoanFlow, Measure, outflow


class LoanSettledInKind(LoanFlow, frozen=True, kw_only=True, gc=False, tag="loan_settled_in_kind"):
    """Lowers the balance without a repayment; added back in growth 还原."""

    EFFECT = outflow(Measure.MOVED_OUT)


EVENT = LoanSettledInKind
