"""Rates of one bank or of several, as two exact integers each: numerator and denominator.

Several banks are added up before anything is divided, so a large bank weighs what it lends.

Source: docs/method.md#rates
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from processors.exact import MBP_PER_BP, join
from schemas.codes import Status
from schemas.quarter import QUARTERS_A_YEAR
from schemas.results import SOURCES, Results, Weighted
from schemas.units import BoolArray, Int64Array, UInt8Array
from schemas.words import MIXED_SOURCE


class RateFigure(NamedTuple):
    """Money and a weighted rate over it; rate = rate_minor_mbp ÷ rated_minor where OK."""

    amount_minor: int
    amount_status: Status
    rated_minor: int  # The part of the amount whose rate is known.
    rate_minor_mbp: int
    status: Status
    source: str


class Ratio(NamedTuple):
    """A part of a whole, or a difference over what it was weighed by."""

    numerator: int
    denominator: int
    status: Status


def rate_figure(
    weighted: Weighted, places: Int64Array, population: int, quarter: int
) -> RateFigure:
    """Return the sums of ``weighted`` over the banks at ``places``.

    A bank without a figure stays out of both sums. Without any rate, banks of one status share it.

    Source: docs/method.md#rates
    """
    at = (places, population, quarter)
    amount_status, status = weighted.amount_status[at], weighted.status[at]
    told = amount_status == Status.OK
    rated = status == Status.OK
    amount = _total(weighted.amount_minor[at][told])
    rated_minor = _total(weighted.amount_minor[at][rated])
    rate = join(_total(weighted.rate_hi[at][rated]), _total(weighted.rate_lo[at][rated]))
    sources = {str(SOURCES[code]) for code in weighted.source[at][told].tolist()}
    whole = Status.OK if rated_minor > 0 else _shared_status(status, told)
    return RateFigure(
        amount,
        Status.OK if told.any() else whole,
        rated_minor,
        rate,
        whole,
        sources.pop() if len(sources) == 1 else MIXED_SOURCE if sources else "none",
    )


def _shared_status(status: UInt8Array, told: BoolArray) -> Status:
    """Return why several banks have no rate between them; money lent at an untold rate is lent."""
    shared = {Status(code) for code in status.tolist()}
    if len(shared) == 1:
        return shared.pop()
    is_none_lent = bool(told.any()) and bool((status[told] == Status.NO_LENDING).all())
    return Status.NO_LENDING if is_none_lent else Status.NOT_REPORTED


def rate_change(weighted: Weighted, places: Int64Array, population: int, quarter: int) -> Ratio:
    """Return the change of the rate on a year before, over banks that have both, in bp.

    Source: docs/method.md#rates
    """
    before = quarter - QUARTERS_A_YEAR
    if before < 0:
        return Ratio(0, 1, Status.NOT_REPORTED)
    then, now = (places, population, before), (places, population, quarter)
    both = (weighted.status[then] == Status.OK) & (weighted.status[now] == Status.OK)
    both &= weighted.source[then] == weighted.source[now]
    if not both.any():
        ends = np.concatenate([weighted.status[then], weighted.status[now]])
        is_there = (ends == Status.NOT_DETERMINABLE).any()
        return Ratio(0, 1, Status.NOT_DETERMINABLE if is_there else Status.NOT_REPORTED)
    new = rate_figure(weighted, places[both], population, quarter)
    old = rate_figure(weighted, places[both], population, before)
    change = Fraction(new.rate_minor_mbp, new.rated_minor)
    change -= Fraction(old.rate_minor_mbp, old.rated_minor)
    change /= MBP_PER_BP
    return Ratio(change.numerator, change.denominator, Status.OK)


def lpr_spread(results: Results, places: Int64Array, population: int, quarter: int) -> Ratio:
    """Return how far new lending lies above the LPR of each draw's own date and tenor, in bp.

    Source: docs/method.md#lpr
    """
    told = places[results.told.flows[places, population, quarter]]
    totals, at = results.totals, (told, population, quarter)
    compared = _total(totals.compared_minor[at])
    if not told.size:
        return Ratio(0, 1, flows_missing(results, places, population, quarter))
    if compared <= 0:
        has_lending = _total(totals.disbursed_minor[at]) > 0
        return Ratio(0, 1, Status.NOT_DETERMINABLE if has_lending else Status.NO_LENDING)
    paid = join(_total(totals.compared_rate_hi[at]), _total(totals.compared_rate_lo[at]))
    published = join(_total(totals.lpr_rate_hi[at]), _total(totals.lpr_rate_lo[at]))
    return Ratio(paid - published, compared * MBP_PER_BP, Status.OK)


def lpr_compared_share(
    results: Results, places: Int64Array, population: int, quarter: int
) -> Ratio:
    """Return which part of new lending has an LPR to be compared with."""
    told = places[results.told.flows[places, population, quarter]]
    at = (told, population, quarter)
    whole = _total(results.totals.disbursed_minor[at])
    if not told.size:
        return Ratio(0, 1, flows_missing(results, places, population, quarter))
    if whole <= 0:
        return Ratio(0, 1, Status.NO_LENDING)
    return Ratio(_total(results.totals.compared_minor[at]), whole, Status.OK)


def non_performing(results: Results, places: Int64Array, population: int, quarter: int) -> Ratio:
    """Return the non-performing part of the balance (不良贷款率).

    Source: docs/method.md#non-performing
    """
    told = places[results.told.levels[places, population, quarter]]
    at = (told, population, quarter)
    whole = _total(results.totals.balance_minor[at])
    is_untold = (results.told.untold_levels[places, population, quarter] != 0).any()
    if not told.size or whole <= 0:
        is_there = told.size or is_untold
        return Ratio(0, 1, Status.NOT_DETERMINABLE if is_there else Status.NOT_REPORTED)
    return Ratio(_total(results.totals.non_performing_minor[at]), whole, Status.OK)


def flow_total(
    results: Results, values: Int64Array, places: Int64Array, population: int, quarter: int
) -> tuple[int, bool]:
    """Return a flow over the banks whose flows are known, and whether any is."""
    told = places[results.told.flows[places, population, quarter]]
    return _total(values[told, population, quarter]), bool(told.size)


def flows_missing(results: Results, places: Int64Array, population: int, quarter: int) -> Status:
    """Return why none of the banks at ``places`` tells its flows by events.

    Source: docs/method.md#determinable
    """
    is_untold = (results.told.untold_flows[places, population, quarter] != 0).any()
    return Status.NOT_DETERMINABLE if is_untold else Status.NOT_REPORTED


def _total(values: Int64Array) -> int:
    return sum(values.tolist())
