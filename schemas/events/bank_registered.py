"""A reporting institution as the regulator knows it; replaces the entry before."""

from typing import Literal

from schemas.event import Event
from schemas.units import Revision


class BankRegistered(Event, frozen=True, kw_only=True, gc=False, tag="bank_registered"):
    """Only registered banks are graded and stand in aggregates."""

    IS_REVERSIBLE = False  # Replaced by a later one, never reversed.

    revision: Revision = 0
    name_zh: str
    name_en: str
    peer_group: Literal[
        "large_commercial",
        "joint_stock",
        "city_commercial",
        "rural",
        "private_bank",
        "policy",
        "foreign_bank",
    ]
    city: str  # GB/T 2260, six digits.
    is_qingdao: bool
    legal_entity_id: str = ""  # Several institutions may share one.
    opened_on: str = ""
    closed_on: str = ""


EVENT = BankRegistered
