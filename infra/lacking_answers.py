"""Who is present in an aggregate and still lacks one of its figures, and why.

Source: docs/method.md#figure-coverage
"""

from typing import Any

import numpy as np

from infra.bank_names import bank_names
from processors.rate_figures import flows_missing, rate_change
from schemas.codes import Status
from schemas.results import Results
from schemas.units import BoolArray
from schemas.words import STATUS_WORDS

Row = dict[str, Any]


def lacking_rows(
    results: Results, lacking: dict[str, BoolArray], population: int, quarter: int
) -> Row:
    """Return the banks that lack each figure, and those of which some figure cannot be told.

    Args:
        results: of one snapshot.
        lacking: (banks,) by the figure's name; the banks present without it.
        population: index into POPULATIONS.
        quarter: place on the quarters axis.

    """
    row: Row = {}
    undetermined: dict[str, dict[str, str]] = {}
    for name, who in lacking.items():
        named = []
        for bank, words in zip(np.flatnonzero(who).tolist(), bank_names(results, who), strict=True):
            status = _status(results, name, bank, (population, quarter))
            told = _with_status(words, status)
            named.append(told)
            if status == Status.NOT_DETERMINABLE:
                undetermined[results.banks[bank].bank_id] = told
        row[f"{name}_lacking"] = named
    return row | {"lacking": [undetermined[bank_id] for bank_id in sorted(undetermined)]}


def _with_status(name: dict[str, str], status: Status) -> dict[str, str]:
    words = STATUS_WORDS[status]
    return {"zh": f"{name['zh']}（{words.zh}）", "en": f"{name['en']} ({words.en.lower()})"}


def _status(results: Results, name: str, bank: int, at: tuple[int, int]) -> Status:
    """Return why one bank lacks the figure ``name``."""
    places, here = np.array([bank]), (bank, *at)
    if name in {"lpr_spread", "first_loan"}:
        return flows_missing(results, places, *at)
    if name == "new_rate_change_yoy":
        return rate_change(results.new_lending, places, *at).status
    status = {
        "new_lending": results.new_lending.amount_status,
        "new_rate": results.new_lending.status,
        "ytd_lending": results.new_lending_ytd.amount_status,
        "ytd_rate": results.new_lending_ytd.status,
        "outstanding_rate": results.outstanding.amount_status,
        "non_performing": results.outstanding.amount_status,
    }[name]
    return Status(int(status[here]))
