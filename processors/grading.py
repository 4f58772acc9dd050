"""Grade every registered bank for a quarter: points by rank among its peers, weighted, cut.

A bank that lacks one indicator is not rated, which is not the lowest grade, and is told which
one. Everything is exact: ranks on fractions, points in integer millionths, cut-offs closed on
the lower side.

Source: docs/method.md#grading
"""

import hashlib
from fractions import Fraction
from typing import NamedTuple

from processors.aggregates import open_banks
from processors.digest import input_digest
from processors.exact import decimal_text, fraction_text
from processors.grade_reasons import Standing, missing_reason, ranked_reasons
from processors.indicator import Facts, Indicator, Value
from processors.methodology import INDICATORS, check_methodology
from processors.normalise import peer_points, places, rank_shares
from schemas.codes import Grade, Status
from schemas.grading import (
    POINTS_SCALE,
    TOTAL_SCALE,
    BankGrade,
    GradingRun,
    IndicatorGrade,
    Reason,
)
from schemas.methodology import Methodology, methodology_hash
from schemas.quarter import Quarter
from schemas.results import Bank, Results
from schemas.words import status_name

FORMULA_VERSION = "2"  # Goes up whenever the same input could give another grade.
ALL_BANKS = "all"
POINTS_DECIMALS = 2


class _Measured(NamedTuple):
    """One indicator over all banks, as of results.banks."""

    indicator: Indicator
    weight_percent: int
    level: list[Value]
    before: list[Value]

    def change(self, bank: int) -> Fraction | None:
        """Return the change on a year before, None where the two ends are not comparable."""
        now, then = self.level[bank], self.before[bank]
        if now.status != Status.OK or then.status != Status.OK or now.source != then.source:
            return None
        return now.value - then.value


class _Comparison(NamedTuple):
    """The group a bank is compared in."""

    group: str
    banks: list[int]


def grade(results: Results, methodology: Methodology, quarter: Quarter) -> GradingRun:
    """Return the grades of ``quarter``; raise MethodologyError when it cannot be graded.

    Source: docs/method.md#grading
    """
    check_methodology(methodology, quarter)
    place = results.quarter_place(quarter)
    if place < 0:
        raise ValueError(_nothing_to_grade(results, quarter))
    facts = Facts(results, place)
    measured = [
        _measured(facts, INDICATORS[entry.name], entry.weight_percent)
        for entry in methodology.indicators
    ]
    is_open = open_banks(results, quarter)
    candidates = [n for n, bank in enumerate(results.banks) if bank.is_registered and is_open[n]]
    rated = [n for n in candidates if all(part.level[n].status == Status.OK for part in measured)]
    comparisons = compare_in(results.banks, rated, methodology)
    standings = _standings(measured, comparisons, methodology)
    grades = [
        _rated(results.banks[n], comparisons[n], standings[n], methodology)
        if n in comparisons
        else _not_rated(results.banks[n], n, measured)
        for n in candidates
    ]
    populations = [part.indicator.population for part in measured]
    digest = input_digest(results, place, populations)
    hashed = methodology_hash(methodology)
    identity = "\n".join((str(quarter), hashed, digest, FORMULA_VERSION))
    return GradingRun(
        run_id=hashlib.sha256(identity.encode()).hexdigest(),
        quarter=str(quarter),
        methodology=methodology.name,
        methodology_version=methodology.version,
        methodology_hash=hashed,
        is_illustrative=methodology.is_illustrative,
        label_zh=methodology.label_zh,
        label_en=methodology.label_en,
        input_digest=digest,
        formula_version=FORMULA_VERSION,
        is_to_date=place == results.running_place,
        banks=grades,
    )


def _nothing_to_grade(results: Results, quarter: Quarter) -> str:
    if not results.quarters:
        return (
            f"{quarter} 无法评定：尚未导入任何数据，请先导入数据 / "
            f"quarter {quarter}: nothing is stored yet; import data first, then grade it"
        )
    known = ", ".join(str(one) for one in results.quarters)
    return (
        f"quarter {quarter}: nothing is stored of it, expected one of {known}; "
        "import it first, or grade another"
    )


def compare_in(
    banks: tuple[Bank, ...], rated: list[int], methodology: Methodology
) -> dict[int, _Comparison]:
    """Return the group each rated bank is compared in: its own, a wider one, or all.

    The first that has ``group_banks_min`` rated banks; where none has, all of them.
    """
    wider = {code: group for group in methodology.wider_groups for code in group.peer_groups}
    found = {}
    for n in rated:
        own = banks[n].peer_group
        steps = [(own, [own])]
        if own in wider:
            steps.append((wider[own].name, list(wider[own].peer_groups)))
        for name, peer_groups in steps:
            members = [m for m in rated if banks[m].peer_group in peer_groups]
            if len(members) >= methodology.group_banks_min:
                found[n] = _Comparison(name, members)
                break
        else:
            found[n] = _Comparison(ALL_BANKS, rated)
    return found


def total_text(total_hundred_millionths: int, methodology: Methodology) -> str:
    """Return points with two decimals, with more where two would show a grade not reached."""
    for decimals in range(POINTS_DECIMALS, len(str(TOTAL_SCALE))):
        text = decimal_text(total_hundred_millionths, TOTAL_SCALE, decimals)
        shown = int(text.replace(".", "")) * TOTAL_SCALE // 10**decimals
        if _grade_of(shown, methodology) == _grade_of(total_hundred_millionths, methodology):
            return text
    raise AssertionError(f"eight decimals must be exact: {total_hundred_millionths}")


def _measured(facts: Facts, indicator: Indicator, weight_percent: int) -> _Measured:
    level = indicator.compute(facts)
    before = indicator.compute(facts.year_before())
    return _Measured(indicator, weight_percent, level, before)


def _standings(
    measured: list[_Measured], comparisons: dict[int, _Comparison], methodology: Methodology
) -> dict[int, list[Standing]]:
    """Return where each rated bank stands in its group, by indicator."""
    groups = {found.group: found.banks for found in comparisons.values()}
    standings: dict[int, list[Standing]] = {n: [] for n in comparisons}
    for part in measured:
        is_lower_better = part.indicator.is_lower_better
        for group, banks in groups.items():
            values = [part.level[n].value for n in banks]
            share = rank_shares(values, is_lower_better=is_lower_better)
            rank = places(values, is_lower_better=is_lower_better)
            changes = {n: part.change(n) for n in banks}
            known = {n: change for n, change in changes.items() if change is not None}
            change_share = dict(
                zip(
                    known,
                    rank_shares(list(known.values()), is_lower_better=is_lower_better)
                    if known
                    else [],
                    strict=True,
                )
            )
            for n, level_share, place in zip(banks, share, rank, strict=True):
                if comparisons[n].group != group:
                    continue
                points = peer_points(methodology.peer_rank, level_share, change_share.get(n))
                standings[n].append(
                    Standing(
                        part.indicator,
                        part.weight_percent,
                        part.level[n],
                        known.get(n),
                        points,
                        place,
                        len(banks),
                        group,
                    )
                )
    return standings


def _rated(
    bank: Bank, comparison: _Comparison, standings: list[Standing], methodology: Methodology
) -> BankGrade:
    total = sum(entry.weight_percent * entry.points_millionths for entry in standings)
    rank = methodology.peer_rank
    middle = rank.floor_points * POINTS_SCALE + rank.span_points * POINTS_SCALE // 2
    return _bank_grade(
        bank,
        comparison=comparison,
        grade_name=_grade_of(total, methodology),
        text=total_text(total, methodology),
        total=total,
        indicators=[_indicator_grade(entry) for entry in standings],
        reasons=ranked_reasons(standings, middle_millionths=middle),
    )


def _not_rated(bank: Bank, place: int, measured: list[_Measured]) -> BankGrade:
    parts = [
        Standing(part.indicator, part.weight_percent, part.level[place], part.change(place))
        for part in measured
    ]
    return _bank_grade(
        bank,
        comparison=_Comparison("", []),
        grade_name=Grade.NOT_RATED,
        text="",
        total=0,
        indicators=[_indicator_grade(part) for part in parts],
        reasons=[missing_reason(part) for part in parts if part.level.status != Status.OK],
    )


def _bank_grade(
    bank: Bank,
    *,
    comparison: _Comparison,
    grade_name: str,
    text: str,
    total: int,
    indicators: list[IndicatorGrade],
    reasons: list[Reason],
) -> BankGrade:
    return BankGrade(
        bank_id=bank.bank_id,
        name_zh=bank.name_zh,
        name_en=bank.name_en,
        peer_group=bank.peer_group,
        group=comparison.group,
        group_size_count=len(comparison.banks),
        grade=str(grade_name),
        total_points=text,
        total_hundred_millionths=total,
        indicators=indicators,
        reasons=reasons,
    )


def _indicator_grade(entry: Standing) -> IndicatorGrade:
    indicator, unit = entry.indicator, entry.indicator.unit
    is_known = entry.level.status == Status.OK
    return IndicatorGrade(
        code=indicator.code,
        name=indicator.name,
        name_zh=indicator.words.zh,
        name_en=indicator.words.en,
        value=fraction_text(entry.level.value, unit.value_decimals) if is_known else "",
        change=entry.change_text,
        unit=unit.name,
        status=status_name(entry.level.status),
        points_millionths=entry.points_millionths,
        weight_percent=entry.weight_percent,
        source=entry.level.source,
        place=entry.place,
    )


def _grade_of(total_hundred_millionths: int, methodology: Methodology) -> str:
    for cut_off in methodology.cut_offs:
        if total_hundred_millionths >= cut_off.points_min * TOTAL_SCALE:
            return cut_off.grade
    raise AssertionError("the lowest cut-off is 0, see processors.methodology")
