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
from schemas.units import AnyArray, BoolArray, Int64Array

CELL_WIDTH = len(CELL_SUMS)
CELL_LIMBS = (
    (Measure.DISBURSED_RATE_HI, Measure.DISBURSED_RATE_LO),
    (Measure.BALANCE_RATE_HI, Measure.BALANCE_RATE_LO),
)
TAG_WIDTH = len(TAG_SUMS)
TAG_LIMBS = ((1, 2),)
TAG_DRAW_COUNT = TAG_SUMS.index("draw_count")

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
_MEASURE_OF_TYPE = np.array(
    [-1 if effect.measure is None else effect.measure for effect in _EFFECTS], np.int64
)

# By class code; NONE_CODE and everything up to 关注 is performing.
_IS_NON_PERFORMING = np.zeros(256, np.int64)
_IS_NON_PERFORMING[FIRST_NON_PERFORMING : len(LOAN_CLASSES)] = 1


class Postings(NamedTuple):
    """Single amounts: ``value`` goes to sum ``column`` of whatever ``row`` belongs to.

    Most events move three of twelve sums, so they are posted one by one and not as rows.
    """

    row: Int64Array
    column: Int64Array
    value: Int64Array

    def only(self, keep: BoolArray) -> "Postings":
        """Return the postings of the rows that are kept."""
        chosen = keep[self.row]
        if chosen.all():
            return self
        return Postings(self.row[chosen], self.column[chosen], self.value[chosen])

    def add_to(self, sums: Int64Array, place: Int64Array) -> None:
        """Add to ``sums`` (n, width); row r goes to ``sums[place[r]]``."""
        # Not sums[place, column] += value: of equal places that adds only one.
        np.add.at(sums.reshape(-1), place[self.row] * sums.shape[1] + self.column, self.value)


def _joined(parts: list[tuple[Int64Array, AnyArray | int, Int64Array]]) -> Postings:
    rows = [row for row, _, _ in parts]
    columns = [np.broadcast_to(np.asarray(column), row.shape) for row, column, _ in parts]
    values = [value for _, _, value in parts]
    return Postings(np.concatenate(rows), np.concatenate(columns), np.concatenate(values))


def cell_postings(events: EventColumns) -> Postings:
    """Return what each event adds to the sums of its cell, by schemas.event.Measure.

    Args:
        events: n events that move sums (MOVES_SUMS of their type). A reversal gives minus all
            of what the reversed event gives.

    Source: docs/method.md#cells

    """
    kind = events.event_type
    sign = events.sign.astype(np.int64)
    amount = events.amount_cny_minor
    measure = _MEASURE_OF_TYPE[kind]
    moved = np.flatnonzero(measure >= 0)
    parts: list[tuple[Int64Array, AnyArray | int, Int64Array]] = [
        (moved, measure[moved], (amount * sign)[moved])
    ]

    is_reprice = _RATE_EFFECT[kind] == RateEffect.REPRICE
    rated = np.flatnonzero(_RATE_EFFECT[kind] != RateEffect.NONE)
    rate = np.where(is_reprice, events.rate_mbp - events.old_rate_mbp, events.rate_mbp)
    high, low = rate_limbs(amount[rated], rate[rated])
    rate_sign = (sign * np.where(is_reprice, 1, _BALANCE_SIGN_OF_TYPE[kind]))[rated]
    parts.append((rated, Measure.BALANCE_RATE_HI, high * rate_sign))
    parts.append((rated, Measure.BALANCE_RATE_LO, low * rate_sign))
    is_draw = IS_DRAW[kind[rated]]
    draws, draw_sign = rated[is_draw], sign[rated[is_draw]]
    parts.append((draws, Measure.DISBURSED_RATE_HI, high[is_draw] * draw_sign))
    parts.append((draws, Measure.DISBURSED_RATE_LO, low[is_draw] * draw_sign))

    is_bad = _IS_NON_PERFORMING[events.loan_class]
    was_bad = _IS_NON_PERFORMING[events.old_loan_class]
    class_effect = _CLASS_EFFECT[kind]
    class_sign = np.where(
        class_effect == ClassEffect.RECLASSIFY,
        is_bad - was_bad,
        _BALANCE_SIGN_OF_TYPE[kind] * is_bad * (class_effect == ClassEffect.BY_CLASS),
    )
    crossing = np.flatnonzero(class_sign)
    change = (amount * sign * class_sign)[crossing]
    parts.append((crossing, Measure.NON_PERFORMING, change))
    return _joined(parts)


def net_flow_minor(events: EventColumns) -> Int64Array:
    """Return what each event adds to the balance, (n,), in fen."""
    return events.amount_cny_minor * events.sign * _BALANCE_SIGN_OF_TYPE[events.event_type]


class TaggedDraws(NamedTuple):
    """One row for every tag of every draw."""

    draw: Int64Array  # Which event.
    tag: Int64Array
    postings: Postings  # Into the sums of tag cells, by row.


def tagged_draws(events: EventColumns, lpr: LprTable) -> TaggedDraws:
    """Return every draw once a tag: guarantee kind, policy marks, LPR.

    Source: docs/method.md#tags
    """
    draws = np.flatnonzero(IS_DRAW[events.event_type])
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
    chosen = [np.flatnonzero(tag) for tag in tags]
    draw = np.concatenate([draws[rows] for rows in chosen])
    tag = np.concatenate([tag[rows] for tag, rows in zip(tags, chosen, strict=True)])

    row = np.arange(draw.size)
    sign = events.sign[draw].astype(np.int64)
    amount = events.amount_cny_minor[draw]
    high, low = rate_limbs(amount, events.rate_mbp[draw])
    sums = (amount * sign, high * sign, low * sign, sign)
    postings = _joined([(row, column, value) for column, value in enumerate(sums)])
    return TaggedDraws(draw, tag, postings)
