"""A bank bought a discounted bill from another bank (买断式转贴现)."""

from schemas.event import BillFlow, BusinessDate, Measure, inflow
from schemas.units import AmountMinor


class BillRediscounted(BillFlow, frozen=True, kw_only=True, gc=False, tag="bill_rediscounted"):
    """New lending of the kind bill_financing, by face amount."""

    EFFECT = inflow(Measure.DISBURSED)

    matures_on: BusinessDate
    discount_amount_minor: AmountMinor  # What the holder received, in ``currency``.


EVENT = BillRediscounted
