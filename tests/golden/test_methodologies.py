"""Every methodology that comes with puhui, on tables a banker can check by hand.

The first cases of each are worked in the comments; the golden files hold them all, for ever: a
published methodology must grade as it did.
"""

from itertools import product

import pytest

from infra.methodology_answers import applied
from infra.reference_data import load_methodology, methodology_files
from schemas.methodology import methodology_hash
from tests.golden_files import assert_golden

RATINGS = ("outstanding", "high_satisfactory", "low_satisfactory", "needs_to_improve",
           "substantial_noncompliance")  # fmt: skip
LENDING, OTHER = (12, 9, 6, 3, 0), (6, 4, 3, 1, 0)


def graded(name: str, values: str, quarter: str = "") -> dict[str, dict]:
    answer = applied(load_methodology(name), values, "values.csv", quarter)
    return {row["bank_id"]: row for row in answer["rows"]}


def table_of(name: str, head: str, lines: list[str], quarter: str = "") -> str:
    """Return the lines with what became of each, as the golden file holds them."""
    columns = head.split(",")
    values = "\n".join([f"bank_id,{head}", *(f"{n},{line}" for n, line in enumerate(lines))])
    rows = graded(name, values, quarter)
    told = [[*columns, "points", "grade", "caps"]]
    for n, line in enumerate(lines):
        row = rows[str(n)]
        caps = " ".join(f"{cap['before']}>{cap['after']}" for cap in row["caps"])
        told.append([*line.split(","), row["points"], row["grade"], caps])
    widths = [max(len(part) for part in column) for column in zip(*told, strict=True)]
    return "".join(
        "  ".join(f"{part:<{width}}" for part, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in told
    )


def cra_by_hand(lending: int, service: int, investment: int) -> tuple[int, str]:
    """12 + 6 + 6 is 24, outstanding; 3 + 6 + 6 is 15, but 3 × 3 is 9: needs to improve."""
    points = min(LENDING[lending] + OTHER[service] + OTHER[investment], 3 * LENDING[lending])
    if points >= 20:
        return points, "outstanding"
    if points >= 11:
        return points, "satisfactory"
    return points, "needs_to_improve" if points >= 5 else "substantial_noncompliance"


def test_all_125_combinations_of_the_us_cra_come_out_right() -> None:
    places = list(product(range(5), repeat=3))
    lines = [",".join(RATINGS[place] for place in three) for three in places]
    head = "lending,service,investment"
    values = "\n".join([f"bank_id,{head}", *(f"{n},{line}" for n, line in enumerate(lines))])

    rows = graded("us-cra-large-bank", values)

    assert len(rows) == 125
    for n, three in enumerate(places):
        points, grade = cra_by_hand(*three)
        assert (rows[str(n)]["points"], rows[str(n)]["grade"]) == (f"{points}.00", grade), three
    assert_golden("us_cra_large_bank.txt", table_of("us-cra-large-bank", head, lines))


def test_massachusetts_has_five_ratings_and_no_satisfactory_over_weak_lending() -> None:
    words = (*RATINGS[:2], "satisfactory", *RATINGS[3:])
    lines = [",".join(words[place] for place in three) for three in product(range(5), repeat=3)]

    table = table_of("us-cra-massachusetts", "lending,service,investment", lines)

    # 9 + 4 + 4 = 17: high satisfactory. 3 + 6 + 6 = 15, but lending is not satisfactory.
    assert "17.00   high_satisfactory" in table
    assert "15.00   needs_to_improve           satisfactory>needs_to_improve" in table
    assert_golden("us_cra_massachusetts.txt", table)


def test_massachusetts_credit_unions_have_a_scale_of_their_own() -> None:
    words = (*RATINGS[:2], "satisfactory", *RATINGS[3:])
    lines = [",".join(words[place] for place in two) for two in product(range(5), repeat=2)]

    table = table_of("us-cra-massachusetts-credit-union", "lending,service", lines)

    assert_golden("us_cra_massachusetts_credit_union.txt", table)


LEVEL_CASES = [
    "90,", "89.99,", "89.99,0.01", "85,", "84.999999,", "80,", "75,", "74.99,0.01", "70,", "65,",
    "60,", "60,30", "59.99,", "59.99,40", "-3,",
]  # fmt: skip


def test_the_cbirc_levels_start_at_their_bounds_and_a_low_regular_score_is_level_4() -> None:
    table = table_of("cbirc-2020-levels", "regular_score,bonus_score", LEVEL_CASES, "2020Q4")

    capped = next(line for line in table.splitlines() if line.startswith("59.99          40"))
    assert capped.split()[-3:] == ["99.99", "level-4", "level-1>level-4"]
    assert_golden("cbirc_2020_levels.txt", table)


GROWTH_HEAD = (
    "growth_inclusive,growth_all,growth_before,growth_all_before,increment,plan_increment,"
    "plan_met,plan_met_before,differentiated"
)
GROWTH_CASES = [
    # Not differentiated; the target is the growth of all loans.
    "12,12,10,9,5,,no,yes,no",  # Reached, to the last decimal: 8.
    "9,12,10,9,5,,yes,yes,no",  # 8 × 9 ÷ 12 = 6.
    "9,12,10,9,5,,no,yes,no",  # Neither: 0.
    "-1,12,10,9,-5,,yes,yes,no",  # The plan was met with a falling balance: nothing to share.
    "9,12,8,9,5,,yes,yes,no",  # Missed two years in a row, although the plan was met: −3.
    "-1,12,-2,9,-5,,yes,yes,no",  # Fell two years in a row: −4.
    "-2,-1,10,9,-5,,yes,yes,no",  # All loans fell: a quotient says nothing: 0.
    "-1,-2,10,9,-5,,no,yes,no",  # Fell less than all loans: reached: 8.
    # Differentiated: the plan decides.
    "9,12,10,9,5,4,yes,yes,yes",  # Met: 8.
    "9,12,10,9,3,4,no,yes,yes",  # 8 × 3 ÷ 4 = 6.
    "-1,12,10,9,-1,4,no,yes,yes",  # Missed, and the balance did not rise: 0.
    "9,12,10,9,3,4,no,no,yes",  # Missed two years in a row: −3.
    # Whether it is differentiated was not told, and it decides: not rated.
    "9,12,10,9,5,4,yes,yes,",
]


def test_the_cbirc_growth_item_follows_both_regimes() -> None:
    table = table_of("cbirc-2020-lending-growth", GROWTH_HEAD, GROWTH_CASES, "2020Q4")

    points = [line.split("  ")[0] for line in table.splitlines()]
    assert len(points) == len(GROWTH_CASES) + 1
    rows = graded(
        "cbirc-2020-lending-growth",
        "\n".join([f"bank_id,{GROWTH_HEAD}", *(f"{n},{x}" for n, x in enumerate(GROWTH_CASES))]),
        "2020Q4",
    )
    expected = [8, 6, 0, 0, -3, -4, 0, 8, 8, 6, 0, -3]
    assert [rows[str(n)]["points"] for n in range(12)] == [f"{one}.00" for one in expected]
    assert rows["12"]["grade"] == "not_rated"
    assert_golden("cbirc_2020_lending_growth.txt", table)


GOAL = """bank_id,peer_group,growth_inclusive,growth_all,growth_before,growth_all_before,plan_met,differentiated
91100000100003962T,large_commercial,29.9,10,35,9,no,no
9111000071093465XC,large_commercial,29.9,10,35,9,no,no
91370000000000000A,rural,29.9,10,35,9,no,no
"""


@pytest.mark.parametrize(
    ("name", "quarter", "points"),
    [
        # Five large banks by their codes: 29.9 % misses 30 %; 邮储 only has to beat 10 %.
        ("cbirc-2020-lending-growth", "2021Q4", ["0.00", "8.00", "8.00"]),
        # The whole peer group, 邮储 with it.
        ("cbirc-2020-lending-growth-six", "2021Q4", ["0.00", "0.00", "8.00"]),
        # A year later the goal is over.
        ("cbirc-2020-lending-growth", "2022Q4", ["8.00", "8.00", "8.00"]),
    ],
)
def test_the_goal_of_30_percent_is_a_dated_list_in_two_readings(
    name: str, quarter: str, points: list[str]
) -> None:
    rows = graded(name, GOAL, quarter)

    banks = [line.split(",")[0] for line in GOAL.splitlines()[1:]]
    assert [rows[bank]["points"] for bank in banks] == points


QUARTERLY_HEAD = (
    "peer_group,private_growth_ytd,private_growth_ytd.before,small_micro_growth_ytd,"
    "small_micro_growth_ytd.before,private_new_rate,private_new_rate.before,"
    "small_micro_new_rate,small_micro_new_rate.before"
)
QUARTERLY_CASES = [
    "rural,10,10,12,12,5.0,5.0,5.2,5.2",
    "rural,20,10,22,12,4.0,5.0,4.2,5.2",  # Best in all: 100.
    "rural,15,10,17,12,4.5,5.0,4.7,5.2",
    "rural,5,10,7,12,5.5,5.0,5.7,5.2",  # Worst in all: 60.
    "rural,15,,17,,4.5,,4.7,",  # As the third, but without a year before: level alone.
    "rural,15,10,17,12,4.5,5.0,,",  # Lacks a rate: not rated, and no peer.
]


def test_the_illustrative_quarterly_ranks_five_banks_as_worked_by_hand() -> None:
    """
    Five rated banks, 4 peers each. The first: level 1 of 4 worse, change 1 of 3 worse:
    60 + 40 × (½ × 1/4 + ½ × 1/3) = 71.6666… Level of the third: 2 worse, 1 equal: 2.5 ÷ 4; its change is
    among the four that have one: 2 worse of 3. 60 + 40 × (½ × 5/8 + ½ × 2/3) = 85.8333…;
    of the fifth 60 + 40 × 5/8 = 85.
    """
    table = table_of("illustrative-quarterly", QUARTERLY_HEAD, QUARTERLY_CASES, "2021Q4")

    lines = table.splitlines()[1:]
    assert [line.split()[9 if n < 4 else -2] for n, line in enumerate(lines)] == [
        "71.67", "100.00", "85.83", "60.00", "85.00", lines[5].split()[-2],
    ]  # fmt: skip
    assert lines[5].split()[-1] == "not_rated"
    assert_golden("illustrative_quarterly.txt", table)


def test_a_published_methodology_never_changes() -> None:
    """A file that a run may have used is not edited: its hash is what the run stores."""
    lines = [
        f"{methodology_hash(load_methodology(f'{name}@' + path.stem.rpartition('-v')[2]))}  "
        f"{path.name}\n"
        for name, paths in methodology_files().items()
        for path in paths
    ]

    assert_golden("methodology_hashes.txt", "".join(lines))
