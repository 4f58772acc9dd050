"""Whether events tell whose loans they are: else a figure cannot be determined.

A bank that lends to persons for their business may not have said what kind of person they are,
or not how much it has agreed to lend a small borrower. Such loans stand in no population that
depends on it. Where they are more than a small part, what is left is no figure of that
population: not a small balance, and not growth of 0 %.

Source: docs/method.md#determinable
"""

from collections.abc import Sequence

import numpy as np

from schemas.codes import Population
from schemas.results import UNTOLD, Presence, Told, Totals, population_place
from schemas.units import BoolArray, Int64Array, UInt8Array

UNTOLD_MAX_PERCENT = 5  # docs/method.md#determinable

# What must be said of a loan before it is known whether it belongs to a population.
_NEEDS = {
    Population.PRIVATE_WITH_OWNERS: (Population.UNPROFILED_BUSINESS,),
    Population.SMALL_MICRO: (Population.UNPROFILED_BUSINESS,),
    Population.INCLUSIVE: (Population.UNPROFILED_BUSINESS, Population.NO_CREDIT_LINE),
    Population.PBOC_INCLUSIVE: (Population.UNPROFILED_BUSINESS, Population.NO_CREDIT_LINE),
}


def needs_of(population: Population) -> tuple[Population, ...]:
    """Return the loans that may belong to ``population``, if only more was said of them."""
    return _NEEDS.get(population, ())


def told_by_events(totals: Totals, presence: Presence) -> Told:
    """Return where events tell a balance and new lending of each population.

    Source: docs/method.md#determinable
    """
    untold_minor, untold = _untold(totals.balance_minor)
    _, untold_draws = _untold(totals.disbursed_minor)
    by_events, flows = (presence.loan_level[:, None, :], presence.flows[:, None, :])
    untold_levels = np.where(by_events, untold, 0).astype(np.uint8)
    untold_flows = np.where(flows, untold | untold_draws, 0).astype(np.uint8)
    return Told(
        by_events & (untold_levels == 0),
        flows & (untold_flows == 0),
        untold_levels,
        untold_flows,
        untold_minor,
    )


def untold_at(
    bits: UInt8Array, places: Int64Array | Sequence[int], population: int, quarters: Sequence[int]
) -> tuple[Population, ...]:
    """Return what was not said of a population, at any of several banks and quarters.

    Args:
        bits: untold_levels or untold_flows of Told.
        places: of the banks.
        population: index into POPULATIONS.
        quarters: places on the quarters axis; nothing is known before it.

    """
    known = [quarter for quarter in quarters if quarter >= 0]
    found = bits[np.asarray(places, np.int64)][:, population, known]
    union = int(np.bitwise_or.reduce(found, axis=None))
    return tuple(other for n, other in enumerate(UNTOLD) if union >> n & 1)


def _untold(amount_minor: Int64Array) -> tuple[Int64Array, UInt8Array]:
    """Return the untold amount beside each population, and bits of UNTOLD where it is too much."""
    untold_minor = np.zeros_like(amount_minor)
    bits = np.zeros(amount_minor.shape, np.uint8)
    for population, needed in _NEEDS.items():
        place = population_place(population)
        for other in needed:
            amount = np.maximum(amount_minor[:, population_place(other)], 0)
            untold_minor[:, place] += amount
            bits[:, place] |= (amount > 0).astype(np.uint8) << UNTOLD.index(other)
        bits[:, place] *= _is_too_much(untold_minor[:, place], amount_minor[:, place])
    return untold_minor, bits


def _is_too_much(untold_minor: Int64Array, known_minor: Int64Array) -> BoolArray:
    """Return where the untold part is over the limit; so it is wherever it is all there is."""
    whole_minor = np.maximum(known_minor, 0) + untold_minor
    # Not the untold amount × 100: that leaves 64 bits long before the amount itself does.
    is_too_much: BoolArray = untold_minor > whole_minor * UNTOLD_MAX_PERCENT // 100
    return is_too_much
