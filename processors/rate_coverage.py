"""How much of an aggregate stands behind each of its rates: a figure covers who can tell it.

A position says nothing of outstanding rates, of non-performing loans or of the LPR, so a bank
may be present and still lack a figure. Each figure is covered by the banks that have it.

Source: docs/method.md#figure-coverage
"""

from typing import NamedTuple

import numpy as np

from processors.aggregates import PRELIMINARY_BELOW_PERCENT, PRINTED_FROM_PERCENT, Coverage
from processors.growth import NONE
from processors.levels import weight_levels
from schemas.codes import Status
from schemas.quarter import QUARTERS_A_YEAR
from schemas.results import Results, Weighted
from schemas.units import BoolArray


class FigureCoverage(NamedTuple):
    """How much of the balance of a quarter before the banks with a figure hold."""

    covered_minor: int
    known_minor: int  # Of the banks present and missing.
    teller_count: int  # Banks that have the figure.
    unknown_weight_bank_count: int  # Without the figure, and without a balance before.

    @property
    def is_preliminary(self) -> bool:
        """Whether the figure may still move when others tell it."""
        is_little = self.covered_minor * 100 < self.known_minor * PRELIMINARY_BELOW_PERCENT
        return is_little or self.unknown_weight_bank_count > 0

    @property
    def hidden_by(self) -> Status | None:
        """Why the figure is not printed although somebody has it; None where it is."""
        if not self.teller_count:
            return None  # What the figure itself says is nearer to the truth.
        if self.covered_minor * 100 < self.known_minor * PRINTED_FROM_PERCENT:
            return Status.COVERAGE_TOO_LOW
        is_unjudged = self.known_minor == 0 and self.unknown_weight_bank_count > 0
        return Status.NOT_DETERMINABLE if is_unjudged else None


def figure_coverages(
    results: Results, whole: Coverage, population: int, quarter: int
) -> dict[str, FigureCoverage]:
    """Return the coverage of each figure of an aggregate, by the figure's name.

    Args:
        results: of one snapshot.
        whole: who is present and who is missing.
        population: index into POPULATIONS.
        quarter: place on the quarters axis.

    Source: docs/method.md#figure-coverage

    """
    before, source = weight_levels(results, population, quarter - 1)
    found = {}
    for name, has_figure in figure_tellers(results, population, quarter).items():
        tells = whole.present & has_figure
        lacks = whole.present & ~has_figure
        found[name] = FigureCoverage(
            sum(before[tells].tolist()),
            whole.known_minor,
            int(tells.sum()),
            whole.unknown_weight_bank_count + int((lacks & (source == NONE)).sum()),
        )
    return found


def figure_tellers(results: Results, population: int, quarter: int) -> dict[str, BoolArray]:
    """Return which banks have each figure, (banks,) each.

    A bank that lent nothing has told all there is: its rate is lacking in no aggregate.
    """
    at = (slice(None), population, quarter)
    new, year = results.new_lending, results.new_lending_ytd
    flows, levels = results.told.flows[at], results.told.levels[at]
    return {
        "new_lending": new.amount_status[at] == Status.OK,
        "new_rate": _is_told(new, population, quarter),
        "ytd_lending": year.amount_status[at] == Status.OK,
        "ytd_rate": _is_told(year, population, quarter),
        "outstanding_rate": levels,
        "new_rate_change_yoy": _has_change(new, population, quarter),
        "lpr_spread": flows,
        "non_performing": levels,
        "first_loan": flows,
    }


def _is_told(weighted: Weighted, population: int, quarter: int) -> BoolArray:
    status = weighted.status[:, population, quarter]
    return np.asarray((status == Status.OK) | (status == Status.NO_LENDING), np.bool_)


def _has_change(weighted: Weighted, population: int, quarter: int) -> BoolArray:
    before = quarter - QUARTERS_A_YEAR
    if before < 0:
        return np.zeros(weighted.status.shape[0], np.bool_)
    then, now = weighted.status[:, population, before], weighted.status[:, population, quarter]
    sources = weighted.source[:, population]
    is_same = (then == now) & (sources[:, before] == sources[:, quarter])
    return np.asarray(is_same & ((now == Status.OK) | (now == Status.NO_LENDING)), np.bool_)
