"""A collateral was appraised (担保物)."""

from schemas.event import Event
from schemas.units import BalanceMinor


class CollateralValued(Event, frozen=True, kw_only=True, gc=False, tag="collateral_valued"):
    """Moves no sum."""

    collateral_no: str
    guarantee_no: str
    collateral_kind: str = ""
    appraised_cny_minor: BalanceMinor


EVENT = CollateralValued
