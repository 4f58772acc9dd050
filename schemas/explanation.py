"""The shape of an explanation: a tree from a grade down to the figures that it was made from.

Every node says how its value follows from its children, so that it can be computed again: by
processors.grading.explanation, by a spreadsheet, or by hand.
"""

from typing import Literal

from schemas.grading import Reason
from schemas.strict import Part

Operation = Literal[
    "given",  # Nothing is computed: a figure, a weight, a bound, a word.
    "same",  # The node with the mark ``among``.
    "formula",  # ``formula`` over the children by key, rounded to ``decimals``.
    "count_below",  # Peers in ``among`` with less than the child.
    "count_above",
    "count_equal",  # The child itself counted too.
    "count_all",
    "least",
    "most",
    "normaliser",  # What the indicator ``among`` makes of the children, by the kernel itself.
    "geometric",  # Π points ^ (weight ÷ Σ weights).
    "cut_offs",  # The best grade whose bound the total reaches.
    "quota",  # The grade by place among the totals in ``among``.
    "grade_caps",  # The lowest of the grade and of what caps allow.
    "not_rated",
]


class Node(Part, frozen=True, kw_only=True):
    """One figure, and what it follows from."""

    key: str  # The name that the formula of its parent uses.
    zh: str
    en: str
    value: str  # Exact, such as 61/5, or a word; empty where it is not known.
    printed: str
    unit: str = ""  # See processors.unit; empty for pure numbers and words.
    operation: Operation = "given"
    formula: str = ""
    formula_zh: str = ""  # The same in words,
    formula_en: str = ""
    numbers: str = ""  # and with the children's figures.
    decimals: int | None = None  # Rounded half up to so many; None: not rounded.
    among: str = ""
    part: int = 0  # Of a mix of normalisers, from 1; 0: the whole.
    mark: str = ""  # What other nodes call it.
    note_zh: str = ""
    note_en: str = ""
    children: list["Node"] = []


class PeerValue(Part, frozen=True, kw_only=True):
    """One bank's value that another is compared with."""

    bank_id: str
    name_zh: str
    name_en: str
    value: str  # Exact.
    inputs: dict[str, int] = {}  # What it was computed from, where that is known.


class Peers(Part, frozen=True, kw_only=True):
    """The values of one group that a bank is compared among, itself too."""

    key: str
    zh: str
    en: str
    unit: str
    values: list[PeerValue]


class Explanation(Part, frozen=True, kw_only=True):
    """Why one bank has its grade in one run."""

    run_id: str
    quarter: str
    methodology: str
    methodology_version: int
    is_illustrative: bool
    is_what_if: bool
    bank_id: str
    name_zh: str
    name_en: str
    group: str
    grade: str
    root: Node
    peers: list[Peers]
    reasons: list[Reason]
