"""Who a borrower is, as one bank knows it; always whole, replacing the profile before."""

from typing import Literal

from schemas.event import BorrowerEvent
from schemas.units import Revision


class BorrowerProfiled(BorrowerEvent, frozen=True, kw_only=True, gc=False, tag="borrower_profiled"):
    """Decides the populations of the borrower at this bank, from this quarter on."""

    IS_REVERSIBLE = False  # Replaced by a later one, never reversed.

    revision: Revision = 0  # Of two profiles of one day the higher counts.
    borrower_kind: Literal[
        "firm", "other_unit", "individual_business", "small_micro_owner", "farmer", "other_person"
    ]
    holding: Literal[
        "state", "collective", "private", "hk_macao_taiwan", "foreign", "not_applicable"
    ]
    firm_size: Literal["large", "medium", "small", "micro", "not_applicable"]
    industry: str = ""  # GB/T 4754: a letter and two digits; 100 for persons, 200 non-residents.
    city: str = ""  # GB/T 2260, six digits.


EVENT = BorrowerProfiled
