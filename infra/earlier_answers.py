"""Words for figures that have no base yet: nobody is late where nobody has told anything before.

Source: docs/method.md#growth
"""

from collections.abc import Sequence
from typing import Any

from processors.growth import base_ordinal
from schemas.codes import Basis, Population, Status
from schemas.quarter import Quarter
from schemas.results import Results, population_place
from schemas.words import NO_EARLIER_WORDS, STATUS_WORDS, status_name

Row = dict[str, Any]

_NOT_REPORTED = status_name(Status.NOT_REPORTED)
_WORDS = {status_name(status): words for status, words in STATUS_WORDS.items()}
_FIGURES = ("status", "restored_status", "gap_status")


def with_earlier_words(
    results: Results, rows: Sequence[Row], *, quarter: Quarter, population: Population, basis: Basis
) -> list[Row]:
    """Return growth rows with words for the statuses of figures that need an earlier quarter.

    The status itself stays ``not_reported``. Its words are others where the balance is there and
    no bank has told anything at or before the base.
    """
    has_base = _has_told_by(results, quarter, population, basis)
    has_year_begin = _has_told_by(results, quarter, population, Basis.YTD)
    return [
        row
        | _worded(row, _FIGURES, is_first=row["latest_status"] == "ok" and not has_base)
        | _change(row, is_first=row["borrower_count_status"] == "ok" and not has_year_begin)
        for row in rows
    ]


def _has_told_by(results: Results, quarter: Quarter, population: Population, basis: Basis) -> bool:
    """Return whether any bank has told anything up to the quarter-end ``basis`` starts from."""
    end = base_ordinal(basis, quarter.ordinal) - results.first_ordinal + 1
    at = (slice(None), population_place(population), slice(max(end, 0)))
    return bool(results.told.covered[at].any() or results.positions.is_reported[at].any())


def _worded(row: Row, keys: Sequence[str], *, is_first: bool) -> Row:
    told: Row = {}
    for key in keys:
        words = NO_EARLIER_WORDS if is_first and row[key] == _NOT_REPORTED else _WORDS[row[key]]
        # A row may say more than the word for its status already: what a bank has not told.
        is_kept = words is not NO_EARLIER_WORDS and f"{key}_zh" in row
        told |= {} if is_kept else {f"{key}_zh": words.zh, f"{key}_en": words.en}
    return told


def _change(row: Row, *, is_first: bool) -> Row:
    is_known = row["borrower_change_ytd"] != ""
    status = {"borrower_change_ytd_status": "ok" if is_known else _NOT_REPORTED}
    return status | _worded(status, tuple(status), is_first=is_first)
