"""Who has reported how far, how much of each aggregate that is, and what the rules say."""

from typing import Any

import numpy as np

from infra.bank_names import bank_names, missing_names
from infra.reference_data import load_cities
from processors.aggregates import GroupGrowth, group_growth, groups, open_banks
from processors.exact import decimal_text
from schemas.codes import Basis, Population, Source, Status
from schemas.quarter import Quarter
from schemas.results import NEVER_DAY, Results, date_text, population_place
from schemas.words import COVERAGE_WORDS, SOURCE_WORDS
from streams.watch import alerts_of

Row = dict[str, Any]


def coverage_rows(
    results: Results,
    *,
    quarter: Quarter,
    population: Population,
    basis: Basis = Basis.YTD,
) -> list[Row]:
    """Return how far each bank has reported, then the coverage of each aggregate's growth."""
    place = results.quarter_place(quarter)
    if place < 0:
        return []
    rows = [
        _bank_row(results, bank, quarter, population)
        for bank in np.flatnonzero(open_banks(results, quarter)).tolist()
    ]
    asked: Row = {
        "quarter": str(quarter),
        "population": population.value,
        "basis": basis.value,
    }
    for group in groups(results.banks, load_cities()):
        found = group_growth(results, group.members, population_place(population), place, basis)
        units = found.units
        rows.append(
            asked
            | {
                "kind": "aggregate",
                "bank_id": group.code,
                "bank_name": group.words.zh,
                "bank_name_en": group.words.en,
                "unit_count": int(units.both.sum()),
                "covered_minor": found.covered_minor,
                "known_minor": found.known_minor,
                "coverage_percent": decimal_text(found.covered_minor * 100, found.known_minor, 2)
                if found.known_minor > 0
                else "",
                "is_preliminary": found.is_preliminary,
                "unknown_weight_bank_count": found.unknown_weight_bank_count,
                **_coverage_status(found),
                "is_to_date": found.is_to_date,
                "missing": missing_names(results, units.missing, units.untold),
                "new_banks": bank_names(results, units.new),
                "closed_banks": bank_names(results, units.closed),
            }
        )
    return rows


def _coverage_status(found: GroupGrowth) -> Row:
    """Return what the coverage means for printing. docs/method.md#coverage."""
    code = "full"
    if not found.units.both.any():
        code = "not_determinable" if found.units.untold.any() else "not_reported"
    elif found.ends.status == Status.COVERAGE_TOO_LOW:
        code = "not_printed"
    elif found.is_preliminary:
        code = "preliminary"
    words = COVERAGE_WORDS[code]
    return {
        "coverage_status": code,
        "coverage_status_zh": words.zh,
        "coverage_status_en": words.en,
    }


def alert_rows(results: Results, *, quarter: Quarter) -> list[Row]:
    """Return what the alert rules say about a quarter, a sentence each in both languages."""
    return [
        {
            "key": alert.key,
            "rule": alert.rule,
            "severity": alert.severity.value,
            "bank_id": alert.bank_id,
            "quarter": alert.quarter,
            "message_zh": alert.message_zh,
            "message_en": alert.message_en,
        }
        for alert in alerts_of(results, quarter)
    ]


def _bank_row(results: Results, bank: int, quarter: Quarter, population: Population) -> Row:
    place = results.quarter_place(quarter)
    who, report = results.banks[bank], results.reports[bank]
    newest = "" if results.newest_day == NEVER_DAY else date_text(results.newest_day)
    source, at = Source.NONE, (bank, population_place(population), place)
    if results.told.levels[at]:
        source = Source.LOAN_LEVEL
    elif results.positions.is_reported[at]:
        source = Source.POSITION
    elif results.told.covered[at]:  # It has reported, whatever can be made of it.
        source = Source.LOAN_LEVEL
    return {
        "kind": "bank",
        "bank_id": who.bank_id,
        "bank_name": who.name_zh,
        "bank_name_en": who.name_en,
        "peer_group": who.peer_group,
        "is_registered": who.is_registered,
        "quarter": str(quarter),
        "population": population.value,
        "source": source.value,
        "source_zh": SOURCE_WORDS[source].zh,
        "source_en": SOURCE_WORDS[source].en,
        "is_present": source != Source.NONE,
        "is_to_date": bool(results.presence.is_to_date[bank, place]),
        "complete_to": report.complete_to,
        "newest_complete_to": newest,
        "lane_count": report.lane_count,
        "complete_lane_count": report.complete_lane_count,
        "missing_sequences": list(report.missing),
    }
