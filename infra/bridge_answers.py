"""The balance bridge as rows: from one quarter-end to another, and whether it closes."""

from typing import Any

import numpy as np

from processors.aggregates import open_banks
from processors.bridge import INFLOWS, OUTFLOWS, bridge
from processors.growth import base_ordinal
from processors.told import untold_at
from schemas.codes import Basis, Population, Status
from schemas.quarter import Quarter
from schemas.results import Results, population_place
from schemas.words import status_name, status_words

Row = dict[str, Any]


def bridge_rows(
    results: Results,
    *,
    quarter: Quarter,
    population: Population,
    bank_id: str | None = None,
    basis: Basis = Basis.QOQ,
) -> list[Row]:
    """Return a bridge for every bank that is present by events, or for ``bank_id`` alone.

    Between two balances of which one cannot be determined there is no bridge. Outflows are
    positive and are subtracted. A difference other than 0 is a fault of ours.
    """
    place = results.quarter_place(quarter)
    if place < 0:
        return []
    base = base_ordinal(basis, quarter.ordinal) - results.first_ordinal
    rows = []
    for bank in np.flatnonzero(open_banks(results, quarter)).tolist():
        who = results.banks[bank]
        if bank_id is not None and who.bank_id != bank_id:
            continue
        status = Status.OK if results.presence.loan_level[bank, place] else Status.NOT_REPORTED
        untold = untold_at(
            results.told.untold_levels, [bank], population_place(population), [base, place]
        )
        if status == Status.OK and untold:
            status = Status.NOT_DETERMINABLE
        words = status_words(status, untold if status == Status.NOT_DETERMINABLE else ())
        row: Row = {
            "bank_id": who.bank_id,
            "bank_name": who.name_zh,
            "bank_name_en": who.name_en,
            "quarter": str(quarter),
            "base_quarter": str(Quarter.from_ordinal(results.first_ordinal + base)),
            "population": population.value,
            "basis": basis.value,
            "status": status_name(status),
            "status_zh": words.zh,
            "status_en": words.en,
            "is_to_date": bool(results.presence.is_to_date[bank, place]),
        }
        names = ("opening_minor", *INFLOWS, *OUTFLOWS, "closing_minor", "difference_minor")
        if status == Status.OK:
            row |= bridge(results.totals, bank, population_place(population), base, place)
        else:
            row |= dict.fromkeys(names, "")
        rows.append(row)
    return rows
