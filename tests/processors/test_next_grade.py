from fractions import Fraction

import pytest

from infra.reference_data import load_methodology
from processors.grading.rebuilt import table_of
from processors.grading.replaced import with_cell
from processors.grading.run import grade_table
from processors.leave_one_out import leave_one_out
from processors.next_grade import next_grade
from schemas.codes import Grade
from tests.processors.grading.test_explanation import cell, column, methodology, table_with
from tests.processors.test_grading import eight, run_of
from tests.processors.test_sensitivity import QUOTA, TWO

RULE = load_methodology()


def level_after(table, chosen, bank: int, lift) -> str:
    old = table.cells[lift.indicator][bank]
    moved = old._replace(value=Fraction(lift.new_value_exact))
    return grade_table(with_cell(table, lift.indicator, bank, moved), chosen)[bank].grade


def test_the_smallest_change_lifts_the_grade_and_one_step_less_does_not() -> None:
    run = run_of(eight())
    table = table_of(run)
    names = [level.name for level in RULE.grading.levels]

    for bank, graded in enumerate(run.banks):
        found = next_grade(table, RULE, bank)
        if graded.grade == Grade.EXCELLENT:
            assert (found.next_grade, found.lifts) == ("", [])
            continue
        for lift in found.lifts:
            assert lift.is_verified
            assert names.index(level_after(table, RULE, bank, lift)) < names.index(graded.grade)
            step = Fraction(1, 10) if lift.unit == "percent" else Fraction(1, 100)
            is_up = not lift.change.startswith("-")
            value = Fraction(lift.new_value_exact) + (-step if is_up else step)
            old = table.cells[lift.indicator][bank]
            less = with_cell(table, lift.indicator, bank, old._replace(value=value))
            is_between = (value > old.value) == is_up
            if is_between:
                assert names.index(grade_table(less, RULE)[bank].grade) >= names.index(graded.grade)


def test_the_distance_is_the_points_to_the_next_cut_off() -> None:
    run = run_of(eight())
    found = next_grade(table_of(run), RULE, 3)

    assert (found.grade, found.next_grade) == ("fair", "good")
    assert found.points_needed == "2.86"  # 80 − 77.142857.
    assert [lift.indicator for lift in found.lifts if lift.is_verified]
    spans = [float(lift.span_percent) for lift in found.lifts]
    assert spans == sorted(spans)


@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_under_quotas_the_others_move_too(direction: str) -> None:
    levels = [{**level, "points_min": None} for level in QUOTA["levels"]]
    chosen = methodology(
        [{**one, "direction": direction} for one in TWO], grading={**QUOTA, "levels": levels}
    )
    table = table_with(
        {"share": [cell(n) for n in (1, 2, 3, 4, 9)], "pace": [cell(n) for n in (1, 2, 3, 4, 9)]}
    )
    found = next_grade(table, chosen, 2)

    assert (found.grade, found.points_needed) == ("middle", "")
    assert all(lift.is_verified for lift in found.lifts)
    assert any(lift.others_moved for lift in found.lifts)


def test_what_alone_cannot_lift_the_grade_is_named() -> None:
    chosen = methodology(
        [
            column("small", weight_percent="1", normaliser={"kind": "peer_percentile"}),
            column("great", weight_percent="99", normaliser={"kind": "peer_percentile"}),
        ]
    )
    table = table_with({"small": [cell(1), cell(2)], "great": [cell(1), cell(2)]})

    found = next_grade(table, chosen, 0)

    assert found.not_found == ["small"]
    assert [lift.indicator for lift in found.lifts] == ["great"]


def test_without_an_indicator_the_others_weigh_more_exactly() -> None:
    chosen = methodology(
        [
            column("share", weight_percent="50", normaliser={"kind": "peer_percentile"}),
            column("pace", weight_percent="50", normaliser={"kind": "peer_percentile"}),
        ]
    )
    table = table_with(
        {"share": [cell(n) for n in (1, 2, 3)], "pace": [cell(n) for n in (3, 2, 1)]}
    )
    graded = grade_table(table, chosen)

    found = leave_one_out(table, chosen, graded)

    # All have 50 of 100: low. By one indicator alone the best of it is high.
    assert [(one.indicator, one.bank_id, one.total_points_without) for one in found] == [
        ("share", "B0", "100.00"),
        ("pace", "B2", "100.00"),
    ]
