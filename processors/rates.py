"""Weighted interest rates: Σ amount × rate and Σ amount, kept apart until a rate is printed.

Over banks and over quarters both sums are added, then divided: averages are never averaged.
An empty window has no rate, which is not a rate of zero.

Source: docs/method.md#rates
"""

import numpy as np

from processors.growth import LOAN_LEVEL, NONE, POSITION
from processors.sums import rate_limbs
from schemas.codes import Status
from schemas.quarter import QUARTERS_A_YEAR
from schemas.results import Positions, Told, Totals, Weighted
from schemas.units import AnyArray, BoolArray, Int64Array, UInt8Array


def new_lending(totals: Totals, positions: Positions, told: Told) -> Weighted:
    """Return new lending of each quarter and its Σ amount × rate.

    Events where they tell the quarter's flows, else what the bank reported, else a status.

    Source: docs/method.md#rates and docs/method.md#determinable
    """
    by_events = told.flows
    by_position = positions.is_reported & positions.has_new_lending
    reported_hi, reported_lo = rate_limbs(positions.new_lending_minor, positions.new_rate_mbp)
    # Events that do not tell: the quarter was opened with balances, or whose loans is not said.
    missing = np.where(told.covered, Status.NOT_DETERMINABLE, Status.NOT_REPORTED)
    amount_status = np.where(by_events | by_position, Status.OK, missing).astype(np.uint8)
    amount = _chosen(by_events, totals.disbursed_minor, by_position, positions.new_lending_minor)
    return Weighted(
        amount,
        _chosen(by_events, totals.disbursed_rate_hi, by_position, reported_hi),
        _chosen(by_events, totals.disbursed_rate_lo, by_position, reported_lo),
        amount_status,
        _rate_status(amount, amount_status, by_events | positions.has_new_rate),
        _source(by_events, by_position),
    )


def year_to_date(quarterly: Weighted, first_ordinal: int) -> Weighted:
    """Return the sums from the year's first quarter on, of one source throughout.

    A quarter that is missing, or known from another source, leaves the year without a figure.
    """
    sums = [quarterly.amount_minor.copy(), quarterly.rate_hi.copy(), quarterly.rate_lo.copy()]
    amount_status = quarterly.amount_status.copy()
    status = quarterly.status.copy()
    source = quarterly.source.copy()
    for place in range(quarterly.amount_minor.shape[2]):
        if (first_ordinal + place) % QUARTERS_A_YEAR == 0:
            continue
        if place == 0:  # What was before the axis is not known.
            amount_status[..., 0] = np.maximum(amount_status[..., 0], Status.NOT_REPORTED)
            source[..., 0] = NONE
        else:
            for total in sums:
                total[..., place] += total[..., place - 1]
            is_same = source[..., place] == source[..., place - 1]
            before = amount_status[..., place - 1]
            here = amount_status[..., place]
            worse = np.where(here != Status.OK, here, before)
            mixed = np.where(worse == Status.OK, Status.NOT_REPORTED, worse)
            amount_status[..., place] = np.where(is_same, worse, mixed)
            source[..., place] = np.where(is_same, source[..., place], NONE)
            # No lending in one quarter is no obstacle; a rate that was not reported is.
            unknown = (status[..., place - 1] == Status.NOT_REPORTED) | (
                status[..., place] == Status.NOT_REPORTED
            )
            status[..., place] = np.where(unknown, Status.NOT_REPORTED, status[..., place])
    is_known = amount_status == Status.OK
    amount, rate_hi, rate_lo = (np.where(is_known, total, 0) for total in sums)
    rate_status = _rate_status(amount, amount_status, status != Status.NOT_REPORTED)
    return Weighted(amount, rate_hi, rate_lo, amount_status, rate_status, source)


def outstanding(totals: Totals, told: Told) -> Weighted:
    """Return the balance at quarter-end and its Σ balance × current rate; events only.

    Source: docs/method.md#rates and docs/method.md#determinable
    """
    is_present = told.levels
    missing = np.where(told.covered, Status.NOT_DETERMINABLE, Status.NOT_REPORTED)
    amount_status = np.where(is_present, Status.OK, missing).astype(np.uint8)
    nothing = np.zeros_like(totals.balance_minor)
    status = np.where(totals.balance_minor > 0, Status.OK, Status.NOT_DETERMINABLE)
    status = np.where(is_present, status, amount_status)
    return Weighted(
        np.where(is_present, totals.balance_minor, nothing),
        np.where(is_present, totals.balance_rate_hi, nothing),
        np.where(is_present, totals.balance_rate_lo, nothing),
        amount_status,
        status.astype(np.uint8),
        np.where(is_present, LOAN_LEVEL, NONE).astype(np.uint8),
    )


def _chosen(
    by_events: BoolArray, events: Int64Array, by_position: BoolArray, reported: Int64Array
) -> Int64Array:
    return np.where(by_events, events, np.where(by_position, reported, 0))


def _source(by_events: BoolArray, by_position: BoolArray) -> UInt8Array:
    return np.where(by_events, LOAN_LEVEL, np.where(by_position, POSITION, NONE)).astype(np.uint8)


def _rate_status(
    amount_minor: Int64Array, amount_status: AnyArray, has_rate: BoolArray
) -> UInt8Array:
    """Return whether there is a rate: not over an amount of nothing, nor where it was not told."""
    status = np.where(has_rate, Status.OK, Status.NOT_REPORTED)
    status = np.where(amount_minor <= 0, Status.NO_LENDING, status)
    return np.where(amount_status == Status.OK, status, amount_status).astype(np.uint8)
