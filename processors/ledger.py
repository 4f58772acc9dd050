"""What a batch of events adds to the cells: the effects table, applied to columns.

A **cell** is the exact running sums of one borrower at one bank, of one loan kind, in one
quarter. Sums may be added in any order and split in any way: that is what replay, rebalance
and many workers rest on.

Source: docs/method.md#cells
"""

from typing import NamedTuple

import numpy as np

from processors.lpr import LprTable, lpr_tags
from processors.sums import rate_limbs
from schemas.codes import FIRST_NON_PERFORMING, LOAN_CLASSES, POLICY_TAGS
from schemas.columns import NONE_CODE, EventColumns
from schemas.event import ClassEffect, Effect, Measure, RateEffect
from schemas.event_types import EVENT_TYPES
from schemas.tables import CELL_SUMS, TAG_SUMS
from schemas.tags import GUARANTEE_FIRST, POLICY_FIRST
from schemas.units import BoolArray, Int64Array

CELL_WIDTH = len(CELL_SUMS)
CELL_LIMBS = (
    (Measure.DISBURSED_RATE_HI, Measure.DISBURSED_RATE_LO),
    (Measure.BALANCE_RATE_HI, Measure.BALANCE_RATE_LO),
)
TAG_WIDTH = len(TAG_SUMS)
TAG_LIMBS = ((1, 2),)

# The balance is the signed sum of the first seven measures.
BALANCE_SIGN = np.zeros(CELL_WIDTH, np.int64)
for _measure in (Measure.BROUGHT_FORWARD, Measure.DISBURSED, Measure.ACQUIRED, Measure.REVALUED):
    BALANCE_SIGN[_measure] = 1
for _measure in (Measure.REPAID, Measure.WRITTEN_OFF, Measure.MOVED_OUT):
    BALANCE_SIGN[_measure] = -1

_EFFECTS: list[Effect] = [event_type.EFFECT for event_type in EVENT_TYPES]
MOVES_SUMS = np.array([effect != Effect() for effect in _EFFECTS], np.bool_)
IS_DRAW = np.array([effect.measure is Measure.DISBURSED for effect in _EFFECTS], np.bool_)
_BALANCE_SIGN_OF_TYPE = np.array([effect.balance_sign for effect in _EFFECTS], np.int64)
_RATE_EFFECT = np.array([effect.rate for effect in _EFFECTS], np.int64)
_CLASS_EFFECT = np.array([effect.loan_class for effect in _EFFECTS], np.int64)
_MEASURE_OF_TYPE = np.zeros((len(_EFFECTS), CELL_WIDTH), np.int64)
for _code, _effect in enumerate(_EFFECTS):
    if _effect.measure is not None:
        _MEASURE_OF_TYPE[_code, _effect.measure] = 1

# By class code; NONE_CODE and everything up to 关注 is performing.
_IS_NON_PERFORMING = np.zeros(256, np.int64)
_IS_NON_PERFORMING[FIRST_NON_PERFORMING : len(LOAN_CLASSES)] = 1


def cell_changes(events: EventColumns) -> Int64Array:
    """Return what each event adds to the sums of its cell.

    Args:
        events: n events that move sums (MOVES_SUMS of their type).

    Returns:
        (n, CELL_WIDTH), in the order of schemas.event.Measure. A reversal gives minus all of
        what the reversed event gives.

    Source: docs/method.md#cells

    """
    kind = events.event_type
    amount = events.amount_cny_minor
    sign = events.sign.astype(np.int64)
    change = _MEASURE_OF_TYPE[kind] * (amount * sign)[:, None]

    is_reprice = _RATE_EFFECT[kind] == RateEffect.REPRICE
    rate = np.where(is_reprice, events.rate_mbp - events.old_rate_mbp, events.rate_mbp)
    high, low = rate_limbs(amount, rate)
    rate_sign = sign * np.where(is_reprice, 1, _BALANCE_SIGN_OF_TYPE[kind])
    change[:, Measure.BALANCE_RATE_HI] = high * rate_sign
    change[:, Measure.BALANCE_RATE_LO] = low * rate_sign
    draw_sign = sign * IS_DRAW[kind]
    change[:, Measure.DISBURSED_RATE_HI] = high * draw_sign
    change[:, Measure.DISBURSED_RATE_LO] = low * draw_sign

    is_bad = _IS_NON_PERFORMING[events.loan_class]
    was_bad = _IS_NON_PERFORMING[events.old_loan_class]
    class_sign = np.where(
        _CLASS_EFFECT[kind] == ClassEffect.RECLASSIFY,
        is_bad - was_bad,
        _BALANCE_SIGN_OF_TYPE[kind] * is_bad,
    )
    change[:, Measure.NON_PERFORMING] = amount * sign * class_sign
    # A reclassification carries no rate.
    no_rate = _RATE_EFFECT[kind] == RateEffect.NONE
    change[no_rate, Measure.DISBURSED_RATE_HI : Measure.NON_PERFORMING] = 0
    return change


class TagChanges(NamedTuple):
    """What draws add to their tag cells; ``row`` points at the draw."""

    row: Int64Array
    tag: Int64Array
    change: Int64Array  # (rows, TAG_WIDTH)


def tag_changes(events: EventColumns, lpr: LprTable, is_draw: BoolArray) -> TagChanges:
    """Return one row for every tag of every draw: guarantee kind, policy marks, LPR.

    Source: docs/method.md#tags
    """
    draws = np.flatnonzero(is_draw)
    amount = events.amount_cny_minor[draws]
    sign = events.sign[draws].astype(np.int64)
    high, low = rate_limbs(amount, events.rate_mbp[draws])
    change = np.stack([amount * sign, high * sign, low * sign, sign], axis=1)

    guarantee = events.guarantee_kind[draws].astype(np.int64)
    comparable = events.is_cny[draws] & events.is_day_known[draws]
    tags = [
        np.where(guarantee == NONE_CODE, 0, GUARANTEE_FIRST + guarantee),
        lpr_tags(lpr, events.occurred_day[draws], events.matures_day[draws], comparable),
    ]
    marks = events.policy_tags[draws]
    for place in range(len(POLICY_TAGS)):
        is_marked = (marks >> place) & 1
        if is_marked.any():
            tags.append((POLICY_FIRST + place) * is_marked.astype(np.int64))
    rows = [np.flatnonzero(tag) for tag in tags]
    chosen = np.concatenate(rows)
    return TagChanges(
        draws[chosen],
        np.concatenate([tag[row] for tag, row in zip(tags, rows, strict=True)]),
        change[chosen],
    )
