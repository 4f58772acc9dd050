"""Borrowers of each aggregate as rows: the banks' counts added up, and each borrower once."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from infra.reference_data import load_cities
from processors.aggregates import groups
from processors.distinct import CountedBorrowers
from schemas.codes import Population
from schemas.quarter import Quarter
from schemas.results import Results

Row = dict[str, Any]


def distinct_rows(
    results: Results, counted: CountedBorrowers, quarter: Quarter
) -> Mapping[Population, list[Row]]:
    """Return a row for every aggregate that has a bank present by events, by population.

    Args:
        results: say which banks belong where, and which are present.
        counted: who counts at the end of ``quarter``.
        quarter: of both.

    Source: docs/method.md#counts

    """
    place = results.quarter_place(quarter)
    if place < 0:
        return {population: [] for population in Population}
    # Only events name borrowers; a bank known by positions alone has none to count.
    by_events = results.presence.loan_level[:, place]
    chosen = [
        (group, np.flatnonzero(group.members & by_events).tolist())
        for group in groups(results.banks, load_cities())
        if (group.members & by_events).any()
    ]
    bank_ids = [[results.banks[bank].bank_id for bank in banks] for _, banks in chosen]
    rows = {}
    for population in Population:
        counts = counted.counts(bank_ids, population)
        rows[population] = [
            {
                "kind": "aggregate",
                "bank_id": group.code,
                "bank_name": group.words.zh,
                "bank_name_en": group.words.en,
                "quarter": str(quarter),
                "population": population.value,
                "counted_bank_count": len(banks),
                "borrower_count": summed,
                "distinct_borrower_count": distinct,
            }
            for (group, banks), (summed, distinct) in zip(chosen, counts, strict=True)
        ]
    return rows
