"""Borrowers of each aggregate as rows: the banks' counts added up, and each borrower once."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from infra.reference_data import load_cities
from processors.aggregates import Group, balance_units, group_growth, groups
from processors.distinct import CountedBorrowers
from schemas.codes import Basis, Population
from schemas.quarter import Quarter
from schemas.results import Results, population_place

Row = dict[str, Any]


class _Chosen(NamedTuple):
    """An aggregate whose borrowers can be counted once each, and over which banks."""

    group: Group
    basis: Basis
    bank_ids: tuple[str, ...]


def distinct_rows(
    results: Results, counted: CountedBorrowers, quarter: Quarter
) -> Mapping[Population, list[Row]]:
    """Return a row for every aggregate and basis whose banks are all present by events.

    They are the banks whose borrowers are added up in the row of growth on that basis; there is no
    row where one of them is known by a position, which names nobody.

    Args:
        results: say which banks belong where, and which are present.
        counted: who counts at the end of ``quarter``.
        quarter: of both.

    Source: docs/method.md#counts

    """
    place = results.quarter_place(quarter)
    if place < 0:
        return {population: [] for population in Population}
    found = groups(results.banks, load_cities())
    rows: dict[Population, list[Row]] = {}
    for population in Population:
        chosen = _chosen(results, found, population_place(population), place)
        # On most bases an aggregate is the same banks: they are counted once.
        wanted = list(dict.fromkeys(entry.bank_ids for entry in chosen))
        counts = dict(zip(wanted, counted.counts(wanted, population), strict=True))
        rows[population] = [
            {
                "kind": "aggregate",
                "bank_id": entry.group.code,
                "bank_name": entry.group.words.zh,
                "bank_name_en": entry.group.words.en,
                "quarter": str(quarter),
                "population": population.value,
                "basis": entry.basis.value,
                "counted_bank_count": len(entry.bank_ids),
                "borrower_count": counts[entry.bank_ids][0],
                "distinct_borrower_count": counts[entry.bank_ids][1],
            }
            for entry in chosen
        ]
    return rows


def _chosen(results: Results, found: list[Group], population: int, place: int) -> list[_Chosen]:
    by_events = results.told.levels[:, population, place]
    chosen = []
    for basis in Basis:
        for group in found:
            growth = group_growth(results, group.members, population, place, basis)
            units = balance_units(results, growth, group.members, population, place)
            if units.any() and by_events[units].all():
                banks = np.flatnonzero(units).tolist()
                ids = tuple(results.banks[bank].bank_id for bank in banks)
                chosen.append(_Chosen(group, basis, ids))
    return chosen
