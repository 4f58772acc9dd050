"""Growth as the regulator prints it, from the balances it published (普惠型小微企业贷款)."""

import pytest

from infra.reference_data import load_published_balances
from processors.exact import FEN_PER_YI, fen_of_yi, growth_percent, growth_reaches, half_up
from tests.golden_files import assert_golden

BALANCES = {
    (row["bank_type_en"], row["quarter"]): fen_of_yi(row["balance"])
    for row in load_published_balances()
}
TYPES = {row["bank_type_en"]: row["bank_type_cn"] for row in load_published_balances()}
ALL = "all_banking_institutions"
FEN_PER_TENTH_OF_WANYI = 1_000 * FEN_PER_YI


def test_published_growth_as_a_table() -> None:
    lines = [f"{'bank type':<26} {'quarter':<7} {'ytd %':>7} {'yoy %':>7} {'yoy % .2':>8}"]
    for kind in TYPES:
        for quarter in ("2021Q1", "2021Q2", "2021Q3", "2021Q4", "2022Q1", "2022Q2"):
            latest = BALANCES[kind, quarter]
            year = int(quarter[:4]) - 1
            start, before = BALANCES[kind, f"{year}Q4"], BALANCES[kind, f"{year}{quarter[4:]}"]
            ytd, yoy = growth_percent(start, latest), growth_percent(before, latest)
            fine = growth_percent(before, latest, decimals=2)
            lines.append(f"{kind:<26} {quarter:<7} {ytd:>7} {yoy:>7} {fine:>8}")
    assert_golden("published_growth.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("kind", "base", "latest", "decimals", "printed"),
    [
        (ALL, "2020Q3", "2021Q3", 1, "25.2"),
        (ALL, "2020Q4", "2021Q4", 1, "24.9"),
        (ALL, "2020Q4", "2021Q4", 2, "24.94"),
        ("large_commercial", "2020Q4", "2021Q4", 2, "35.66"),
        ("joint_stock", "2020Q4", "2021Q4", 2, "21.92"),
        ("city_commercial", "2020Q4", "2021Q4", 2, "20.27"),
        ("rural", "2020Q4", "2021Q4", 2, "16.93"),
    ],
)
def test_growth_prints_as_published(
    kind: str, base: str, latest: str, decimals: int, printed: str
) -> None:
    found = growth_percent(BALANCES[kind, base], BALANCES[kind, latest], decimals=decimals)

    assert found == printed


def test_in_2021_only_the_large_banks_reached_the_target() -> None:
    reached = {
        kind
        for kind in TYPES
        if growth_reaches(BALANCES[kind, "2020Q4"], BALANCES[kind, "2021Q4"], target_percent=30)
    }

    assert reached == {"large_commercial"}


@pytest.mark.parametrize(
    ("latest", "right", "wrong"), [("2021Q3", "25.2", "25.0"), ("2021Q4", "24.9", "24.8")]
)
def test_growth_of_balances_rounded_first_prints_another_decimal(
    latest: str, right: str, wrong: str
) -> None:
    base = f"2020{latest[4:]}"
    ends = (BALANCES[ALL, base], BALANCES[ALL, latest])
    rounded = [half_up(fen, FEN_PER_TENTH_OF_WANYI) for fen in ends]

    assert growth_percent(*rounded) == wrong
    assert growth_percent(*ends) == right


def test_published_amounts_are_whole_fen() -> None:
    assert BALANCES["large_commercial", "2020Q1"] == 375_179_123_700_000
    assert BALANCES["rural", "2020Q1"] == 454_700_000_000_000
