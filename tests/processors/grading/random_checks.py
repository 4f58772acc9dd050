"""What must hold of every random methodology; raises AssertionError naming the seed."""

import random
from fractions import Fraction

from processors.grading.run import grade_table
from processors.grading.table import Table
from processors.methodology import problems_of
from schemas.grading import TOTAL_SCALE, BankGrade
from schemas.methodology import Methodology
from tests.processors.grading.random_methods import GIVEN_POINTS, Case, random_case
from tests.processors.grading.slow_reference import SlowGrader


def check_seed(seed: int) -> list[str]:
    """Check one random methodology, and return the grades it gave."""
    rng = random.Random(seed)
    case = random_case(rng)
    assert problems_of(case.methodology) == [], seed
    grades = grade_table(case.table, case.methodology)
    check_against_reference(seed, case, grades)
    check_order(seed, case, grades, rng)
    check_more_points(seed, case, grades, rng)
    return [bank.grade for bank in grades]


def check_against_reference(seed: int, case: Case, grades: list[BankGrade]) -> None:
    for mine, slow in zip(grades, SlowGrader(case).graded(), strict=True):
        total = None
        if mine.grade != "not_rated":
            total = Fraction(mine.total_hundred_millionths, TOTAL_SCALE)
        found = (mine.grade, total, mine.group, mine.rank)
        assert found == tuple(slow), f"seed {seed}, {mine.bank_id}: {found}, slowly {slow}"


def check_order(seed: int, case: Case, grades: list[BankGrade], rng: random.Random) -> None:
    """Deal banks and columns anew: every bank has the same grade with the same reasons."""
    places = list(range(len(case.table.banks)))
    rng.shuffle(places)
    names = list(case.table.cells)
    rng.shuffle(names)
    shuffled = Table(
        case.table.quarter,
        tuple(case.table.banks[n] for n in places),
        {name: tuple(case.table.cells[name][n] for n in places) for name in names},
    )
    again = grade_table(shuffled, case.methodology)
    assert [again[places.index(n)] for n in range(len(places))] == grades, f"seed {seed}"


def check_more_points(seed: int, case: Case, grades: list[BankGrade], rng: random.Random) -> None:
    """Give one bank more points: its grade never falls, nor its total."""
    n = rng.randrange(len(case.table.banks))
    cells = case.table.cells[GIVEN_POINTS]
    if not cells[n].is_known:
        return
    more = cells[n]._replace(value=cells[n].value + Fraction(rng.randint(1, 400), 4))
    column = (*cells[:n], more, *cells[n + 1 :])
    raised = case.table._replace(cells={**case.table.cells, GIVEN_POINTS: column})
    after = grade_table(raised, case.methodology)[n]
    before = grades[n]
    if before.grade == "not_rated":
        assert after.grade == "not_rated", f"seed {seed}"
        return
    assert after.total_hundred_millionths >= before.total_hundred_millionths, f"seed {seed}"
    assert _level(case.methodology, after) <= _level(case.methodology, before), f"seed {seed}"


def _level(methodology: Methodology, bank: BankGrade) -> int:
    return [level.name for level in methodology.grading.levels].index(bank.grade)
