"""A loan was turned into a holding in the borrower (债转股)."""

from schemas.event import LoanFlow, Measure, outflow


class LoanConvertedToEquity(
    LoanFlow, frozen=True, kw_only=True, gc=False, tag="loan_converted_to_equity"
):
    """Lowers the balance without a repayment; added back in growth 还原."""

    EFFECT = outflow(Measure.MOVED_OUT)


EVENT = LoanConvertedToEquity
