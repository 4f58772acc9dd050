"""A bank wrote a loan off (核销)."""

from schemas.event import LoanFlow, Measure, outflow


class LoanWrittenOff(LoanFlow, frozen=True, kw_only=True, gc=False, tag="loan_written_off"):
    """Lowers the balance without a repayment; added back in growth 还原."""

    EFFECT = outflow(Measure.WRITTEN_OFF)


EVENT = LoanWrittenOff
