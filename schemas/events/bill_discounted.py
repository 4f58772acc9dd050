"""A bank discounted a bill for its holder (直贴)."""

from schemas.event import BillFlow, BusinessDate, Measure, inflow
from schemas.units import AmountMinor


class BillDiscounted(BillFlow, frozen=True, kw_only=True, gc=False, tag="bill_discounted"):
    """New lending of the kind bill_financing, by face amount."""

    EFFECT = inflow(Measure.DISBURSED)

    matures_on: BusinessDate
    discount_amount_minor: AmountMinor  # What the holder received, in ``currency``.


EVENT = BillDiscounted
