import msgspec
import pytest

from infra.answers import grade_rows
from infra.reference_data import load_methodology
from processors.grading.levels import total_text
from processors.grading.measuring import MEASURES
from processors.grading.rebuilt import table_of
from processors.grading.run import grade, grade_table
from processors.methodology import MethodologyError, check_methodology
from schemas.codes import Grade, Population
from schemas.grading import TOTAL_SCALE, GradingRun
from schemas.methodology import Methodology, methodology_hash
from schemas.quarter import FIRST_ORDINAL, Quarter
from tests.stored_totals import FEN_PER_YI, StoredTotals

YI = FEN_PER_YI
Q4 = Quarter(2021, 4)
GRADED = (Population.PRIVATE, Population.SMALL_MICRO)
RULE = load_methodology()
LEVELS = RULE.grading.levels
replaced = msgspec.structs.replace


def add(
    stored: StoredTotals,
    bank_id: str,
    growth_percent: int = 10,
    rate_mbp: int = 500_000,
    year_before: tuple[int, int] | None = (10, 500_000),
    **register,
) -> None:
    """Add a bank: its growth and rate in 2021, and those of 2020."""
    stored.bank(bank_id, "2021-12-31", **register)
    stored.total(bank_id, "2018Q4", Population.ALL, balance_change_minor=1)
    for population in GRADED:
        quarter, base = ("2019Q4", 100) if year_before else ("2020Q4", 110)
        total = {"balance_change_minor": base * YI, "borrower_change_count": 100}
        stored.total(bank_id, quarter, population, **total)
        if year_before:
            stored.total(bank_id, "2020Q4", population, balance_change_minor=year_before[0] * YI)
            stored.lending(bank_id, "2020Q4", population, YI, year_before[1])
            base += year_before[0]
        change = base * YI * growth_percent // 100
        stored.total(bank_id, "2021Q4", population, balance_change_minor=change)
        stored.lending(bank_id, "2021Q4", population, YI, rate_mbp)


def run_of(stored: StoredTotals, methodology: Methodology = RULE) -> GradingRun:
    return grade(stored.results(), methodology, Q4)


def by_bank(run: GradingRun) -> dict:
    return {bank.bank_id: bank for bank in run.banks}


def eight(**register) -> StoredTotals:
    """Eight banks of one group: the further on, the more growth and the lower the rate."""
    stored = StoredTotals()
    for n in range(8):
        add(stored, f"B{n}", 10 + n, 500_000 - n, **register)
    return stored


def test_the_best_of_a_group_has_all_points_and_the_worst_the_floor() -> None:
    banks = by_bank(run_of(eight()))

    assert [banks[f"B{n}"].total_points for n in (0, 7)] == ["60.00", "100.00"]
    assert (banks["B0"].grade, banks["B7"].grade) == (Grade.ENCOURAGED, Grade.EXCELLENT)
    # Beats three of seven others in level and change: 60 + 40 × 3/7.
    assert banks["B3"].total_points == "77.14"
    assert banks["B3"].indicators[0].points_millionths == 77_142_857


def test_grades_follow_the_cut_offs_closed_on_the_lower_side() -> None:
    for points, expected in (
        (84 * TOTAL_SCALE, "84.00"),
        (84 * TOTAL_SCALE - 1, "83.99999999"),
        (84 * TOTAL_SCALE - TOTAL_SCALE // 100, "83.99"),
        (76 * TOTAL_SCALE - 2 * 10**5, "75.998"),
        (77_142_857 * 100, "77.14"),
    ):
        assert total_text(points, RULE.grading) == expected


def test_equal_banks_have_equal_points_in_the_middle() -> None:
    stored = StoredTotals()
    for n in range(8):
        add(stored, f"B{n}")

    run = run_of(stored)

    assert {bank.total_points for bank in run.banks} == {"80.00"}
    assert {bank.grade for bank in run.banks} == {Grade.GOOD}
    assert {bank.indicators[0].place for bank in run.banks} == {1}


def test_without_a_year_before_the_level_counts_alone_and_the_reason_says_so() -> None:
    stored = eight()
    add(stored, "new", 12, 500_000 - 2, year_before=None)

    bank = by_bank(run_of(stored))["new"]

    # Growth equals that of B2: 2 worse, 1 equal of 8 others.
    assert bank.indicators[0].points_millionths == 60_000_000 + 40_000_000 * 5 // 16
    assert (bank.indicators[0].change, bank.indicators[0].place) == ("", 6)
    assert "无上年同期数" in bank.reasons[0].zh
    assert "no figure of a year before" in bank.reasons[0].en


def test_a_bank_without_one_indicator_is_not_rated_and_told_which() -> None:
    stored = eight()
    stored.bank("idle", "2021-12-31")
    stored.total("idle", "2018Q4", Population.ALL, balance_change_minor=1)
    for population in GRADED:
        stored.total(
            "idle", "2020Q4", population, balance_change_minor=YI, borrower_change_count=99
        )

    run = run_of(stored)
    bank = by_bank(run)["idle"]

    assert (bank.grade, bank.total_points, bank.group) == (Grade.NOT_RATED, "", "")
    assert [reason.zh for reason in bank.reasons] == [
        "民营企业新发放贷款利率：本期无发放，不予评级。",
        "小微企业新发放贷款利率：本期无发放，不予评级。",
    ]
    assert (bank.indicators[0].value, bank.indicators[2].status) == ("0.0", "no_lending")
    assert by_bank(run)["B7"].group_size_count == 8
    assert grade_rows(run)[-1]["bank_id"] == "idle"


def test_banks_that_are_not_registered_are_not_graded() -> None:
    stored = eight()
    add(stored, "wild", 90, 1, is_registered=False)

    assert "wild" not in by_bank(run_of(stored))


def test_small_groups_are_compared_in_wider_ones_and_large_groups_stay() -> None:
    stored = StoredTotals()
    for n in range(8):
        add(stored, f"joint{n}", n, peer_group="joint_stock")
    for n in range(6):
        add(stored, f"large{n}", n, peer_group="large_commercial")
    for n in range(3):
        add(stored, f"rural{n}", n, peer_group="rural")

    banks = by_bank(run_of(stored))

    assert (banks["joint0"].group, banks["joint0"].group_size_count) == ("joint_stock", 8)
    assert (banks["large0"].group, banks["large0"].group_size_count) == ("national", 14)
    # Three rural banks are too few for local as well.
    assert (banks["rural0"].group, banks["rural0"].group_size_count) == ("all", 17)


def test_points_are_won_among_the_banks_of_the_own_comparison_only() -> None:
    alone = by_bank(run_of(eight(peer_group="rural")))
    stored = eight(peer_group="rural")
    for n in range(8):
        add(stored, f"joint{n}", 90, 100_000, peer_group="joint_stock")
    together = by_bank(run_of(stored))

    assert all(together[f"B{n}"] == alone[f"B{n}"] for n in range(8))


def test_reasons_come_by_what_they_weigh() -> None:
    stored = eight()
    add(stored, "odd", 9, 100_000)  # Last in growth, first in rates.

    reasons = by_bank(run_of(stored))["odd"].reasons

    assert [reason.indicator for reason in reasons] == ["I010", "I020", "I030", "I040"]
    assert [reason.points_millionths for reason in reasons] == [
        -6_000_000,
        -6_000_000,
        4_000_000,
        4_000_000,
    ]
    assert reasons[0].zh == (
        "民营企业贷款增速（较年初）9.0%，在9家农村金融机构中由高到低居第9位；"
        "比上年同期下降1.0个百分点；比居中少得6.00分。"
    )


def test_positions_are_graded_like_events_and_marked() -> None:
    stored = eight()
    stored.bank("paper")
    for population in GRADED:
        for quarter, balance in (("2019Q4", 100), ("2020Q4", 110), ("2021Q4", 143)):
            stored.position(
                "paper",
                quarter,
                balance * YI,
                population=population,
                new_lending_minor=YI,
                new_lending_rate_mbp=400_000,
            )

    bank = by_bank(run_of(stored))["paper"]

    assert {part.source for part in bank.indicators} == {"position"}
    assert (bank.indicators[0].value, bank.indicators[0].change) == ("30.0", "20.0")
    # First in growth, 60 % of the points. Its rate is the lowest, 400,000, but did not fall, as
    # did one of eight others: 60 + 40 × (½ × 1 + ½ × 1/16) = 81.25, 40 % of the points.
    assert bank.total_points == "92.50"


def test_the_same_input_gives_the_same_run_whatever_else_is_stored() -> None:
    run = run_of(eight())

    stored = eight()
    stored.balance("unknown bank", "2015Q1", YI)
    stored.total("B0", "2022Q1", Population.PRIVATE, balance_change_minor=YI)
    stored.total("B0", "2021Q4", Population.UNPROFILED, balance_change_minor=YI)

    assert run_of(stored) == run
    assert run_of(stored).run_id == run.run_id


@pytest.mark.parametrize(
    "sums", [{"balance_change_minor": 1}, {"disbursed_rate_lo": 1}, {"borrower_change_count": 1}]
)
def test_another_input_gives_another_run(sums: dict[str, int]) -> None:
    run = run_of(eight())
    stored = eight()
    stored.total("B0", "2021Q4", Population.PRIVATE, **sums)

    assert run_of(stored).run_id != run.run_id


def test_another_methodology_gives_another_run() -> None:
    other = replaced(RULE, groups=replaced(RULE.groups, banks_min=7))

    assert methodology_hash(other) != methodology_hash(RULE)
    assert run_of(eight(), other).run_id != run_of(eight()).run_id


def test_the_shipped_methodology_says_that_it_is_no_official_rule() -> None:
    check_methodology(RULE, Q4)

    assert RULE.is_illustrative
    assert "示例" in RULE.label_zh
    assert [entry.weight_percent for entry in RULE.indicators] == [30, 30, 20, 20]
    row = grade_rows(run_of(eight()))[0]
    assert (row["is_illustrative"], row["grade"], row["grade_zh"]) == (True, "excellent", "优秀")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"indicators": RULE.indicators[1:]}, "weights do not add up"),
        (
            {"indicators": [replaced(RULE.indicators[0], measure="made-up", weight_percent=100)]},
            "measure: found made-up",
        ),
        ({"indicators": [*RULE.indicators, RULE.indicators[0]]}, "stands twice"),
        ({"grading": replaced(RULE.grading, levels=[*LEVELS[:3], LEVELS[2]])}, "grades"),
        ({"grading": replaced(RULE.grading, levels=[*LEVELS[1:], LEVELS[0]])}, "cut-offs"),
        ({"effective_from": "2022Q1"}, "before it took effect"),
        (
            {
                "groups": replaced(
                    RULE.groups,
                    wider=[*RULE.groups.wider, replaced(RULE.groups.wider[0], name="again")],
                )
            },
            "two wider groups",
        ),
    ],
)
def test_a_methodology_that_makes_no_sense_grades_nothing(change: dict, problem: str) -> None:
    with pytest.raises(MethodologyError, match=problem):
        run_of(eight(), replaced(RULE, **change))


def test_a_quarter_of_which_nothing_is_known_is_not_graded() -> None:
    with pytest.raises(ValueError, match="2030Q1: nothing is stored"):
        grade(eight().results(), RULE, Quarter(2030, 1))


def test_in_an_empty_store_a_grading_says_to_import_first_in_both_languages() -> None:
    with pytest.raises(ValueError, match="nothing is stored yet; import data first") as caught:
        grade(StoredTotals().results(), load_methodology(), Quarter(2021, 4))

    assert "尚未导入任何数据" in str(caught.value)
    assert "expected one of" not in str(caught.value)


def test_every_measure_stands_under_its_file_name() -> None:
    assert all(measure.compute.__name__ == name for name, measure in MEASURES.items())


def test_growth_is_compared_before_it_is_rounded() -> None:
    stored = StoredTotals()
    for n in range(8):
        add(stored, f"B{n}")
    stored.total("B5", "2021Q4", Population.PRIVATE, balance_change_minor=1)

    banks = by_bank(run_of(stored))

    assert {bank.indicators[0].value for bank in banks.values()} == {"10.0"}
    assert banks["B5"].indicators[0].points_millionths == 100_000_000
    assert banks["B0"].indicators[0].points_millionths == 77_142_857


def test_a_year_before_from_another_source_is_no_year_before() -> None:
    stored = eight()
    add(stored, "new", 12, 500_000, year_before=None)
    for population in GRADED:
        for quarter, balance in (("2019Q4", 100), ("2020Q4", 110)):
            stored.position("new", quarter, balance * YI, population=population)
    stored._rows.pop(("new", "all", Quarter(2018, 4).ordinal - FIRST_ORDINAL, 0))
    stored.total("new", "2020Q4", Population.ALL, balance_change_minor=1)

    bank = by_bank(run_of(stored))["new"]

    assert (bank.indicators[0].source, bank.indicators[0].value) == ("loan_level", "12.0")
    assert bank.indicators[0].change == ""


def test_a_run_can_be_graded_again_from_itself() -> None:
    stored = eight()
    stored.bank("idle", "2021-12-31")
    add(stored, "new", 12, 500_000 - 2, year_before=None)

    run = run_of(stored)

    assert {bank.grade for bank in run.banks} > {Grade.NOT_RATED, Grade.EXCELLENT}
    assert grade_table(table_of(run), RULE) == run.banks
