"""The balance of a loan that was there before the bank began to report."""

from schemas.event import LoanFlow, Measure, inflow


class BalanceBroughtForward(
    LoanFlow, frozen=True, kw_only=True, gc=False, tag="balance_brought_forward"
):
    """Opens a balance; no new lending."""

    EFFECT = inflow(Measure.BROUGHT_FORWARD)


EVENT = BalanceBroughtForward
