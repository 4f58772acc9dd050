"""A bill left the bank's bill financing: paid at maturity, sold on or written off."""

from schemas.event import BillFlow, Measure, outflow


class BillRecovered(BillFlow, frozen=True, kw_only=True, gc=False, tag="bill_recovered"):
    """Lowers bill financing by face amount."""

    EFFECT = outflow(Measure.REPAID)


EVENT = BillRecovered
