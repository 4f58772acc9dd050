"""How far a bank is from the next grade, and the smallest change of one value that lifts it.

The search is over the indicator's value in steps of what is printed, not over points. What it finds
is verified: put into the table and graded again as a whole, so that peers' ranks move too.

Source: docs/method.md#uncertainty
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from processors.exact import decimal_text, fraction_text
from processors.grading.grade import Outcome, outcomes
from processors.grading.levels import level_of
from processors.grading.measuring import label_of, unit_of
from processors.grading.points import indicator_points
from processors.grading.replaced import with_cell
from processors.grading.run import bank_grade
from processors.grading.table import Cell, Table
from processors.grading.totals import cap_holds, sum_up
from schemas.grading import TOTAL_SCALE, BankGrade
from schemas.methodology import Indicator, Methodology
from schemas.next_grade import Lift, NextGrade

SPANS_MAX = 4  # A value is tried up to so many spans of its group away.
STEPS_MIN = 1_000  # And at least so many printed steps.


class Asked(NamedTuple):
    """One bank of a graded table."""

    table: Table
    methodology: Methodology
    outcomes: Sequence[Outcome]
    bank: int

    @property
    def own(self) -> Outcome:
        return self.outcomes[self.bank]


def next_grade(table: Table, methodology: Methodology, bank: int) -> NextGrade:
    """Return what lifts the grade of the bank at place ``bank``, smallest change first.

    Indicators of kind number are tried, each alone, others' values as they are. A normaliser
    without a direction is tried upwards and downwards.

    Source: docs/method.md#uncertainty
    """
    asked = Asked(table, methodology, outcomes(table, methodology), bank)
    graded = bank_grade(table, methodology, bank, asked.own)
    names = [level.name for level in methodology.grading.levels]
    if asked.own.level <= 0:
        return _nothing(graded)
    lifts, not_found = [], []
    for entry in methodology.indicators:
        if entry.kind != "number":
            continue
        if not table.cells[entry.name][bank].is_known:
            continue
        found = [lift for lift in (_lift(asked, entry, sign) for sign in _signs(entry)) if lift]
        if found:
            lifts.append(min(found, key=lambda pair: pair[0]))
        else:
            not_found.append(entry.name)
    lifts.sort(key=lambda pair: (pair[0], pair[1].indicator))
    return NextGrade(
        bank_id=graded.bank_id,
        grade=graded.grade,
        next_grade=names[asked.own.level - 1],
        total_points=graded.total_points,
        points_needed=_points_needed(asked),
        lifts=[lift for _, lift in lifts],
        not_found=not_found,
    )


def _nothing(graded: BankGrade) -> NextGrade:
    return NextGrade(
        bank_id=graded.bank_id,
        grade=graded.grade,
        next_grade="",
        total_points=graded.total_points,
        points_needed="",
        lifts=[],
        not_found=[],
    )


def _points_needed(asked: Asked) -> str:
    grading = asked.methodology.grading
    bound = grading.levels[asked.own.level - 1].points_min
    found = asked.own.sum
    assert found is not None
    is_held = level_of(found.total, grading) < asked.own.level
    if grading.by == "quota" or bound is None or is_held:
        return ""
    short = Fraction(bound) * TOTAL_SCALE - found.total
    # Up, so that what is printed is enough.
    hundredths = -(-short.numerator * 100 // (short.denominator * TOTAL_SCALE))
    if short == 0:
        hundredths = 1  # The bound itself is outside its grade.
    return decimal_text(hundredths, 100, 2)


def _signs(entry: Indicator) -> tuple[int, ...]:
    is_adding = entry.role != "deduction"
    if entry.direction == "none":
        return (1, -1)
    return (1,) if (entry.direction == "higher") == is_adding else (-1,)


def _step(entry: Indicator) -> Fraction:
    unit = unit_of(entry)
    step: Fraction = Fraction(1, 10**unit.decimals) / unit.factor
    return step


def _span(asked: Asked, entry: Indicator) -> Fraction:
    assert asked.own.comparison is not None
    cells = asked.table.cells[entry.name]
    values = [cells[n].value for n in asked.own.comparison.members if cells[n].is_known]
    span: Fraction = max(values) - min(values)
    return span


def _lift(asked: Asked, entry: Indicator, sign: int) -> tuple[Fraction, Lift] | None:
    """Return the least change and what it does, None where none within reach lifts the grade."""
    cell = asked.table.cells[entry.name][asked.bank]
    step, span = _step(entry), _span(asked, entry)
    steps_max = max(int(SPANS_MAX * span / step) + 1, STEPS_MIN)

    def moved(steps: int) -> Cell:
        # From the printed value on, so that what is shown is what was tried.
        whole = (cell.value / step).__floor__() if sign > 0 else (cell.value / step).__ceil__()
        return cell._replace(value=(whole + sign * steps) * step, inputs=())

    def lifts(steps: int) -> bool:
        return _level_with(asked, entry, moved(steps)) < asked.own.level

    if not lifts(steps_max):
        return None
    low, high = 0, steps_max  # low does not lift, high does.
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if lifts(middle) else (middle, high)
    return _verified(asked, entry, moved(high), moved(high - 1), span)


def _level_with(asked: Asked, entry: Indicator, cell: Cell) -> int:
    """Return the bank's level with ``cell`` in the indicator's place.

    By cut-offs only its own points move it, so only they are computed; by quota everybody's, as
    they do where other columns' formulas name the indicator.
    """
    table = with_cell(asked.table, entry.name, asked.bank, cell)
    methodology = asked.methodology
    comparison, own = asked.own.comparison, asked.own
    assert comparison is not None
    is_alone = methodology.grading.by == "cut_offs" and methodology.size_floor is None
    if not is_alone or _is_named_elsewhere(methodology, entry):
        return outcomes(table, methodology)[asked.bank].level
    group = dict.fromkeys(comparison.members, comparison)
    columns = {n: table.values(n) for n in comparison.members}
    decimals = methodology.rounding.indicator_decimals
    points = indicator_points(table, entry, group, columns, decimals=decimals)
    if asked.bank not in points:
        return own.level
    found = sum_up(methodology, {**own.earned, entry.name: points[asked.bank]}, columns[asked.bank])
    level = level_of(found.total, methodology.grading)
    names = [one.name for one in methodology.grading.levels]
    held = [
        names.index(cap.grade_at_most)
        for cap in methodology.caps
        if cap.grade_at_most and cap_holds(cap, found.values)
    ]
    return max([level, *held])


def _is_named_elsewhere(methodology: Methodology, entry: Indicator) -> bool:
    """Return whether another indicator's rules or target may depend on this one's value."""
    for other in methodology.indicators:
        if other.name == entry.name:
            continue
        texts = [rule.when + rule.points for rule in other.rules] + [repr(other.normaliser)]
        if any(entry.name in text for text in texts):
            return True
    return False


def _verified(
    asked: Asked, entry: Indicator, moved: Cell, less: Cell, span: Fraction
) -> tuple[Fraction, Lift]:
    """Return the change, applied to the whole table and graded again."""
    cell = asked.table.cells[entry.name][asked.bank]
    methodology, bank = asked.methodology, asked.bank
    table = with_cell(asked.table, entry.name, bank, moved)
    after = outcomes(table, methodology)
    with_less = outcomes(with_cell(asked.table, entry.name, bank, less), methodology)
    is_last_step = less.value == cell.value or with_less[bank].level >= asked.own.level
    graded = bank_grade(table, methodology, bank, after[bank])
    label, unit = label_of(entry), unit_of(entry)
    change = moved.value - cell.value
    share = abs(change) / span if span else Fraction(0)
    lift = Lift(
        indicator=entry.name,
        name_zh=label.zh,
        name_en=label.en,
        value=unit.text(cell.value),
        new_value=unit.text(moved.value),
        new_value_exact=str(moved.value),
        change=fraction_text(change * unit.factor, unit.decimals),
        unit=unit.name,
        grade=graded.grade,
        total_points=graded.total_points,
        span_percent=fraction_text(share * 100, 1),
        is_verified=after[bank].level < asked.own.level and is_last_step,
        others_moved=[
            who.bank_id
            for n, who in enumerate(table.banks)
            if n != bank and after[n].level != asked.outcomes[n].level
        ],
    )
    return share, lift
