"""Rates, new lending and asset quality as rows: banks, then aggregates re-weighted by amount."""

from typing import Any

import numpy as np

from infra.bank_names import missing_names
from infra.lacking_answers import lacking_rows
from infra.reference_data import load_cities, load_lpr
from processors.aggregates import Group, groups, level_coverage, open_banks
from processors.exact import decimal_text, rate_percent_text
from processors.lpr import one_year_mbp
from processors.presence import day_of
from processors.rate_coverage import figure_coverages, figure_tellers
from processors.rate_figures import (
    RateFigure,
    Ratio,
    flow_total,
    flows_missing,
    lpr_compared_share,
    lpr_spread,
    non_performing,
    rate_change,
    rate_figure,
)
from processors.told import untold_at
from schemas.codes import GUARANTEE_KINDS, POLICY_TAGS, Population, Status
from schemas.quarter import QUARTERS_A_YEAR, Quarter
from schemas.results import Results, population_place
from schemas.tags import guarantee_tag, policy_tag
from schemas.units import BoolArray, Int64Array
from schemas.words import status_name, status_words

Row = dict[str, Any]
Untold = tuple[Population, ...]  # What was not said, where that is why there is no figure.

SPREAD_DECIMALS = 1
TAGS = {f"guarantee:{kind}": guarantee_tag(kind) for kind in GUARANTEE_KINDS} | {
    f"tag:{tag}": policy_tag(tag) for tag in POLICY_TAGS
}

# The keys of a row that hold each figure; its status is under its own name.
FIGURE_KEYS = {
    "new_lending": ("new_lending_minor",),
    "new_rate": ("new_rate_percent",),
    "ytd_lending": ("ytd_lending_minor",),
    "ytd_rate": ("ytd_rate_percent",),
    "outstanding_rate": ("outstanding_minor", "outstanding_rate_percent"),
    "new_rate_change_yoy": ("new_rate_change_yoy_bp",),
    "lpr_spread": ("lpr_spread_bp", "lpr_compared_percent"),
    "non_performing": ("non_performing_percent",),
    "first_loan": (
        "first_loan_borrower_count",
        "new_lending_by_guarantee",
        "new_lending_by_tag",
    ),
}


def rate_rows(
    results: Results,
    *,
    quarter: Quarter,
    population: Population,
    decimals: int = 2,
    spread_decimals: int = SPREAD_DECIMALS,
    bank_id: str | None = None,
) -> list[Row]:
    """Return rates of every bank, then of every aggregate, or of ``bank_id`` alone."""
    place = results.quarter_place(quarter)
    if place < 0:
        return []
    at = (population_place(population), place)
    rows = []
    for bank in np.flatnonzero(open_banks(results, quarter)).tolist():
        who = results.banks[bank]
        if bank_id not in {None, who.bank_id}:
            continue
        name: Row = {
            "kind": "bank",
            "bank_id": who.bank_id,
            "bank_name": who.name_zh,
            "bank_name_en": who.name_en,
            "peer_group": who.peer_group,
            "city": who.city,
        }
        figures = _figures(results, np.array([bank]), at, decimals, spread_decimals)
        is_to_date = bool(results.presence.is_to_date[bank, place])
        rows.append(_asked(quarter, population) | name | figures | {"is_to_date": is_to_date})
    for group in groups(results.banks, load_cities()):
        if bank_id not in {None, group.code}:
            continue
        figures = _group_figures(results, group, at, decimals, spread_decimals)
        rows.append(_asked(quarter, population) | figures)
    return rows


def _asked(quarter: Quarter, population: Population) -> Row:
    return {
        "quarter": str(quarter),
        "population": population.value,
        "lpr_one_year_percent": lpr_one_year_text(quarter),
    }


def lpr_one_year_text(quarter: Quarter) -> str:
    """Return the newest 1-year LPR of the quarter: a line to read rates against."""
    mbp = one_year_mbp(load_lpr(), day_of(quarter.first_day), day_of(quarter.last_day))
    return "" if mbp is None else rate_percent_text(mbp, 1, decimals=2)


def _group_figures(
    results: Results, group: Group, at: tuple[int, int], decimals: int, spread_decimals: int
) -> Row:
    """Return the figures of a group, each with the coverage of the banks that have it.

    Source: docs/method.md#figure-coverage
    """
    coverage = level_coverage(results, group.members, *at)
    # Where nobody is present, those that told too little say why there is no figure.
    places = np.flatnonzero(coverage.present if coverage.present.any() else coverage.untold)
    figures = _figures(results, places, at, decimals, spread_decimals)
    is_preliminary = coverage.is_preliminary
    tellers = figure_tellers(results, *at)
    lacking: dict[str, BoolArray] = {}
    for name, covered in figure_coverages(results, coverage, *at).items():
        if covered.hidden_by is not None:
            figures |= _hidden(figures, name, covered.hidden_by)
        # A row is no more final than the least final of the figures it shows.
        is_shown = any(figures[key] not in ("", {}) for key in FIGURE_KEYS[name])
        is_preliminary |= is_shown and covered.is_preliminary
        figures[f"{name}_coverage_percent"] = _coverage_text(
            covered.covered_minor, covered.known_minor
        )
        figures[f"{name}_is_preliminary"] = covered.is_preliminary
        # Where nobody has a figure its status says so already.
        lacking[name] = coverage.present & ~tellers[name] & (covered.teller_count > 0)
    return (
        figures
        | lacking_rows(results, lacking, *at)
        | {
            "kind": "aggregate",
            "bank_id": group.code,
            "bank_name": group.words.zh,
            "bank_name_en": group.words.en,
            "peer_group": group.code.removeprefix("peer:") if "peer:" in group.code else "",
            "city": group.code.removeprefix("city:") if "city:" in group.code else "",
            "is_to_date": bool(results.presence.is_to_date[places, at[1]].any()),
            "coverage_percent": _coverage_text(coverage.covered_minor, coverage.known_minor),
            "is_preliminary": is_preliminary,
            "unknown_weight_bank_count": coverage.unknown_weight_bank_count,
            "missing": missing_names(results, coverage.missing, coverage.untold),
        }
    )


def _hidden(figures: Row, name: str, why: Status) -> Row:
    """Return the keys of a figure emptied, with the status that says why."""
    empty: Row = {key: {} if isinstance(figures[key], dict) else "" for key in FIGURE_KEYS[name]}
    told = {key: text for key, text in _status(name, why).items() if key in figures}
    return empty | told


def _coverage_text(covered_minor: int, known_minor: int) -> str:
    return decimal_text(covered_minor * 100, known_minor, 2) if known_minor > 0 else ""


def _figures(
    results: Results, places: Int64Array, at: tuple[int, int], decimals: int, spread_decimals: int
) -> Row:
    new = rate_figure(results.new_lending, places, *at)
    year = rate_figure(results.new_lending_ytd, places, *at)
    stock = rate_figure(results.outstanding, places, *at)
    change = rate_change(results.new_lending, places, *at)
    spread = lpr_spread(results, places, *at)
    compared = lpr_compared_share(results, places, *at)
    bad = non_performing(results, places, *at)
    first_loan, is_known = flow_total(
        results, results.totals.first_loan_borrower_count, places, *at
    )
    told, (population, quarter) = results.told, at
    year_begin = quarter - (results.first_ordinal + quarter) % QUARTERS_A_YEAR
    untold = untold_at(told.untold_levels, places, population, [quarter])
    untold_flows = untold_at(told.untold_flows, places, population, [quarter])
    untold_year = untold_at(told.untold_flows, places, population, range(year_begin, quarter + 1))
    return {
        "new_lending_minor": _amount(new),
        "new_lending_status": status_name(new.amount_status),
        **_rate("new_rate", new, decimals, untold_flows),
        "ytd_lending_minor": _amount(year),
        "ytd_lending_status": status_name(year.amount_status),
        **_rate("ytd_rate", year, decimals, untold_year),
        "outstanding_minor": _amount(stock),
        **_rate("outstanding_rate", stock, decimals, untold),
        "new_rate_change_yoy_bp": _ratio(change, spread_decimals, 1),
        "new_rate_change_yoy_status": status_name(change.status),
        "lpr_spread_bp": _ratio(spread, spread_decimals, 1),
        **_status("lpr_spread", spread.status, untold_flows),
        "lpr_compared_percent": _ratio(compared, 1, 100),
        "non_performing_percent": _ratio(bad, decimals, 100),
        **_status("non_performing", bad.status, untold),
        "first_loan_borrower_count": first_loan if is_known else "",
        "first_loan_status": status_name(
            Status.OK if is_known else flows_missing(results, places, *at)
        ),
        **_tagged(results, places, at),
        "source": new.source,
    }


def _tagged(results: Results, places: Int64Array, at: tuple[int, int]) -> Row:
    """Return new lending by guarantee kind and by policy tag, empty where none is known."""
    by_guarantee: Row = {}
    by_tag: Row = {}
    for name, tag in TAGS.items():
        amount, is_known = flow_total(results, results.totals.tagged_minor[tag], places, *at)
        kind, _, word = name.partition(":")
        if is_known:
            (by_guarantee if kind == "guarantee" else by_tag)[word] = amount
    return {"new_lending_by_guarantee": by_guarantee, "new_lending_by_tag": by_tag}


def _amount(figure: RateFigure) -> int | str:
    return figure.amount_minor if figure.amount_status == Status.OK else ""


def _rate(name: str, figure: RateFigure, decimals: int, untold: Untold) -> Row:
    is_known = figure.status == Status.OK
    text = ""
    if is_known:
        text = rate_percent_text(figure.rate_minor_mbp, figure.rated_minor, decimals=decimals)
    return {f"{name}_percent": text, **_status(name, figure.status, untold)}


def _status(name: str, status: Status, untold: Untold = ()) -> Row:
    words = status_words(status, untold if status == Status.NOT_DETERMINABLE else ())
    return {
        f"{name}_status": status_name(status),
        f"{name}_status_zh": words.zh,
        f"{name}_status_en": words.en,
    }


def _ratio(ratio: Ratio, decimals: int, factor: int) -> str:
    if ratio.status != Status.OK:
        return ""
    return decimal_text(ratio.numerator * factor, ratio.denominator, decimals)
