"""Which of a bank's events make up a figure: those of loans in its population, in its quarters.

Membership is decided as the totals decide it: by profile, credit line and loan kind, as of the
quarter of the event.

Source: docs/method.md#explanation
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from processors.partition import PartitionState
from processors.population import kind_word, membership
from processors.restore import restore_registers
from schemas.codes import POPULATIONS, Population
from schemas.event import Event, Measure
from schemas.event_types import EVENT_TYPES, type_name
from schemas.units import BoolArray, Int64Array

EFFECTS = {type_name(kind): kind.EFFECT for kind in EVENT_TYPES}


def is_inside(
    events: Mapping[str, Any],
    profiles: Mapping[str, Any],
    lines: Mapping[str, Any],
    population: Population,
) -> BoolArray:
    """Return for each event whether its loan is in ``population`` at the end of its quarter.

    Args:
        events: rows of the events table, with quarter and loan_kind.
        profiles: rows of the profiles table, of the same banks.
        lines: rows of the credit lines table, of the same banks.
        population: which.

    Source: docs/method.md#explanation

    """
    state = PartitionState()
    account = state.accounts.codes(events["bank_id"], events["borrower_id"])
    restore_registers(state, profiles, lines)
    quarter: Int64Array = np.asarray(events["quarter"]).astype(np.int64)
    kind: Int64Array = np.asarray(events["loan_kind"]).astype(np.int64)
    words = membership(
        state.profiles.as_of(account, quarter), state.lines.as_of(account, quarter), quarter
    )
    found = (kind_word(words, kind) >> POPULATIONS.index(population)) & 1
    inside: BoolArray = np.equal(found, 1)
    return inside


def balance_effect_minor(events: Mapping[str, Any]) -> Int64Array:
    """Return by how much each event moves the balance, in fen; a reversal takes it back."""
    signs = np.array([_effect(name).balance_sign for name in events["event_type"].to_list()])
    moved: Int64Array = signs.astype(np.int64) * events["sign"] * events["amount_cny_minor"]
    return moved


def is_new_lending(events: Mapping[str, Any]) -> BoolArray:
    """Return which events are new lending, or take it back."""
    return np.array(
        [_effect(name).measure is Measure.DISBURSED for name in events["event_type"].to_list()],
        np.bool_,
    )


def _effect(name: str) -> Any:
    return EFFECTS.get(name, Event.EFFECT)
