"""Random methodologies against the slow reference, the long form; and how long 400 banks take.

    python -m tests.benchmarks.random_methods 10000 [FIRST_SEED]

Every seed: no crash, the grades, totals, groups and ranks of the slow reference, the same grades
in any order of banks and columns, and no lower grade for more points.
"""

import random
import sys
import time
from collections import Counter
from fractions import Fraction

import msgspec

from processors.grading.run import grade_table
from processors.grading.table import Cell, GradedBank, Table
from schemas.codes import PeerGroup, Status
from schemas.methodology import Methodology
from tests.processors.grading.random_checks import check_seed

BANKS, INDICATORS, SEED = 400, 12, 1
GRADING_S_MAX = 1.0
ROUNDS = 5


def many_banks() -> tuple[Table, Methodology]:
    """Return 400 banks × 12 indicators, half of them ranked in level and change."""
    rank = {"kind": "peer_percentile"}
    mix = {
        "kind": "mix",
        "parts": [
            {"of": "level", "share_percent": 50, "normaliser": rank},
            {"of": "change", "share_percent": 50, "normaliser": rank},
        ],
    }
    kinds = (mix, {"kind": "goalposts", "worst": 0, "best": 30}, mix, {"kind": "min_max"}, mix,
             {"kind": "z_score", "middle_points": 60, "points_per_sd": 15})  # fmt: skip
    weights = (10, 10, 10, 10, 10, 10, 10, 10, 5, 5, 5, 5)
    levels = [
        {"name": n, "zh": n, "en": n, "points_min": p}
        for n, p in zip("abcd", (70, 55, 45, 0), strict=True)
    ]
    said = {
        "name": "bench", "version": 1, "is_illustrative": True, "label_zh": "", "label_en": "",
        "basis_zh": "", "basis_en": "", "effective_from": "2018Q1", "groups": {"banks_min": 8},
        "grading": {"levels": levels},
        "indicators": [
            {"name": f"x{n}", "measure": "given", "unit": "percent", "weight_percent": weight,
             "normaliser": kinds[n % len(kinds)]}
            for n, weight in enumerate(weights)
        ],
    }  # fmt: skip
    rng = random.Random(SEED)
    groups = list(PeerGroup)
    banks = tuple(
        GradedBank(f"B{n:03}", f"银行{n}", f"Bank {n}", groups[n % len(groups)])
        for n in range(BANKS)
    )

    def cell() -> Cell:
        base = rng.randrange(10**12, 10**14)
        value = Fraction(rng.randrange(-(10**12), 10**14), base) * 100
        before = Fraction(rng.randrange(-(10**12), 10**14), base + 7) * 100
        return Cell(value, Status.OK, "loan_level", before=before)

    cells = {f"x{n}": tuple(cell() for _ in banks) for n in range(INDICATORS)}
    return Table("2021Q4", banks, cells), msgspec.convert(said, Methodology)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    start = time.process_time()
    grades: Counter[str] = Counter()
    for seed in range(first, first + count):
        grades.update(check_seed(seed))
    elapsed_s = time.process_time() - start
    told = ", ".join(f"{name} {number:,}" for name, number in sorted(grades.items()))
    print(
        f"{count:,} random methodologies (seeds {first} to {first + count - 1}): all as the slow "
        f"reference; {told}; {elapsed_s:.1f} s of processor time"
    )
    table, methodology = many_banks()
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        grade_table(table, methodology)
        times.append(time.process_time() - start)
    best_s = sorted(times)[ROUNDS // 2]
    print(
        f"{BANKS} banks × {INDICATORS} indicators (seed {SEED}): {best_s:.2f} s, median of {ROUNDS}"
    )
    if best_s > GRADING_S_MAX:
        raise SystemExit(f"that is more than {GRADING_S_MAX} s")


if __name__ == "__main__":
    main()
