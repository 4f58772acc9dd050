"""What each kind of normaliser makes of values, worked by hand."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.grading.normaliser import Member, Scope
from processors.grading.normalising import clipped, kind_of, normaliser_kinds
from processors.grading.table import GradedBank
from schemas.methodology import Indicator
from schemas.normalisers import Normaliser


def indicator_of(normaliser: dict[str, Any], **fields: Any) -> Indicator:
    told = {"name": "x", "measure": "given", "normaliser": normaliser} | fields
    return msgspec.convert(told, Indicator)


def points_of(
    indicator: Indicator,
    *values: Any,
    before: tuple[Any, ...] = (),
    choices: tuple[str, ...] = (),
    other: tuple[Any, ...] = (),
    quarter: str = "2021Q4",
    groups: tuple[str, ...] = (),
) -> list[Any]:
    """Return points of banks B0, B1 … with these values."""
    members = []
    for n, value in enumerate(values):
        then = Fraction(before[n]) if before and before[n] is not None else None
        member = Member(
            GradedBank(f"B{n}", "", "", groups[n] if groups else "rural"),
            Fraction(value),
            then,
            choices[n] if choices else "",
            {"other": Fraction(other[n]) if other and other[n] is not None else None},
        )
        members.append(member)
    normaliser = indicator.normaliser
    assert kind_of(normaliser).check(normaliser, indicator) == ""
    found = kind_of(normaliser).points(normaliser, Scope(quarter, indicator, members))
    return [None if points is None else clipped(points, indicator) for points in found]


def problem_of(normaliser: dict[str, Any], **fields: Any) -> str:
    indicator = indicator_of(normaliser, **fields)
    return kind_of(indicator.normaliser).check(indicator.normaliser, indicator)


def test_every_shape_has_its_file() -> None:
    assert set(normaliser_kinds()) == set(Normaliser.__args__)


def test_piecewise_draws_straight_lines_between_its_knots() -> None:
    knots = [["0", "0"], ["10", "60"], ["20", "100"]]
    line = indicator_of({"kind": "piecewise", "knots": knots})

    assert points_of(line, -5, 0, 5, 10, 15, 20, 99) == [0, 0, 30, 60, 80, 100, 100]


def test_piecewise_in_steps_gives_the_points_of_the_knot_that_is_reached() -> None:
    knots = [["0", "0"], ["10", "60"], ["20", "100"]]
    steps = indicator_of({"kind": "piecewise", "knots": knots, "between": "steps"})

    assert points_of(steps, -5, "9.999", 10, "19.5", 20) == [0, 0, 60, 60, 100]


def test_a_band_has_most_points_inside_and_says_that_no_side_is_better() -> None:
    knots = [["3", "0"], ["4", "100"], ["5", "100"], ["6", "0"]]
    band = indicator_of({"kind": "piecewise", "knots": knots}, direction="none")

    assert points_of(band, "3.5", "4.5", "5.25", 7) == [50, 100, 75, 0]
    assert "direction = none" in problem_of({"kind": "piecewise", "knots": knots})


def test_goalposts_measure_from_the_worst_to_the_best_and_stop_there() -> None:
    lower = indicator_of({"kind": "goalposts", "worst": "6", "best": "4"}, direction="lower")

    assert points_of(lower, 7, 6, "5.5", 4, 3) == [0, 0, 25, 100, 100]
    assert "direction = lower" in problem_of({"kind": "goalposts", "worst": "6", "best": "4"})


def test_min_max_spreads_a_group_and_puts_equals_in_the_middle() -> None:
    spread = indicator_of({"kind": "min_max"}, points_min=60)

    assert points_of(spread, 2, 4, 10) == [60, 70, 100]
    assert points_of(spread, 3, 3) == [80, 80]
    lower = indicator_of({"kind": "min_max"}, direction="lower")
    assert points_of(lower, 2, 4, 10) == [100, 75, 0]


def test_z_counts_standard_deviations_of_the_whole_group() -> None:
    # Mean 5, squares 9 1 1 1 0 0 4 16 over 8: variance 4, deviation 2.
    z = indicator_of({"kind": "z_score", "middle_points": "60", "points_per_sd": "10"})

    assert points_of(z, 2, 4, 4, 4, 5, 5, 7, 9) == [45, 55, 55, 55, 60, 60, 70, 80]
    assert points_of(z, 3, 3) == [60, 60]


def test_z_with_a_root_that_no_fraction_is_cuts_it_at_twelve_decimals() -> None:
    # 0, 0, 3: mean 1, variance 2; 2 ÷ √2 = 1.414213562373…
    z = indicator_of({"kind": "z_score", "middle_points": "50", "points_per_sd": "10"})

    assert points_of(z, 0, 0, 3)[2] == 50 + 10 * Fraction(1_414_213_562_373, 10**12)


def test_ratio_to_best_shares_points_by_value() -> None:
    ratio = indicator_of({"kind": "ratio_to_best"}, points_max=10)

    assert points_of(ratio, 5, 20, -3) == [Fraction(5, 2), 10, 0]
    lower = indicator_of({"kind": "ratio_to_best"}, points_max=10, direction="lower")
    assert points_of(lower, 4, 5, 8) == [10, 8, 5]


def test_ratio_to_best_gives_nobody_points_where_the_best_is_not_above_zero() -> None:
    ratio = indicator_of({"kind": "ratio_to_best"}, points_max=10)

    # −2 ÷ −1 × 10 would be 20 points for the worse one.
    assert points_of(ratio, -1, -2) == [0, 0]
    lower = indicator_of({"kind": "ratio_to_best"}, points_max=10, direction="lower")
    assert points_of(lower, -1, 0, 3) == [10, 10, 0]


def test_own_past_moves_points_by_the_change_over_the_value_of_a_year_before() -> None:
    past = indicator_of({"kind": "own_past", "base_points": "60", "span_points": "40"})

    # (12 − 10) ÷ 10 × 40 = 8; from −10 to −5 is better by half: 20.
    assert points_of(past, 12, -5, 7, 7, before=(10, -10, 0, None)) == [68, 80, None, None]


def test_matrix_reads_the_row_of_the_value_and_the_column_of_the_other() -> None:
    kind = {
        "kind": "matrix", "row_edges": ["5", "10"], "column": "other", "column_edges": ["2"],
        "points": [["0", "20"], ["40", "60"], ["80", "100"]],
    }  # fmt: skip
    table = indicator_of(kind)

    found = points_of(table, "4.99", 5, 10, 10, other=(1, 2, "1.99", None))

    assert found == [0, 60, 80, None]
    assert "expected 3 rows of 2" in problem_of(kind | {"points": [["0", "1"]]})


def test_a_choice_earns_the_points_of_its_word() -> None:
    words = [{"name": "high", "zh": "高", "en": "High"}, {"name": "low", "zh": "低", "en": "Low"}]
    fields = {"kind": "choice", "choices": words, "direction": "none", "points_max": 12}
    chosen = indicator_of({"kind": "choice", "points": {"high": "12", "low": "3"}}, **fields)

    assert points_of(chosen, 0, 0, 0, choices=("low", "high", "odd")) == [3, 12, None]
    missing = problem_of({"kind": "choice", "points": {"high": "12"}}, **fields)
    assert "each of ['high', 'low']" in missing


def test_points_as_given_are_clipped() -> None:
    given_points = indicator_of({"kind": "as_given"}, points_min=-4, points_max=8)

    assert points_of(given_points, -9, "7.5", 11) == [-4, Fraction(15, 2), 8]


def test_a_dated_target_goes_before_the_general_one() -> None:
    kind = {
        "kind": "target_ratio", "target": "other",
        "targets": [{"banks": ["B0"], "peer_groups": ["policy"], "from_quarter": "2021Q1",
                     "to_quarter": "2021Q4", "target": "30"}],
    }  # fmt: skip
    ratio = indicator_of(kind, points_max=8)
    told = {"other": (10, 10, 10), "groups": ("rural", "rural", "policy")}

    assert points_of(ratio, 15, 5, 30, **told) == [4, 4, 8]
    assert points_of(ratio, 15, 5, 30, quarter="2022Q1", **told) == [8, 4, 8]
    late = kind | {"targets": [{"banks": ["B0"], "from_quarter": "2021", "target": "30"}]}
    assert "2021Q1" in problem_of(late)


ORDERED = [
    {"kind": "min_max"},
    {"kind": "z_score", "middle_points": "60", "points_per_sd": "7"},
    {"kind": "ratio_to_best"},
    {"kind": "peer_percentile"},
    {"kind": "goalposts", "worst": "-1", "best": "2"},
    {"kind": "target_ratio", "target": "1.5"},
    {"kind": "piecewise", "knots": [["-2", "1"], ["0", "40"], ["3", "90"]]},
    {"kind": "as_given"},
]


@pytest.mark.parametrize("kind", ORDERED, ids=lambda kind: kind["kind"])
@given(values=st.lists(st.fractions(-5, 5, max_denominator=9), min_size=1, max_size=9))
def test_a_better_value_never_has_fewer_points(kind: dict, values: list[Fraction]) -> None:
    indicator = indicator_of(kind, points_min=Decimal("-0.5"))

    points = points_of(indicator, *values)

    ordered = [found for _, found in sorted(zip(values, points, strict=True))]
    assert ordered == sorted(ordered)
