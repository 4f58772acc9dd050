"""How long an uncertainty analysis takes: 400 banks, 12 indicators, 1,000 draws, on one core.

    python -m tests.benchmarks.sensitivity

Synthetic values from a seed; all four choices varied, then each alone.
"""

import time
from fractions import Fraction

import msgspec
import numpy as np

from processors.grading.run import grade_table
from processors.grading.table import MISSING, Cell, GradedBank, Table
from processors.sensitivity import how_sure
from schemas.codes import Status
from schemas.methodology import Methodology
from schemas.sensitivity import Choices

GROUPS = ("large_commercial", "joint_stock", "city_commercial", "rural")
BANK_COUNT, INDICATOR_COUNT = 400, 12
MISSING_SHARE = 50  # One value in so many.


def province(
    bank_count: int = BANK_COUNT, indicator_count: int = INDICATOR_COUNT
) -> tuple[Table, Methodology]:
    """Return synthetic values of banks, and an illustrative methodology that grades them."""
    rng = np.random.default_rng(5)
    banks = tuple(
        GradedBank(f"B{n:03}", f"模拟银行{n}", f"Synthetic bank {n}", GROUPS[n % 4])
        for n in range(bank_count)
    )
    names = [f"indicator_{n}" for n in range(indicator_count)]
    cells = {
        name: tuple(
            MISSING
            if rng.integers(0, MISSING_SHARE) == 0
            else Cell(
                Fraction(int(rng.integers(-50_000, 400_000)), 9_973), Status.OK, "events",
                before=Fraction(int(rng.integers(-50_000, 400_000)), 9_967),
            )
            for _ in banks
        )
        for name in names
    }  # fmt: skip
    indicators = [
        {
            "name": name, "measure": "given", "unit": "percent", "missing": "screen",
            "weight_percent": weight, "points_min": 60, "points_max": 100,
            "direction": "lower" if n % 3 == 0 else "higher",
            "normaliser": {"kind": "mix", "parts": [
                {"of": "level", "share_percent": 50, "normaliser": {"kind": "peer_percentile"}},
                {"of": "change", "share_percent": 50, "normaliser": {"kind": "peer_percentile"}},
            ]},
        }
        for n, (name, weight) in enumerate(zip(names, _weights(indicator_count), strict=True))
    ]  # fmt: skip
    levels = [("excellent", 84), ("good", 80), ("fair", 76), ("encouraged", 0)]
    told = {
        "name": "synthetic", "version": 1, "is_illustrative": True, "label_zh": "模拟",
        "label_en": "Synthetic", "basis_zh": "模拟", "basis_en": "synthetic",
        "effective_from": "2018Q1", "groups": {"banks_min": 8}, "known_percent_min": 50,
        "indicators": indicators,
        "grading": {"levels": [
            {"name": name, "zh": name, "en": name, "points_min": least} for name, least in levels
        ]},
    }  # fmt: skip
    return Table("2021Q4", banks, cells), msgspec.convert(told, Methodology, strict=False)


def _weights(count: int) -> list[int]:
    least, more = divmod(100, count)
    return [least + (n < more) for n in range(count)]


def measured(draw_count: int = 1_000) -> dict[str, float]:
    """Return seconds of a plain grading, and of an analysis of it; processor time of this one."""
    table, methodology = province()
    begun_s = time.process_time()
    graded = grade_table(table, methodology)
    graded_s = time.process_time() - begun_s
    begun_s = time.process_time()
    choices = Choices(draw_count=draw_count)
    how_sure(table, methodology, graded, choices, np.random.default_rng(choices.seed))
    return {"grade_s": graded_s, "uncertainty_s": time.process_time() - begun_s}


if __name__ == "__main__":
    for name, seconds in measured().items():
        print(f"{name} {seconds:.2f}")
