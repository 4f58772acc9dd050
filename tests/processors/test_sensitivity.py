from fractions import Fraction

import numpy as np
import pytest

from infra.reference_data import load_methodology
from processors.grading.rebuilt import table_of
from processors.grading.table import MISSING
from processors.sensitivity import CHOICES, Sampling, draw_grades, draw_weights, how_sure
from processors.sensitivity_draws import whole_weights
from processors.sensitivity_points import score
from processors.sensitivity_words import assumptions
from schemas.codes import Grade
from schemas.methodology import Methodology
from schemas.sensitivity import Choices
from tests.processors.grading.test_explanation import (
    cell,
    column,
    methodology,
    run_on,
    table_with,
)
from tests.processors.test_grading import add, eight, run_of

RULE = load_methodology()
STILL = Choices(
    draw_count=7, weight_spread_percent=0, cut_off_spread_points=0, normalisers=(),
    is_missing_drawn=False,
)  # fmt: skip


def generator(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def mixed() -> Methodology:
    """Everything that a total can have: screens, bonus, deduction, caps, rounding."""
    return methodology(
        [
            column("share", weight_percent="33.333", normaliser={"kind": "peer_percentile"}),
            column("pace", weight_percent="66.667", missing="screen",
                   normaliser={"kind": "peer_percentile"}),
            column("extra", role="bonus", points_max="5", normaliser={"kind": "peer_percentile"}),
            column("fault", role="deduction", points_max="10", normaliser={"kind": "yes_no"},
                   kind="yes_no"),
        ],
        known_percent_min="30", bonus_points_max="4", rounding={"total_decimals": 1},
        caps=[
            {"clause": "九", "zh": "处罚", "en": "penalty", "when": "fault",
             "total_at_most": "points_share / 2 + regular / 4"},
            {"clause": "十", "zh": "否决", "en": "veto", "when": "total > 90",
             "grade_at_most": "low"},
        ],
    )  # fmt: skip


MIXED_CELLS = {
    "share": [cell(n) for n in (1, 2, 3, 3, 9)],
    "pace": [cell(5), MISSING, cell(-1), cell(8), cell(12)],
    "extra": [cell(3), cell(2), MISSING, cell(9), cell(10)],
    "fault": [cell(n) for n in (0, 1, 1, 0, 0)],
}
QUOTA = {"by": "quota", "levels": [
    {"name": "high", "zh": "高", "en": "High", "share_percent": "30"},
    {"name": "middle", "zh": "中", "en": "Middle", "share_percent": "30", "points_min": "55"},
    {"name": "low", "zh": "低", "en": "Low", "share_percent": "40"},
]}  # fmt: skip
TWO = [
    column("share", weight_percent="40", points_min="1", normaliser={"kind": "peer_percentile"}),
    column("pace", weight_percent="60", points_min="1", missing="neutral", neutral_points="50",
           normaliser={"kind": "peer_percentile"}),
]  # fmt: skip
CASES = {
    "caps": mixed(),
    "quota": methodology(TWO, grading=QUOTA),
    "quota, worse ties": methodology(TWO, grading={**QUOTA, "ties": "worse"}),
    "geometric": methodology(TWO, aggregation="geometric"),
    "as they are": methodology([{**one, "weight_percent": None} for one in TWO], aggregation="sum"),
}


@pytest.mark.parametrize("case", CASES)
def test_with_nothing_varied_every_draw_is_the_run(case: str) -> None:
    chosen = CASES[case]
    table = table_with({name: MIXED_CELLS[name] for name in (c.name for c in chosen.columns)})
    run = run_on(table, chosen)
    names = [level.name for level in chosen.grading.levels]

    found = draw_grades(
        Sampling(table, chosen, score(table, chosen, []), STILL, generator()), set(CHOICES)
    )

    for n, bank in enumerate(run.banks):
        place = names.index(bank.grade) if bank.grade in names else -1
        assert set(found.level[:, n].tolist()) == {place}
        assert set(found.rank[:, n].tolist()) == {bank.rank}
        if place >= 0:
            assert set(found.total[:, n].tolist()) == {bank.total_hundred_millionths}


def test_one_seed_gives_one_answer_and_another_seed_another() -> None:
    run = run_of(eight())
    table = table_of(run)
    choices = Choices(draw_count=200, normalisers=(), cut_off_spread_points=2)

    first, again, other = (
        how_sure(table, RULE, run.banks, choices, generator(seed)) for seed in (1, 1, 2)
    )

    assert first == again
    assert first.banks != other.banks
    assert [bank.kept_draw_count + 0 <= 200 for bank in first.banks] == [True] * 8


def test_a_bank_at_a_cut_off_is_less_sure_than_one_far_from_it() -> None:
    run = run_of(eight())

    found = how_sure(
        table_of(run),
        RULE,
        run.banks,
        Choices(draw_count=400, normalisers=(), cut_off_spread_points=2),
        generator(),
    )
    kept = {bank.bank_id: float(bank.kept_percent) for bank in found.banks}

    assert kept["B7"] == 100.0 == kept["B0"]  # 100 and 60 points.
    assert kept["B3"] < 100.0  # 77.14, from 76 on fair: some draws move the cut-off over it.
    assert all(bank.rank_low <= bank.rank <= bank.rank_high for bank in found.banks)
    assert sum(found.banks[3].draws_by_grade.values()) == 400


def test_the_choice_that_moves_most_grades_comes_first() -> None:
    run = run_of(eight())
    table = table_of(run)

    far = how_sure(
        table, RULE, run.banks,
        Choices(draw_count=100, cut_off_spread_points=8, weight_spread_percent=0, normalisers=()),
        generator(),
    )  # fmt: skip

    assert far.effects[0].choice == "cut_offs"
    assert far.effects[0].changed_count > 0
    by_choice = {effect.choice: effect.changed_count for effect in far.effects}
    assert by_choice["weights"] == by_choice["missing"] == 0


def test_a_bank_that_lacks_a_value_is_drawn_from_its_group_and_said_to_be_not_rated() -> None:
    stored = eight()
    add(stored, "late", 12)
    run = run_of(stored)
    lost = table_of(run)
    at = next(n for n, who in enumerate(lost.banks) if who.bank_id == "late")
    cells = list(lost.cells["private_new_rate"])
    cells[at] = MISSING
    table = lost._replace(cells={**lost.cells, "private_new_rate": tuple(cells)})
    graded = run_on(table, RULE).banks

    drawn = how_sure(table, RULE, graded, Choices(draw_count=100, normalisers=()), generator())
    kept_out = how_sure(
        table, RULE, graded,
        Choices(draw_count=100, normalisers=(), is_missing_drawn=False), generator(),
    )  # fmt: skip

    assert (graded[at].grade, drawn.banks[at].kept_percent) == (Grade.NOT_RATED, "")
    assert sum(drawn.banks[at].draws_by_grade.values()) == 100
    assert kept_out.banks[at].draws_by_grade == {}


def test_weights_keep_their_sum_in_every_draw() -> None:
    weights = whole_weights(CASES["caps"])
    drawn = draw_weights(CASES["caps"], weights, Fraction(30), generator(), count=50)

    assert set(drawn[:, :2].sum(axis=1).tolist()) == {100 * weights.in_percent}
    assert len({tuple(row) for row in drawn.tolist()}) > 40
    assert set(drawn[:, 2].tolist()) == {weights.whole[2]}  # Of the bonus.


def test_every_assumption_stands_beside_the_answer_in_both_languages() -> None:
    told = assumptions(RULE, Choices(), ["", "min_max"])

    text = " ".join(one.zh + one.en for one in told)
    for part in ("不作为正式结果", "not official", "1000", "种子1", "±20", "min_max", "同组"):
        assert part in text
