"""Three months of five loans, worked by hand below, then by the reference and the pipeline.

Sums of money × rate are written as yuan × percent: 5,000,000 yuan at 4.35 % is 21,750,000.
"""

from collections import defaultdict
from collections.abc import Callable

import pytest

from schemas.codes import GUARANTEE_KINDS, LOAN_KINDS, POLICY_TAGS
from schemas.columns import Ids
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.tables import CELLS, TOTALS
from tests import five_loans
from tests.golden_files import assert_golden
from tests.job import run_job
from tests.reference_job import Sums, reference_job

Q3, Q4 = (Quarter(2021, number).ordinal - FIRST_ORDINAL for number in (3, 4))
NAMES = {
    five_loans.FIRM_1: "firm 1", five_loans.FIRM_2: "firm 2", five_loans.FIRM_3: "firm 3",
    five_loans.FIRM_4: "firm 4", five_loans.FIRM_5: "firm 5", five_loans.OWNER: "owner",
}  # fmt: skip
CELL_COLUMNS = (
    "brought_forward", "disbursed", "repaid", "written_off", "revalued", "balance",
    "non_performing", "disbursed_rate", "balance_rate",
)  # fmt: skip
TOTAL_COLUMNS = (
    "balance", "disbursed", "non_performing", "disbursed_rate", "balance_rate", "borrower_count",
)  # fmt: skip

Figures = tuple[dict[tuple, Sums], dict[tuple, Sums], dict[tuple, Sums]]

# What each cell adds, in yuan and yuan × percent.
#   (who, loan kind, quarter): (brought forward, disbursed, repaid, written off, revalued,
#                               balance, non-performing, disbursed × rate, balance × rate)
CELLS_BY_HAND = {
    # 5,000,000 × 4.35 = 21,750,000
    ("firm 1", "corporate", Q3): (5_000_000, 0, 0, 0, 0, 5_000_000, 0, 0, 21_750_000),
    # −1,200,000 × 4.35 = −5,220,000
    ("firm 1", "corporate", Q4): (0, 0, 1_200_000, 0, 0, -1_200_000, 0, 0, -5_220_000),
    # 500,000 $ × 6.4450 = 3,222,500; × 6.3757 = 3,187,850; between them −34,650.
    # 3,222,500 × 3.00 = 9,667,500; 3,187,850 × 3.00 = 9,563,550
    ("firm 2", "corporate", Q4): (
        0, 3_222_500, 0, 0, -34_650, 3_187_850, 0, 9_667_500, 9_563_550,
    ),
    # 6,000,000 × 4.85 = 29,100,000; repriced −6,000,000 × 0.25 = −1,500,000;
    # repaid −1,000,000 × 4.60 = −4,600,000; left 5,000,000 × 4.60 = 23,000,000
    ("firm 3", "corporate", Q4): (
        0, 6_000_000, 1_000_000, 0, 0, 5_000_000, 0, 29_100_000, 23_000_000,
    ),
    # 900,000 × 5.22 = 4,698,000
    ("firm 4", "corporate", Q3): (900_000, 0, 0, 0, 0, 900_000, 0, 0, 4_698_000),
    # Non-performing +900,000 when it goes bad, −400,000 when written off;
    # −400,000 × 5.22 = −2,088,000
    ("firm 4", "corporate", Q4): (0, 0, 0, 400_000, 0, -400_000, 500_000, 0, -2_088_000),
    # 800,000 − 800,000 + 880,000; × 5.00 = 4,400,000
    ("firm 5", "corporate", Q4): (0, 880_000, 0, 0, 0, 880_000, 0, 4_400_000, 4_400_000),
    # 2,000,000 × 4.90 = 9,800,000
    ("owner", "personal_other", Q4): (
        0, 2_000_000, 0, 0, 0, 2_000_000, 0, 9_800_000, 9_800_000,
    ),
    # 300,000 × 5.00 = 1,500,000
    ("owner", "personal_business", Q4): (
        0, 300_000, 0, 0, 0, 300_000, 0, 1_500_000, 1_500_000,
    ),
}  # fmt: skip

# By population and quarter: balance, new lending, non-performing, new lending × rate,
# balance × rate, borrowers.
#
# The end of September, in every population: firm 1 and firm 4.
#   5,000,000 + 900,000 = 5,900,000; 21,750,000 + 4,698,000 = 26,448,000
SEPTEMBER = (5_900_000, 0, 0, 0, 26_448_000, 2)
# The end of December, balances with balance × rate, and draws with draw × rate:
#   firm 1    3,800,000  16,530,000
#   firm 2    3,187,850   9,563,550   3,222,500   9,667,500
#   firm 3    5,000,000  23,000,000   6,000,000  29,100,000
#   firm 4      500,000   2,610,000
#   firm 5      880,000   4,400,000     880,000   4,400,000
#   firms    13,367,850  56,103,550  10,102,500  43,167,500   private
#   owner       300,000   1,500,000     300,000   1,500,000   operating loan
#            13,667,850  57,603,550  10,402,500  44,667,500   with owners; small and micro
#   owner     2,000,000   9,800,000   2,000,000   9,800,000   mortgage
#            15,667,850  67,403,550  12,402,500  54,467,500   all
WITH_OWNERS = (13_667_850, 10_402_500, 500_000, 44_667_500, 57_603_550, 6)
ALL = (15_667_850, 12_402_500, 500_000, 54_467_500, 67_403_550, 6)
TOTALS_BY_HAND = {
    ("all", Q3): SEPTEMBER,
    ("all_ex_bills", Q3): SEPTEMBER,
    ("private", Q3): SEPTEMBER,
    ("private_with_owners", Q3): SEPTEMBER,
    ("small_micro", Q3): SEPTEMBER,
    ("inclusive", Q3): SEPTEMBER,
    ("pboc_inclusive", Q3): SEPTEMBER,
    ("all", Q4): ALL,
    ("all_ex_bills", Q4): ALL,
    ("private", Q4): (13_367_850, 10_102_500, 500_000, 43_167_500, 56_103_550, 5),
    ("private_with_owners", Q4): WITH_OWNERS,
    ("small_micro", Q4): WITH_OWNERS,
    # Without firm 3, whose line is 12 million: 13,667,850 − 5,000,000 and so on.
    ("inclusive", Q4): (8_667_850, 4_402_500, 500_000, 15_567_500, 34_603_550, 5),
    # Without firm 5 too, whose line is exactly 10 million: not under 10 million.
    ("pboc_inclusive", Q4): (7_787_850, 3_522_500, 500_000, 11_167_500, 30_203_550, 4),
}

# New lending of the fourth quarter by tag: amount, × rate, draws.
TAGS_BY_HAND = {
    ("all", Q4, "pledge"): (3_222_500, 9_667_500, 1),  # firm 2
    ("all", Q4, "mortgage"): (8_000_000, 38_900_000, 2),  # firm 3, owner
    ("all", Q4, "credit"): (1_180_000, 5_900_000, 2),  # firm 5 once, owner
    ("all", Q4, "first_loan"): (300_000, 1_500_000, 1),  # owner
    # firm 3: use C131, two years
    ("all", Q4, "manufacturing_long_term"): (6_000_000, 29_100_000, 1),
    ("inclusive", Q4, "pledge"): (3_222_500, 9_667_500, 1),
    ("inclusive", Q4, "credit"): (1_180_000, 5_900_000, 2),
    ("inclusive", Q4, "first_loan"): (300_000, 1_500_000, 1),
}


def tag_name(tag: int) -> str:
    return GUARANTEE_KINDS[tag - 1] if tag < 16 else POLICY_TAGS[tag - 16]


def figures_of_reference() -> Figures:
    job = reference_job(five_loans.EVENTS)
    cells = {
        (NAMES[who], kind, quarter): cell for (_, who, kind, quarter), cell in job.cells.items()
    }
    totals = {(population, quarter): row for (_, population, quarter), row in job.totals.items()}
    tags = {
        (population, quarter, tag_name(tag)): row
        for (_, population, quarter, tag), row in job.tag_totals.items()
    }
    return cells, totals, tags


def figures_of_pipeline() -> Figures:
    store = run_job(five_loans.drafts())
    cells = {}
    for row in dict_rows(store.read(CELLS, {"generation": 0})):
        cell = {name.removesuffix("_minor"): value for name, value in row.items()}
        cell["balance"] = cell["brought_forward"] + cell["disbursed"] + cell["acquired"]
        cell["balance"] += cell["revalued"]
        cell["balance"] -= cell["repaid"] + cell["written_off"] + cell["moved_out"]
        join_limbs(cell)
        kind = str(LOAN_KINDS[row["loan_kind"]])
        cells[NAMES[row["borrower_id"]], kind, row["quarter"]] = cell
    totals, tags, level = {}, {}, defaultdict(int)
    for row in dict_rows(store.read(TOTALS, {"generation": 0})):  # In order of quarter.
        # In 2024Q1 the central bank's definition itself changes: that is beyond these months.
        if not row["bank_id"] or row["quarter"] > Q4:
            continue
        total = {name.removesuffix("_minor"): value for name, value in row.items()}
        join_limbs(total)
        key = (row["population"], row["quarter"])
        if 0 < row["tag"] < 1024:
            tags[*key, tag_name(row["tag"])] = total
        if row["tag"] == 0:
            for name in ("balance", "balance_rate", "non_performing", "borrower"):
                level[key[0], name] += total[f"{name}_change"]
                total[name] = level[key[0], name]
            totals[key] = total | {"borrower_count": level[key[0], "borrower"]}
    return cells, totals, tags


def dict_rows(columns: dict) -> list[dict]:
    lists = [
        column.to_list() if isinstance(column, Ids) else column.tolist()
        for column in columns.values()
    ]
    return [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]


def join_limbs(row: Sums) -> None:
    for name in [name for name in row if name.endswith("_hi")]:
        stem = name.removesuffix("_hi")
        row[stem] = int(row[name]) * 10**6 + int(row[f"{stem}_lo"])
    if "borrower_change_count" in row:
        row["borrower_change"] = row["borrower_change_count"]


@pytest.fixture(params=[figures_of_reference, figures_of_pipeline], ids=["reference", "pipeline"])
def figures(request: pytest.FixtureRequest) -> Figures:
    make: Callable[[], Figures] = request.param
    return make()


def in_yuan(row: Sums, columns: tuple[str, ...]) -> tuple[int, ...]:
    """Whole yuan, and yuan × percent: these events leave no remainder."""
    units = [
        1 if name.endswith("_count") else 100 * 100_000 if name.endswith("_rate") else 100
        for name in columns
    ]
    assert all(row.get(name, 0) % unit == 0 for name, unit in zip(columns, units, strict=True))
    return tuple(row.get(name, 0) // unit for name, unit in zip(columns, units, strict=True))


def moved(rows: dict[tuple, Sums], columns: tuple[str, ...]) -> dict[tuple, tuple[int, ...]]:
    figures = {key: in_yuan(row, columns) for key, row in rows.items()}
    return {key: figure for key, figure in figures.items() if any(figure)}


def test_every_cell_is_what_was_worked_out_by_hand(figures: Figures) -> None:
    assert moved(figures[0], CELL_COLUMNS) == CELLS_BY_HAND


def test_every_population_is_what_was_worked_out_by_hand(figures: Figures) -> None:
    assert moved(figures[1], TOTAL_COLUMNS) == TOTALS_BY_HAND


def test_new_lending_by_tag_is_what_was_worked_out_by_hand(figures: Figures) -> None:
    columns = ("disbursed", "disbursed_rate", "draw_count")
    by_hand = {key[0] for key in TAGS_BY_HAND}
    found = {key: row for key, row in moved(figures[2], columns).items() if key[0] in by_hand}

    assert found == TAGS_BY_HAND


def test_one_borrower_took_a_first_loan(figures: Figures) -> None:
    assert figures[2]["all", Q4, "first_loan"]["draw_borrower_count"] == 1


def test_the_owners_mortgage_is_no_inclusive_loan(figures: Figures) -> None:
    """Without its draws the owner would add nothing: only the operating loan counts."""
    without_owner = reference_job(
        event
        for event in five_loans.EVENTS
        if getattr(event, "borrower_id", "") != five_loans.OWNER
    )
    base = without_owner.totals[five_loans.BANK, "inclusive", Q4]["balance"]

    assert figures[1]["inclusive", Q4]["balance"] - base == five_loans.fen("300,000.00")


def percent(numerator: int, denominator: int) -> str:
    """Two decimals, rounded half up; a dash where there is nothing to divide by."""
    if not denominator:
        return "-"
    hundredths = (2 * numerator + denominator) // (2 * denominator)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def test_the_table_for_the_banker(figures: Figures) -> None:
    lines = [
        "Balances, new lending and non-performing loans in yuan; rates in percent a year.",
        "",
        (
            f"{'population':<20} {'quarter':<7} {'balance':>14} {'rate %':>6} {'new lending':>14} "
            f"{'rate %':>6} {'non-performing':>14} {'share %':>7} {'borrowers':>9}"
        ),
    ]
    for population, quarter in TOTALS_BY_HAND:
        row = figures[1][population, quarter]
        balance, new, bad = row["balance"], row["disbursed"], row["non_performing"]
        name = str(Quarter.from_ordinal(quarter + FIRST_ORDINAL))
        lines.append(
            f"{population:<20} {name:<7} {balance / 100:>14,.2f} "
            f"{percent(row['balance_rate'], balance * 1_000):>6} {new / 100:>14,.2f} "
            f"{percent(row['disbursed_rate'], new * 1_000):>6} {bad / 100:>14,.2f} "
            f"{percent(bad * 10_000, balance):>7} {row['borrower_count']:>9}"
        )
    assert_golden("five_loans.txt", "\n".join(lines) + "\n")
