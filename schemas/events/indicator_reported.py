"""A figure that no lending event gives, such as a qualitative item, with its evidence."""

from typing import Annotated

from msgspec import Meta

from schemas.event import Event
from schemas.units import Revision


class IndicatorReported(Event, frozen=True, kw_only=True, gc=False, tag="indicator_reported"):
    """Kept for the grading that asks for it; moves no sum."""

    IS_REVERSIBLE = False  # Replaced by a later one, never reversed.

    quarter: str  # 2021Q4
    indicator: str
    revision: Revision = 0
    value_millionths: Annotated[int, Meta(ge=-(10**15), le=10**15)]
    evidence: str = ""


EVENT = IndicatorReported
