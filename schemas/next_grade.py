"""The shapes of two questions of graders: what would lift a grade, and what hangs on an indicator.

Never official, and a bank is never shown them.
"""

from schemas.strict import Part


class Lift(Part, frozen=True, kw_only=True):
    """The smallest change of one indicator that lifts a bank's grade."""

    indicator: str
    name_zh: str
    name_en: str
    value: str  # As printed.
    new_value: str
    new_value_exact: str
    change: str  # As printed, in the unit of the value.
    unit: str
    grade: str  # That it gives.
    total_points: str
    # Change ÷ (most − least of the group), in percent: to compare indicators with each other.
    span_percent: str
    is_verified: bool  # Applied to the table and graded again: this lifts it, one step less not.
    others_moved: list[str] = []  # bank_id of other banks whose grade changes with it.


class NextGrade(Part, frozen=True, kw_only=True):
    """How far a bank is from the next better grade."""

    bank_id: str
    grade: str
    next_grade: str  # Empty for the best grade and for a bank that is not rated.
    total_points: str
    points_needed: str  # To the next cut-off; empty where grades go by quota or a cap holds it.
    lifts: list[Lift]  # Smallest first.
    not_found: list[str]  # Indicators that alone cannot lift it.


class LeftOut(Part, frozen=True, kw_only=True):
    """What becomes of one bank's grade without one indicator."""

    indicator: str
    name_zh: str
    name_en: str
    bank_id: str
    bank_name: str
    bank_name_en: str
    grade: str
    grade_without: str
    total_points: str
    total_points_without: str
    rank: int
    rank_without: int
