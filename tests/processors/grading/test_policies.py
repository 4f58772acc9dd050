"""Weights, missing values, floors, quotas, ties and geometric totals, each worked by hand."""

from typing import Any

import msgspec
import pytest

from infra.values_file import read_values
from processors.grading.run import grade_table
from schemas.grading import BankGrade
from schemas.methodology import Methodology

CUT_OFFS = {
    "levels": [
        {"name": "a", "zh": "", "en": "", "points_min": 80},
        {"name": "b", "zh": "", "en": "", "points_min": 60},
        {"name": "c", "zh": "", "en": ""},
    ]
}


def methodology(*indicators: dict[str, Any], **said: Any) -> Methodology:
    given = {"measure": "given", "normaliser": {"kind": "as_given"}}
    whole = {
        "name": "m", "version": 1, "is_illustrative": True, "label_zh": "", "label_en": "",
        "basis_zh": "", "basis_en": "", "effective_from": "2018Q1", "groups": {"by": "none"},
        "indicators": [given | entry for entry in indicators], "grading": CUT_OFFS,
    }  # fmt: skip
    return msgspec.convert(whole | said, Methodology)


def graded(rule: Methodology, *rows: str) -> list[BankGrade]:
    head = ",".join(["bank_id", *(column.name for column in rule.columns)])
    lines = [f"B{n},{row}" for n, row in enumerate(rows)]
    return grade_table(read_values("\n".join([head, *lines]), "v.csv", rule, "2021Q4"), rule)


def totals(rule: Methodology, *rows: str) -> list[str]:
    return [bank.total_points for bank in graded(rule, *rows)]


def two(**said: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        {"name": "x", "weight_percent": 70, **said},
        {"name": "y", "weight_percent": 30, **said},
    )


def test_a_geometric_total_is_the_root_of_the_product() -> None:
    halves = ({"name": "x", "weight_percent": 50}, {"name": "y", "weight_percent": 50})
    rule = methodology(*halves, aggregation="geometric")

    # √(100 × 25) = 50; √(2 × 1) = 1.41421356…; nothing in one is nothing in all.
    banks = graded(rule, "100,25", "2,1", "100,0")

    assert [bank.total_points for bank in banks] == ["50.00", "1.41", "0.00"]
    assert banks[1].total_hundred_millionths == 141_421_356


@pytest.mark.parametrize(
    ("missing", "points"),
    [
        ("withhold", ""),
        ("screen", "80.00"),  # 70 of 100 weight is known: 80 × 100 ÷ 70 × 70 %.
        ("neutral", "71.00"),  # 70 % of 80 and 30 % of 50.
    ],
)
def test_a_missing_value_is_treated_as_the_file_says(missing: str, points: str) -> None:
    rule = methodology(
        *two(missing=missing, neutral_points=50), known_percent_min=70
    )  # fmt: skip

    (bank,) = graded(rule, "80,")

    assert bank.total_points == points
    assert (bank.grade == "not_rated") == (missing == "withhold")
    assert bank.indicators[1].is_neutral == (missing == "neutral")
    assert bank.indicators[1].is_screened == (missing == "screen")


def test_with_less_weight_known_than_the_file_wants_a_bank_is_not_rated() -> None:
    rule = methodology(*two(missing="screen"), known_percent_min=71)

    assert totals(rule, "80,", "80,80") == ["", "80.00"]


def test_a_bank_under_the_size_floor_is_not_rated_and_is_nobody_s_peer() -> None:
    rank = {"name": "x", "weight_percent": 100, "normaliser": {"kind": "min_max"}}
    rule = methodology(
        rank, facts=[{"name": "size", "measure": "given"}],
        size_floor={"column": "size", "at_least": 5, "clause": "3"},
    )  # fmt: skip

    banks = graded(rule, "5,10", "9,20", "4.99,90", ",15")

    assert [bank.total_points for bank in banks] == ["0.00", "100.00", "", ""]
    assert "低于规模下限5.00" in banks[2].reasons[0].zh


def test_bonus_and_deduction_have_pools_of_their_own_with_a_limit() -> None:
    rule = methodology(
        {"name": "x", "weight_percent": 100}, {"name": "extra", "role": "bonus"},
        {"name": "fine", "role": "deduction"}, bonus_points_max=5, deduction_points_max=10,
    )  # fmt: skip

    assert totals(rule, "70,3,", "70,9,4", "70,,30") == ["73.00", "71.00", "60.00"]


def quota(**said: Any) -> Methodology:
    shares = [("a", 20), ("b", 50), ("c", 30)]
    levels = [{"name": name, "zh": "", "en": "", "share_percent": share} for name, share in shares]
    grading = {"by": "quota", "levels": levels} | said
    return methodology({"name": "x", "weight_percent": 100}, grading=grading)


@pytest.mark.parametrize(
    ("said", "grades"),
    [
        # Of 7 banks 1.4 and 4.9: one best, up to five in the first two, cut: four.
        ({}, "abbbbcc"),
        ({"quota_count": "down"}, "abbbccc"),
    ],
)
def test_a_quota_counts_banks_as_the_file_says(said: dict[str, Any], grades: str) -> None:
    banks = graded(quota(**said), "90", "80", "70", "60", "50", "40", "30")

    assert "".join(bank.grade for bank in banks) == grades


@pytest.mark.parametrize(("ties", "grades"), [("better", "aabbbcc"), ("worse", "bbbbbcc")])
def test_equal_totals_across_a_quota_stand_together(ties: str, grades: str) -> None:
    banks = graded(quota(ties=ties), "90", "90", "70", "60", "50", "40", "30")

    assert "".join(bank.grade for bank in banks) == grades


def test_the_file_says_whether_a_bound_belongs_to_its_grade() -> None:
    one = {"name": "x", "weight_percent": 100}
    closed, opened = (
        methodology(one, grading=CUT_OFFS | {"is_bound_included": bound}) for bound in (True, False)
    )

    assert [bank.grade for bank in graded(closed, "80", "79.999999")] == ["a", "b"]
    assert [bank.grade for bank in graded(opened, "80", "80.000001")] == ["b", "a"]


def test_points_are_rounded_where_the_file_says() -> None:
    third = {"name": "x", "weight_percent": 100, "normaliser": {"kind": "goalposts", "worst": 0,
             "best": 3}}  # fmt: skip

    assert graded(methodology(third), "1")[0].total_hundred_millionths == 3_333_333_300
    whole = methodology(third, rounding={"indicator_decimals": 0})
    assert totals(whole, "1") == ["33.00"]
    tenth = methodology(third, rounding={"total_decimals": 1})
    assert totals(tenth, "2") == ["66.70"]
