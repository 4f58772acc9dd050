"""Growth of lending: from which earlier quarter-end, over which base, and when there is none.

Growth is latest ÷ base − 1 of two balances of one source: both ends from events, else both
from reported positions, else none. Nothing is divided in here: ``processors.exact`` divides
where a figure is printed or decided on.

Source: docs/method.md#growth
"""

from typing import NamedTuple

import numpy as np

from processors.population import PREDICATE_CHANGES
from schemas.codes import Basis, Population, Source, Status
from schemas.quarter import FIRST_ORDINAL, QUARTERS_A_YEAR
from schemas.results import (
    SOURCES,
    Growth,
    Positions,
    Told,
    Totals,
    population_place,
)
from schemas.units import BoolArray, Int64Array, UInt8Array

SMALL_BASE_MINOR = 10**10  # 1 亿元. docs/method.md#small-base
SMALL_BASE_COUNT = 50  # 户
COUNT_BASIS_YTD_FROM_YEAR = 2021  # docs/method.md#counts

LOAN_LEVEL, POSITION, NONE = (
    SOURCES.index(source) for source in (Source.LOAN_LEVEL, Source.POSITION, Source.NONE)
)

# Populations without bills are held against all loans without bills. docs/method.md#gap
_WITH_BILLS = (Population.ALL, Population.UNPROFILED)


class Balances(NamedTuple):
    """The two ends of growth, each (…); a count matters where it is known."""

    base_minor: Int64Array
    has_base_count: BoolArray
    base_count: Int64Array


def gap_reference(population: Population) -> Population:
    """Return the bank's own total that growth of ``population`` is held against.

    Source: docs/method.md#gap
    """
    return Population.ALL if population in _WITH_BILLS else Population.ALL_EX_BILLS


def base_ordinal(basis: Basis, quarter_ordinal: int) -> int:
    """Return the quarter whose end growth is measured from.

    Source: docs/method.md#growth
    """
    if basis is Basis.YTD:
        return quarter_ordinal // QUARTERS_A_YEAR * QUARTERS_A_YEAR - 1
    return quarter_ordinal - (QUARTERS_A_YEAR if basis is Basis.YOY else 1)


def count_basis(year: int) -> Basis:
    """Return against which quarter-end a rise in borrowers is judged in ``year``.

    Source: docs/method.md#counts
    """
    return Basis.YTD if year >= COUNT_BASIS_YTD_FROM_YEAR else Basis.YOY


def is_scope_changed(population: Population, base: int, latest: int) -> bool:
    """Return whether the definition itself differs between two quarter ordinals.

    Source: docs/method.md#populations
    """
    if population is not Population.PBOC_INCLUSIVE:
        return False
    changes = PREDICATE_CHANGES + FIRST_ORDINAL
    return bool(((base < changes) & (changes <= latest)).any())


def base_status(balances: Balances) -> UInt8Array:
    """Return whether the base carries a growth figure: OK, NO_BASE or SMALL_BASE.

    Source: docs/method.md#small-base
    """
    is_small = balances.base_minor < SMALL_BASE_MINOR
    is_small |= balances.has_base_count & (balances.base_count < SMALL_BASE_COUNT)
    status = np.where(is_small, Status.SMALL_BASE, Status.OK)
    return np.where(balances.base_minor <= 0, Status.NO_BASE, status).astype(np.uint8)


def _with_changed_scope(status: UInt8Array, first_ordinal: int, base: Int64Array) -> UInt8Array:
    """Return ``status``, SCOPE_CHANGED where a definition differs between base and quarter."""
    pboc = population_place(Population.PBOC_INCLUSIVE)
    changed = np.array(
        [
            is_scope_changed(Population.PBOC_INCLUSIVE, first_ordinal + b, first_ordinal + n)
            for n, b in enumerate(base.tolist())
        ],
        np.bool_,
    )
    has_base = status[:, pboc] != Status.NO_BASE
    status[:, pboc] = np.where(changed & has_base, Status.SCOPE_CHANGED, status[:, pboc])
    return status


def loan_growth(
    basis: Basis, first_ordinal: int, totals: Totals, positions: Positions, told: Told
) -> Growth:
    """Return growth of every bank, population and quarter on ``basis``.

    Where events cover both ends, but do not tell at both whose loans they are, positions are
    taken, as where there are no events; without them the figure cannot be determined.

    Restored growth (还原) puts back what left the balance without being repaid:
    (latest + Σ written off and moved out after the base) ÷ base − 1. It needs events.

    Source: docs/method.md#growth, docs/method.md#growth-restored, docs/method.md#determinable
    """
    latest = range(totals.balance_minor.shape[2])
    base = np.array(
        [base_ordinal(basis, first_ordinal + n) - first_ordinal for n in latest], np.int64
    )
    is_on_axis = base >= 0
    base = np.maximum(base, 0)

    is_covered = told.covered & told.covered[:, :, base] & is_on_axis
    by_events = is_covered & told.levels & told.levels[:, :, base]
    by_position = positions.is_reported & positions.is_reported[:, :, base] & is_on_axis
    source = np.where(by_events, LOAN_LEVEL, np.where(by_position, POSITION, NONE))

    def chosen(events: Int64Array, reported: Int64Array) -> Int64Array:
        return np.where(by_events, events, np.where(by_position, reported, 0))

    balances = Balances(
        chosen(totals.balance_minor[:, :, base], positions.balance_minor[:, :, base]),
        by_events | (by_position & positions.has_borrower_count[:, :, base]),
        chosen(totals.borrower_count[:, :, base], positions.borrower_count[:, :, base]),
    )
    status = _with_changed_scope(base_status(balances), first_ordinal, base)
    missing = np.where(is_covered, Status.NOT_DETERMINABLE, Status.NOT_REPORTED)
    status = np.where(source == NONE, missing, status).astype(np.uint8)

    out = np.cumsum(totals.written_off_minor + totals.moved_out_minor, axis=2)
    restored_status = np.where(source == POSITION, Status.NOT_REPORTED, status)
    return Growth(
        base_minor=balances.base_minor,
        latest_minor=chosen(totals.balance_minor, positions.balance_minor),
        out_minor=np.where(by_events, out - out[:, :, base], 0),
        status=status,
        restored_status=restored_status.astype(np.uint8),
        source=source.astype(np.uint8),
    )
