"""What the alert rules see of a snapshot's results, and what they say about it.

Rules know nothing of results; this turns results into the facts that rules are handed.
"""

import datetime as dt

import numpy as np

from alerts import rules
from alerts.rule import Alert, AlertFacts, GrowthPoint, LanePoint, ReportPoint, Rule
from processors.aggregates import open_banks
from processors.exact import growth_percent
from processors.presence import day_of, working_days_between
from schemas.catalog import entries
from schemas.codes import Basis, Population, Status
from schemas.quarter import Quarter
from schemas.results import NEVER_DAY, Results, date_text, population_place
from schemas.words import POPULATION_WORDS

RULES: tuple[Rule, ...] = entries(rules, "RULE")

WATCHED = (Population.PRIVATE, Population.SMALL_MICRO, Population.INCLUSIVE)
HISTORY_QUARTERS = 4


def alerts_of(results: Results, quarter: Quarter) -> list[Alert]:
    """Return what all rules say about ``quarter``, by key."""
    facts = AlertFacts(
        growth_points(results, quarter), report_points(results), lane_points(results, quarter)
    )
    found = [alert for rule in RULES for alert in rule.check(facts)]
    return sorted(found, key=lambda alert: alert.key)


def growth_points(results: Results, quarter: Quarter) -> tuple[GrowthPoint, ...]:
    """Return growth on the quarter before of the quarters up to ``quarter`` that are over."""
    newest = results.quarter_place(quarter)
    growth = results.growth[Basis.QOQ]
    places = [
        place
        for place in range(max(newest - HISTORY_QUARTERS + 1, 0), newest + 1)
        if place != results.running_place
    ]
    points = []
    for bank_place, bank in enumerate(results.banks):
        if not bank.is_registered:
            continue
        for population in WATCHED:
            for place in places:
                at = (bank_place, population_place(population), place)
                status = Status(int(growth.status[at]))
                base, latest = int(growth.base_minor[at]), int(growth.latest_minor[at])
                words = POPULATION_WORDS[population]
                points.append(
                    GrowthPoint(
                        bank.bank_id,
                        bank.name_zh,
                        bank.name_en,
                        population.value,
                        words.zh,
                        words.en,
                        str(Quarter.from_ordinal(results.first_ordinal + place)),
                        status,
                        base,
                        latest,
                        growth_percent(base, latest) if status is Status.OK else "",
                    )
                )
    return tuple(points)


def report_points(results: Results) -> tuple[ReportPoint, ...]:
    """Return how far each registered, open bank is with the newest quarter that is over."""
    if results.newest_day == NEVER_DAY:
        return ()
    newest_date = dt.date(1970, 1, 1) + dt.timedelta(days=results.newest_day)
    quarter = Quarter.of_date(newest_date)
    if newest_date < quarter.last_day:
        quarter = quarter.minus(1)
    place = results.quarter_place(quarter)
    if place < 0:
        return ()
    last_day = np.array([day_of(quarter.last_day)], np.int64)
    since = int(working_days_between(last_day, results.newest_day)[0])
    is_present = results.presence.loan_level[:, place]
    is_present = is_present | results.positions.is_reported[:, :, place].any(axis=1)
    is_open = open_banks(results, quarter)
    return tuple(
        ReportPoint(
            bank.bank_id,
            bank.name_zh,
            bank.name_en,
            str(quarter),
            bool(is_present[n]),
            results.reports[n].complete_to,
            date_text(results.newest_day),
            since,
        )
        for n, bank in enumerate(results.banks)
        if bank.is_registered and is_open[n]
    )


def lane_points(results: Results, quarter: Quarter) -> tuple[LanePoint, ...]:
    """Return every lane that is kept out now, of whatever bank."""
    return tuple(
        LanePoint(bank.bank_id, bank.name_zh, bank.name_en, lane, str(quarter))
        for bank, report in zip(results.banks, results.reports, strict=True)
        for lane in report.quarantined_lanes
    )
