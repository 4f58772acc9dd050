"""The balance of every bank at one quarter-end, by whichever source has it.

A level is known where that one quarter-end is, although growth, which needs two ends of one
source, may not be.

Source: docs/method.md#presence and docs/method.md#determinable
"""

from typing import NamedTuple

import numpy as np

from processors.growth import LOAN_LEVEL, NONE, POSITION
from schemas.results import Results
from schemas.units import BoolArray, Int64Array, UInt8Array


class Levels(NamedTuple):
    """Balances, 0 where ``source`` is NONE; (banks,) each."""

    balance_minor: Int64Array
    source: UInt8Array  # Index into SOURCES.


def balance_levels(results: Results, population: int, quarter: int) -> Levels:
    """Return balances at the end of a quarter: from events, else from a position.

    Args:
        results: of one snapshot.
        population: index into POPULATIONS.
        quarter: place on the quarters axis; nothing is known before it.

    Source: docs/method.md#presence

    """
    bank_count = len(results.banks)
    if quarter < 0:
        return Levels(np.zeros(bank_count, np.int64), np.full(bank_count, NONE, np.uint8))
    at = (slice(None), population, quarter)
    by_events = results.told.levels[at]
    by_position = results.positions.is_reported[at]
    reported = np.where(by_position, results.positions.balance_minor[at], 0)
    source = np.where(by_events, LOAN_LEVEL, np.where(by_position, POSITION, NONE))
    return Levels(
        np.where(by_events, results.totals.balance_minor[at], reported), source.astype(np.uint8)
    )


def weight_levels(results: Results, population: int, quarter: int) -> Levels:
    """Return balances to weigh banks by: where events do not tell one, the most it may be.

    Arguments and result as for ``balance_levels``.

    Source: docs/method.md#coverage
    """
    levels = balance_levels(results, population, quarter)
    if quarter < 0:
        return levels
    at = (slice(None), population, quarter)
    is_untold = (levels.source == NONE) & (results.told.untold_levels[at] != 0)
    most = results.totals.balance_minor[at] + results.told.untold_minor[at]
    return Levels(
        np.where(is_untold, most, levels.balance_minor),
        np.where(is_untold, LOAN_LEVEL, levels.source).astype(np.uint8),
    )


def last_levels(results: Results, rows: BoolArray, population: int, quarter: int) -> Levels:
    """Return the newest balance known of some banks, at the end of a quarter or before it.

    What a bank last said is the best there is to weigh it by while it is missing; 0 and NONE
    for banks that never said anything, and for those that are not in ``rows``.

    Args:
        results: of one snapshot.
        rows: (banks,), whose balance is asked for.
        population: index into POPULATIONS.
        quarter: place on the quarters axis.

    Source: docs/method.md#coverage

    """
    balance = np.zeros(rows.size, np.int64)
    source = np.full(rows.size, NONE, np.uint8)
    left = rows.copy()
    for place in range(quarter, -1, -1):
        if not left.any():
            break
        levels = weight_levels(results, population, place)
        found = left & (levels.source != NONE)
        balance[found], source[found] = levels.balance_minor[found], levels.source[found]
        left &= ~found
    return Levels(balance, source)
