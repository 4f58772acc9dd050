"""Borrowers with a balance (贷款户数), and their change: of one source at both ends.

The counts of banks added up are not the province's count, because a borrower of two banks
stands in both; distinct borrowers are counted from cells on demand.

Source: docs/method.md#counts and docs/method.md#determinable
"""

from typing import NamedTuple

import numpy as np

from processors.growth import base_ordinal
from schemas.codes import Basis
from schemas.results import Results
from schemas.units import BoolArray, Int64Array


class Counts(NamedTuple):
    """A count by bank, which stands for something where ``is_known`` is True; (banks,) each."""

    value_count: Int64Array
    is_known: BoolArray

    def total(self, who: BoolArray) -> tuple[int, bool]:
        """Return the sum over the banks ``who`` that have told, and whether any has."""
        told = who & self.is_known
        return sum(self.value_count[told].tolist()), bool(told.any())

    def complete_total(self, who: BoolArray) -> tuple[int, bool]:
        """Return the sum over the banks ``who``, and whether every one of them has told."""
        count, is_any_known = self.total(who)
        return count, is_any_known and bool(self.is_known[who].all())


def borrower_counts(results: Results, population: int, quarter: int) -> Counts:
    """Return borrowers at the end of a quarter, from events, else from a position."""
    at = (slice(None), population, quarter)
    by_events = results.told.levels[at]
    by_position = results.positions.has_borrower_count[at]
    return Counts(
        np.where(
            by_events, results.totals.borrower_count[at], results.positions.borrower_count[at]
        ),
        by_events | by_position,
    )


class CountEnds(NamedTuple):
    """Borrowers at both ends of a change, of one source; (banks,) each."""

    base_count: Int64Array
    latest_count: Int64Array
    is_by_events: BoolArray
    is_known: BoolArray


def borrower_ends(results: Results, population: int, quarter: int, basis: Basis) -> CountEnds:
    """Return borrowers at the quarter-end of ``basis`` and at this one.

    Source: docs/method.md#counts
    """
    base = base_ordinal(basis, results.first_ordinal + quarter) - results.first_ordinal
    if base < 0:
        nothing = np.zeros(len(results.banks), np.int64)
        return CountEnds(nothing, nothing, nothing.astype(np.bool_), nothing.astype(np.bool_))
    events = results.totals.borrower_count[:, population]
    reported = results.positions.borrower_count[:, population]
    has_reported = results.positions.has_borrower_count[:, population]
    told = results.told.levels[:, population]
    by_events = told[:, quarter] & told[:, base]
    by_position = has_reported[:, quarter] & has_reported[:, base]
    return CountEnds(
        np.where(by_events, events[:, base], reported[:, base]),
        np.where(by_events, events[:, quarter], reported[:, quarter]),
        by_events,
        by_events | by_position,
    )


def borrower_changes(results: Results, population: int, quarter: int, basis: Basis) -> Counts:
    """Return the change in borrowers since the quarter-end of ``basis``.

    Source: docs/method.md#counts
    """
    ends = borrower_ends(results, population, quarter, basis)
    return Counts(ends.latest_count - ends.base_count, ends.is_known)
