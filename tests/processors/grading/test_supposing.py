"""What-if runs: what is supposed is told, and the result is never taken for an official one."""

from decimal import Decimal

import msgspec
import pytest

from infra.reference_data import load_methodology
from infra.supposed_file import supposed_of
from processors.grading.rebuilt import table_of
from processors.grading.run import grade, grade_table
from processors.grading.supposing import what_if
from processors.methodology import MethodologyError
from schemas.grading import BankGrade, GradingRun
from schemas.quarter import Quarter
from tests.processors.test_grading import eight

RULE = load_methodology()
RUN = grade(eight().results(), RULE, Quarter(2021, 4))
VALUE = '[[values]]\nbank_id = "B0"\ncolumn = "private_growth_ytd"\n'


def bank(run: GradingRun, name: str = "B0") -> BankGrade:
    return next(one for one in run.banks if one.bank_id == name)


def test_a_supposed_growth_moves_the_bank_and_is_told_in_both_languages() -> None:
    run, _ = what_if(RUN, RULE, supposed_of(VALUE + "value = 17.5"))

    # Above all of the others: the level earns the whole half, the change too.
    assert bank(run).indicators[0].value == "17.5"
    assert bank(run).indicators[0].points_millionths == 100_000_000
    assert bank(run).indicators[0].source == "supposed"
    assert run.supposed_zh == ["假设 B0银行 的“民营企业贷款增速（较年初）”为 17.5%"]
    assert run.supposed_en[0].startswith("supposed: Bank B0, Growth of lending to private firms")


def test_a_what_if_says_that_it_is_not_official_in_its_id_and_its_name() -> None:
    run, rule = what_if(RUN, RULE, supposed_of(VALUE + "value = 17.5"))

    assert run.is_what_if
    assert run.run_id.startswith("whatif-")
    assert "不作为正式结果" in run.label_zh
    assert "not official" in run.label_en
    assert grade_table(table_of(run), rule) == run.banks
    assert what_if(RUN, RULE, supposed_of(VALUE + "value = 17.5"))[0] == run
    assert what_if(RUN, RULE, supposed_of(VALUE + "value = 17.6"))[0].run_id != run.run_id


def test_a_supposed_missing_value_leaves_the_bank_unrated() -> None:
    run, _ = what_if(RUN, RULE, supposed_of(VALUE + "is_missing = true"))

    assert bank(run).grade == "not_rated"
    assert "缺失" in run.supposed_zh[0]


def test_weights_and_cut_offs_are_replaced_and_told() -> None:
    text = (
        "[methodology]\n"
        "weights = { private_growth_ytd = 40, small_micro_growth_ytd = 20 }\n"
        "cut_offs = { excellent = 99.5 }\n"
    )
    run, rule = what_if(RUN, RULE, supposed_of(text))

    assert [entry.weight_percent for entry in rule.indicators] == [40, 20, 20, 20]
    assert rule.grading.levels[0].points_min == Decimal("99.5")
    assert sum(one.grade == "excellent" for one in run.banks) == 1
    assert len(run.supposed_zh) == len(run.supposed_en) == 3
    assert "权重由 30% 改为 40%" in run.supposed_zh[0]
    assert "from 99.5 points instead of 84" in run.supposed_en[2]


def test_the_weight_of_a_dropped_indicator_goes_to_the_others_and_adds_up_again() -> None:
    run, rule = what_if(RUN, RULE, supposed_of('[methodology]\ndrop = ["private_growth_ytd"]'))

    weights = [entry.weight_percent for entry in rule.indicators]
    # 30, 20 and 20 of 70: 42.857142…, 28.571428… twice; the largest takes what is left.
    assert weights == [Decimal("42.8572"), Decimal("28.5714"), Decimal("28.5714")]
    assert "假设取消指标" in run.supposed_zh[0]
    assert {one.name for one in bank(run).indicators} == {entry.name for entry in rule.indicators}


def test_a_normaliser_is_replaced() -> None:
    text = '[methodology.normalisers.private_growth_ytd]\nkind = "target_ratio"\ntarget = "20"\n'
    run, _ = what_if(RUN, RULE, supposed_of(text))

    # 10 % of a target of 20 %: half of 100 points, but 60 are the least.
    assert bank(run).indicators[0].points_millionths == 60_000_000
    # 17 ÷ 20 of 100.
    assert bank(run, "B7").indicators[0].points_millionths == 85_000_000
    assert "由 mix 改为 target_ratio" in run.supposed_zh[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "nothing is supposed"),
        (VALUE, "expected value = 12.5, or is_missing = true"),
        (VALUE + "value = 1\nyes = true", "and no more"),
        (VALUE + "yes = true", r"expected value = 12\.5"),
        (VALUE.replace("B0", "B9") + "value = 1", "bank_id was 'B9'.* expected one such as B0"),
        (VALUE.replace("private_", "public_") + "value = 1", "column was 'public_growth_ytd'"),
        ('[methodology]\ndrop = ["x"]', "methodology.drop: found 'x', expected one of private_"),
        ("[methodology]\nweights = { nope = 3 }", "methodology.weights: found 'nope'"),
        ("[methodology]\ncut_offs = { best = 3 }", "methodology.cut_offs: found 'best'"),
        ("[methodology]\nweigths = 3", "unknown field `weigths`"),
        ("[methodology", "what-if"),
        (VALUE + 'value = "1/3"', "what-if"),
    ],
)
def test_what_cannot_be_supposed_is_refused_with_what_can(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        what_if(RUN, RULE, supposed_of(text))


def test_weights_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(MethodologyError, match="weights do not add up"):
        what_if(RUN, RULE, supposed_of("[methodology]\nweights = { private_growth_ytd = 40 }"))


def test_the_run_that_it_starts_from_stays_as_it_was() -> None:
    before = msgspec.json.encode(RUN)
    what_if(RUN, RULE, supposed_of(VALUE + "value = 17.5"))

    assert msgspec.json.encode(RUN) == before
