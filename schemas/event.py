"""What every event has in common, and what an event does to the sums.

An event says what it changes: the amount that moves, and the rate and class at which the
sums carry it. Nothing is looked up from an earlier event, so events may come in any order.
"""

from enum import IntEnum
from typing import ClassVar, Literal, NamedTuple

import msgspec

from schemas.units import AmountMinor, RateMbp

LoanKindCode = Literal["corporate", "personal_business", "personal_other", "bill_financing"]
LoanClassCode = Literal["FQ01", "FQ02", "FQ03", "FQ04", "FQ05"]
GuaranteeCode = Literal["pledge", "mortgage", "guarantee", "credit", "combined", "other"]
PopulationCode = Literal[
    "all",
    "all_ex_bills",
    "private",
    "private_with_owners",
    "small_micro",
    "inclusive",
    "pboc_inclusive",
]

BusinessDate = (
    str  # 2021-03-15, or 2021-03 where only the month is known; checked in schemas.checks
)


class Measure(IntEnum):
    """The running sums of a cell, in the order in which they are held and stored."""

    BROUGHT_FORWARD = 0
    DISBURSED = 1
    ACQUIRED = 2
    REPAID = 3  # repaid or refinanced
    WRITTEN_OFF = 4
    MOVED_OUT = 5  # carved out, transferred, securitised, settled in kind, converted to equity
    REVALUED = 6
    DISBURSED_RATE_HI = 7  # Σ disbursed × rate, see processors.exact for the two limbs
    DISBURSED_RATE_LO = 8
    BALANCE_RATE_HI = 9  # Σ balance × rate
    BALANCE_RATE_LO = 10
    NON_PERFORMING = 11


class RateEffect(IntEnum):
    """How balance × rate moves."""

    NONE = 0
    AMOUNT = 1  # balance sign × amount × rate
    REPRICE = 2  # balance × (new rate − old rate)


class ClassEffect(IntEnum):
    """How the non-performing balance moves."""

    NONE = 0
    BY_CLASS = 1  # balance sign × amount, if 次级 or worse
    RECLASSIFY = 2  # ± balance, when a loan crosses the line


class Effect(NamedTuple):
    """What one kind of event does to the sums; the rows together are the effects table."""

    measure: Measure | None = None  # Which sum takes the amount.
    balance_sign: int = 0  # +1 raises the outstanding balance, -1 lowers it.
    rate: RateEffect = RateEffect.NONE
    loan_class: ClassEffect = ClassEffect.NONE


def inflow(measure: Measure) -> Effect:
    """Return the effect of an amount that raises the balance."""
    return Effect(measure, 1, RateEffect.AMOUNT, ClassEffect.BY_CLASS)


def outflow(measure: Measure) -> Effect:
    """Return the effect of an amount that lowers the balance."""
    return Effect(measure, -1, RateEffect.AMOUNT, ClassEffect.BY_CLASS)


class Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    gc=False,
    omit_defaults=True,
    tag_field="type",
    forbid_unknown_fields=True,
):
    """One fact, reported once by one bank. Never changed after it is made."""

    EFFECT: ClassVar[Effect] = Effect()
    IS_REVERSIBLE: ClassVar[bool] = True

    event_id: str  # Unique for ever: 16 to 64 of A-Z a-z 0-9 . _ : -
    bank_id: str  # 18 characters, the reporting institution.
    occurred_on: BusinessDate  # When it happened at the bank; decides the quarter.


class BorrowerEvent(Event, frozen=True, kw_only=True, gc=False):
    """An event about one borrower."""

    borrower_id: str  # 统一社会信用代码, masked personal id, or another id as type:id.


class LoanEvent(BorrowerEvent, frozen=True, kw_only=True, gc=False):
    """An event about one loan of one borrower."""

    loan_id: str  # 贷款借据编码
    loan_kind: LoanKindCode


class LoanFlow(LoanEvent, frozen=True, kw_only=True, gc=False):
    """An amount that enters or leaves the balance of a loan."""

    amount_minor: AmountMinor  # In ``currency``.
    currency: str = "CNY"
    amount_cny_minor: AmountMinor | None = None  # Fen; needed for, and only for, foreign currency.
    rate_mbp: RateMbp  # The yearly rate at which the balance carries this amount.
    loan_class: LoanClassCode


class BillFlow(BorrowerEvent, frozen=True, kw_only=True, gc=False):
    """A bill's face amount that enters or leaves the bill financing of a bank."""

    bill_no: str  # 票据编号 with its sub-bill range.
    amount_minor: AmountMinor  # 票面金额
    currency: str = "CNY"
    amount_cny_minor: AmountMinor | None = None
    rate_mbp: RateMbp
    loan_class: LoanClassCode
