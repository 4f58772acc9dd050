"""How much a bank has agreed to lend one borrower in all (单户授信总额)."""

from schemas.event import BorrowerEvent
from schemas.units import BalanceMinor, Revision


class CreditLineSet(BorrowerEvent, frozen=True, kw_only=True, gc=False, tag="credit_line_set"):
    """A register of its own: replaces the line before, from this quarter on."""

    IS_REVERSIBLE = False  # Replaced by a later one, never reversed.

    revision: Revision = 0
    limit_cny_minor: BalanceMinor
    used_cny_minor: BalanceMinor = 0


EVENT = CreditLineSet
