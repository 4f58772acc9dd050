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


def borrower_changes(results: Results, population: int, quarter: int, basis: Basis) -> Counts:
    """Return the change in borrowers since the quarter-end of ``basis``.

    Source: docs/method.md#counts
    """
    base = base_ordinal(basis, results.first_ordinal + quarter) - results.first_ordinal
    if base < 0:
        nothing = np.zeros(len(results.banks), np.int64)
        return Counts(nothing, nothing.astype(np.bool_))
    events = results.totals.borrower_count[:, population]
    reported = results.positions.borrower_count[:, population]
    has_reported = results.positions.has_borrower_count[:, population]
    told = results.told.levels[:, population]
    by_events = told[:, quarter] & told[:, base]
    by_position = has_reported[:, quarter] & has_reported[:, base]
    change = np.where(
        by_events, events[:, quarter] - events[:, base], reported[:, quarter] - reported[:, base]
    )
    return Counts(change, by_events | by_position)
