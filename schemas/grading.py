"""The shape of a grading run: what is stored, shown and printed. Never changed once made."""

from decimal import Decimal

from schemas.strict import Part

POINTS_SCALE = 10**6  # Points are held in millionths.
TOTAL_SCALE = 10**8  # Totals in hundred-millionths: weights in percent have two digits more.


class IndicatorGrade(Part, frozen=True, kw_only=True):
    """One indicator of one bank. Numbers that are decided on stand here exactly."""

    code: str
    name: str
    name_zh: str
    name_en: str
    value: str  # As printed; empty where the status is not ok.
    change: str  # Against a year before; empty where there is none.
    unit: str
    status: str
    points_millionths: int
    weight_percent: Decimal | None
    source: str
    place: int  # Rank of the level in the group, 1 is best; 0 where there is none.
    role: str = "regular"
    value_exact: str = ""  # 61/5; empty where the status is not ok.
    before_exact: str = ""  # The value of a year before, where it can be compared.
    inputs: dict[str, int] = {}  # What the value was computed from, such as base_minor.
    group_size_count: int = 0
    rule: int = 0  # Which of the indicator's rules gave the points, from 1; 0: the normaliser.
    is_neutral: bool = False  # The value is missing, and the file's neutral points stand in.
    is_screened: bool = False  # The value is missing, and the other weights were scaled up.
    untold: list[str] = []  # What the bank did not say, where that is why it is missing.
    weighted_hundred_millionths: int = 0  # What it adds to the total; 0 in a geometric one.


class Reason(Part, frozen=True, kw_only=True):
    """Why a bank has its grade: the sentence with what weighs most comes first."""

    zh: str
    en: str
    indicator: str
    points_millionths: int  # Won or lost against the middle of the group, weighted.


class AppliedCap(Part, frozen=True, kw_only=True):
    """A cap that held a total or grade down."""

    clause: str
    zh: str
    en: str
    before: str  # Total or grade without it.
    after: str


class BankGrade(Part, frozen=True, kw_only=True):
    """The grade of one bank."""

    bank_id: str
    name_zh: str
    name_en: str
    peer_group: str
    group: str  # The group it was compared in; empty where not rated.
    group_size_count: int
    grade: str
    total_points: str  # As printed; empty where not rated.
    total_hundred_millionths: int  # Exact: cut-offs are decided on this.
    indicators: list[IndicatorGrade]
    reasons: list[Reason]
    facts: list[IndicatorGrade] = []  # The columns without points.
    grade_zh: str = ""
    grade_en: str = ""
    rank: int = 0  # By total in its group, 1 is best; equals share the better one.
    regular_hundred_millionths: int = 0
    bonus_hundred_millionths: int = 0
    deduction_hundred_millionths: int = 0  # Not negative: what is taken away.
    uncapped_hundred_millionths: int = 0
    caps: list[AppliedCap] = []


class GradingRun(Part, frozen=True, kw_only=True):
    """All grades of a quarter. The id is a hash of what went in: same in, same id."""

    run_id: str
    quarter: str
    methodology: str
    methodology_version: int
    methodology_hash: str
    is_illustrative: bool
    label_zh: str
    label_en: str
    input_digest: str
    formula_version: str
    is_to_date: bool = False  # The quarter was not over: a trial, never to be published.
    banks: list[BankGrade]
    as_of: str = ""  # Known by the end of this day; empty: all that had come in.
    is_what_if: bool = False  # Something was supposed: never official.
    supposed_zh: list[str] = []  # What was supposed, line by line.
    supposed_en: list[str] = []
    data_version: int = 0  # Number of messages that the figures stand on.
