"""The yuan value of a foreign-currency loan moved with the exchange rate."""

from typing import Annotated

from msgspec import Meta

from schemas.event import LoanClassCode, LoanEvent, Measure, inflow
from schemas.units import RateMbp, SignedMinor


class BalanceRevalued(LoanEvent, frozen=True, kw_only=True, gc=False, tag="balance_revalued"):
    """The change is signed; balance, balance × rate and non-performing move with it."""

    EFFECT = inflow(Measure.REVALUED)

    currency: str
    change_cny_minor: SignedMinor  # Fen, not zero.
    exchange_rate_millionths: Annotated[int, Meta(gt=0, le=10**12)]  # Yuan for one unit.
    rate_mbp: RateMbp
    loan_class: LoanClassCode


EVENT = BalanceRevalued
