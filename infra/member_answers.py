"""The banks that an aggregate's figure adds up, a row each: what stands behind the sum."""

from typing import Any, NamedTuple

import numpy as np

from infra.rate_answers import FIGURE_KEYS
from infra.reference_data import load_cities
from processors.aggregates import (
    Group,
    balance_units,
    group_growth,
    group_units,
    groups,
    level_coverage,
)
from processors.growth import base_ordinal
from processors.levels import balance_levels
from processors.rate_coverage import figure_tellers
from schemas.codes import Basis, Population
from schemas.quarter import Quarter
from schemas.results import Results, Weighted, population_place
from schemas.units import Int64Array

Row = dict[str, Any]

_FIGURE_OF_KEY = {key: name for name, keys in FIGURE_KEYS.items() for key in keys}


class _At(NamedTuple):
    """What was asked, with places on the axes."""

    population: int
    quarter: int
    basis: Basis


def member_rows(
    results: Results,
    *,
    quarter: Quarter,
    population: Population,
    group_code: str,
    basis: Basis = Basis.YTD,
    figure: str = "",
) -> list[Row]:
    """Return the banks whose amounts make up a figure of the aggregate ``group_code``.

    Args:
        results: of one snapshot.
        quarter: that the figure is of.
        population: whose loans.
        group_code: such as region:province; of a code that is no aggregate there are no rows.
        basis: from which quarter-end growth is measured.
        figure: key of the figure in rate rows; any other is one of growth rows.

    Source: docs/method.md#coverage and docs/method.md#figure-coverage

    """
    place = results.quarter_place(quarter)
    found = [one for one in groups(results.banks, load_cities()) if one.code == group_code]
    if place < 0 or not found:
        return []
    at = _At(population_place(population), place, basis)
    name = _FIGURE_OF_KEY.get(figure, "")
    rows = _rated(results, found[0], at, name) if name else _grown(results, found[0], at)
    asked: Row = {"quarter": str(quarter), "population": population.value, "basis": basis.value}
    return [asked | row for row in rows]


def _grown(results: Results, group: Group, at: _At) -> list[Row]:
    """Return both balances of the banks in a growth figure, or one where there is no growth."""
    population, place, basis = at
    units = group_units(results, group.members, population, place, basis)
    growth = results.growth[basis]
    base_place = base_ordinal(basis, results.first_ordinal + place) - results.first_ordinal
    if not units.both.any():
        found = group_growth(results, group.members, population, place, basis)
        who = balance_units(results, found, group.members, population, place)
        latest = balance_levels(results, population, place).balance_minor
        return _rows(results, np.flatnonzero(who), latest_minor=latest)
    base = growth.base_minor[:, population, place].copy()
    latest = growth.latest_minor[:, population, place].copy()
    # A bank closed in between brings its base and nothing at the latest end.
    closed_base = balance_levels(results, population, base_place).balance_minor
    base[units.closed], latest[units.closed] = closed_base[units.closed], 0
    places = np.flatnonzero(units.both | units.closed)
    return _rows(results, places, base_minor=base, latest_minor=latest)


def _rated(results: Results, group: Group, at: _At, name: str) -> list[Row]:
    """Return the amounts by which the banks that have a figure weigh in it."""
    population, place, _ = at
    coverage = level_coverage(results, group.members, population, place)
    has_figure = figure_tellers(results, population, place)[name]
    amounts = _weights(results, name).amount_minor[:, population, place]
    return _rows(results, np.flatnonzero(coverage.present & has_figure), amount_minor=amounts)


def _weights(results: Results, name: str) -> Weighted:
    if name in {"outstanding_rate", "non_performing"}:
        return results.outstanding
    return results.new_lending_ytd if name.startswith("ytd_") else results.new_lending


def _rows(results: Results, who: Int64Array, **amounts: Int64Array) -> list[Row]:
    return [
        {
            "kind": "bank",
            "bank_id": results.banks[bank].bank_id,
            "bank_name": results.banks[bank].name_zh,
            "bank_name_en": results.banks[bank].name_en,
            **{name: int(values[bank]) for name, values in amounts.items()},
        }
        for bank in who.tolist()
    ]
