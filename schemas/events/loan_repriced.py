"""The rate of a running loan changed."""

from schemas.event import Effect, LoanEvent, RateEffect
from schemas.units import AmountMinor, RateMbp


class LoanRepriced(LoanEvent, frozen=True, kw_only=True, gc=False, tag="loan_repriced"):
    """Carries the balance at that moment; moves balance × rate, and nothing else."""

    EFFECT = Effect(rate=RateEffect.REPRICE)

    balance_minor: AmountMinor  # In ``currency``.
    currency: str = "CNY"
    balance_cny_minor: AmountMinor | None = None
    old_rate_mbp: RateMbp
    rate_mbp: RateMbp


EVENT = LoanRepriced
