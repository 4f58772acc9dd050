"""The shape of an uncertainty analysis: what was varied, and how often a grade stood.

For graders only: never in what a bank is given, and never official.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from schemas.strict import Part

ChoiceName = Literal["weights", "cut_offs", "normalisers", "missing"]
Alternative = Literal["peer_percentile", "min_max", "z_score", "ratio_to_best"]


class Choices(Part, frozen=True, kw_only=True):
    """What is varied in each draw, and by how much. All of it is declared beside the answer."""

    draw_count: Annotated[int, Meta(ge=1, le=100_000)] = 1_000
    seed: Annotated[int, Meta(ge=0, lt=2**62)] = 1
    # Each weight × (1 ± up to so much), then scaled to the same sum.
    weight_spread_percent: Decimal = Decimal(20)
    # All cut-offs up or down together by up to so many points; of quotas, so many percent of banks.
    cut_off_spread_points: Decimal = Decimal(1)
    normalisers: tuple[Alternative, ...] = ("min_max", "z_score")  # Beside the file's own.
    is_missing_drawn: bool = True  # A missing value's points are those of a bank of the group.


class Assumption(Part, frozen=True, kw_only=True):
    """One thing that the answer rests on."""

    zh: str
    en: str


class BankStability(Part, frozen=True, kw_only=True):
    """How sure the grade of one bank is."""

    bank_id: str
    name_zh: str
    name_en: str
    group: str
    grade: str
    grade_zh: str
    grade_en: str
    total_points: str
    rank: int
    kept_draw_count: int  # Draws with the run's grade; 0 for a bank that is not rated.
    kept_percent: str  # Empty for a bank that is not rated.
    rank_low: int = 0  # 5 % of the draws are better, 0: none.
    rank_high: int = 0  # 5 % are worse.
    draws_by_grade: dict[str, int] = {}  # By name of the level; empty where nothing can be drawn.


class ChoiceEffect(Part, frozen=True, kw_only=True):
    """What one choice does alone."""

    choice: ChoiceName
    zh: str
    en: str
    changed_count: int  # Of banks × draws, those with another grade than the run's.
    all_count: int
    changed_percent: str


class Uncertainty(Part, frozen=True, kw_only=True):
    """How sure the grades of a run are."""

    run_id: str
    quarter: str
    methodology: str
    methodology_version: int
    is_illustrative: bool
    choices: Choices
    assumptions: list[Assumption]
    banks: list[BankStability]
    effects: list[ChoiceEffect]  # What matters most comes first.
