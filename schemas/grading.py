"""The shape of a grading run: what is stored, shown and printed. Never changed once made."""

import msgspec

POINTS_SCALE = 10**6  # Points are held in millionths.
TOTAL_SCALE = 10**8  # Their weighted total, weights in percent, has two digits more.


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a run."""


class IndicatorGrade(_Part, frozen=True, kw_only=True):
    """One indicator of one bank."""

    code: str
    name: str
    name_zh: str
    name_en: str
    value: str  # As printed; empty where the status is not ok.
    change: str  # Against a year before, in pp or bp; empty where there is none.
    unit: str  # % growth, or % a year
    status: str
    points_millionths: int
    weight_percent: int
    source: str
    place: int  # Rank of the level in the group, 1 is best; 0 where not rated.


class Reason(_Part, frozen=True, kw_only=True):
    """Why a bank has its grade: the sentence with what weighs most comes first."""

    zh: str
    en: str
    indicator: str
    points_millionths: int  # Won or lost against the middle of the group, weighted.


class BankGrade(_Part, frozen=True, kw_only=True):
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


class GradingRun(_Part, frozen=True, kw_only=True):
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
