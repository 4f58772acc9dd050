"""The shape of a methodology file: what is graded, and how values become points and grades.

A file is never edited once a run has used it: the run stores its hash. Numbers are decimals as
written, so that 79.5 is 79.5. A *formula* is a short text such as ``3 * points_lending`` or
``not plan_met and growth < target``: see processors.grading.formula for what it may say.
"""

import hashlib
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from schemas.codes import Basis, PeerGroup, Population
from schemas.normalisers import Normaliser
from schemas.strict import ColumnName, Formula, Name, Part

Percent = Decimal  # 0 to 100; msgspec sets no bounds on decimals, processors.methodology does.
Vintage = Literal["known_at_cut", "as_published", "restated"]
ColumnKind = Literal["number", "yes_no", "choice"]
Role = Literal["regular", "bonus", "deduction"]
Missing = Literal["withhold", "screen", "neutral"]
GIVEN, MANUAL = "given", "manual"  # Measures that no event gives.


class Choice(Part, frozen=True, kw_only=True):
    """One word that a column of kind choice may hold."""

    name: Name
    zh: str
    en: str


class Column(Part, frozen=True, kw_only=True):
    """One column of the table of values that is graded: what is measured, of which loans."""

    name: ColumnName
    code: str = ""  # Its number in the document, such as 1.1.1.
    label_zh: str = ""  # Empty: after measure, population and basis.
    label_en: str = ""
    measure: Name  # In processors/measures; given: only a table says it; manual: by hand.
    population: Population | None = None
    basis: Basis | None = None
    # As known at the cut; with the base as an earlier run published it; with it restated.
    vintage: Vintage = "known_at_cut"
    quarters_ago: Annotated[int, Meta(ge=0, le=40)] = 0  # For conditions over several periods.
    kind: ColumnKind = "number"
    choices: list[Choice] = []
    unit: Literal["", "percent", "percent_a_year", "points", "count", "minor", "bp", "pp"] = ""
    clause: str = ""  # Where the document says it.


class PointsRule(Part, frozen=True, kw_only=True):
    """Points that a condition gives in place of the normaliser; the first that holds counts."""

    when: Formula
    points: Formula
    clause: str = ""
    zh: str = ""
    en: str = ""


class Indicator(Column, frozen=True, kw_only=True):
    """A column that earns points."""

    role: Role = "regular"
    weight_percent: Percent | None = None  # None where points are added up as they are.
    points_min: Decimal = Decimal(0)  # May be negative.
    points_max: Decimal = Decimal(100)
    direction: Literal["higher", "lower", "none"] = "higher"  # none: the normaliser's own.
    normaliser: Normaliser
    rules: list[PointsRule] = []
    missing: Missing = "withhold"
    neutral_points: Decimal | None = None  # Needed by neutral: what a missing value earns.


class WiderGroup(Part, frozen=True, kw_only=True):
    """Peer groups that are compared together where one of them is too small."""

    name: Name
    label_zh: str = ""
    label_en: str = ""
    peer_groups: list[PeerGroup]


class Groups(Part, frozen=True, kw_only=True):
    """Whom a bank is compared with: the first of its group, a wider one, all, that is enough."""

    by: Literal["peer_group", "none"] = "peer_group"
    banks_min: Annotated[int, Meta(ge=1)] = 1
    wider: list[WiderGroup] = []


class GradeLevel(Part, frozen=True, kw_only=True):
    """One grade, from ``points_min`` on, or for the next ``share_percent`` of the banks."""

    name: Name
    zh: str
    en: str
    points_min: Decimal | None = None
    share_percent: Percent | None = None


class Grading(Part, frozen=True, kw_only=True):
    """From totals to grades, best grade first."""

    by: Literal["cut_offs", "quota"] = "cut_offs"
    is_bound_included: bool = True  # A total of exactly points_min has the grade.
    quota_within: Literal["group", "all"] = "group"
    quota_count: Literal["half_up", "down"] = "half_up"  # Banks that a share of them is.
    ties: Literal["better", "worse"] = "better"  # Equal totals across a quota's edge.
    levels: Annotated[list[GradeLevel], Meta(min_length=2)]


class Cap(Part, frozen=True, kw_only=True):
    """What holds a total or a grade down, and the clause that says so."""

    clause: str
    zh: str
    en: str
    when: Formula = ""  # Empty: always.
    total_at_most: Formula = ""
    grade_at_most: str = ""  # The name of a level; the lowest is a veto.


class SizeFloor(Part, frozen=True, kw_only=True):
    """Banks below it are not rated: a small base makes growth noise."""

    column: ColumnName
    at_least: Decimal
    clause: str = ""


class Rounding(Part, frozen=True, kw_only=True):
    """At which stage points are rounded, half up; None: not before they are printed."""

    indicator_decimals: Annotated[int, Meta(ge=0, le=6)] | None = None
    total_decimals: Annotated[int, Meta(ge=0, le=6)] | None = None


class Methodology(Part, frozen=True, kw_only=True):
    """How banks are graded."""

    name: Name
    version: Annotated[int, Meta(ge=1)]
    is_illustrative: bool  # True: ours, no authority's rule; every page and print says so.
    label_zh: str
    label_en: str
    basis_zh: str  # Where it comes from: document, number, date.
    basis_en: str
    effective_from: str  # 2018Q1
    effective_to: str = ""  # Empty: still in effect.
    quarters: tuple[Annotated[int, Meta(ge=1, le=4)], ...] = (1, 2, 3, 4)  # A yearly one: [4].
    aggregation: Literal["weighted_sum", "sum", "geometric"] = "weighted_sum"
    bonus_points_max: Decimal | None = None  # Cap of the bonus pool.
    deduction_points_max: Decimal | None = None
    known_percent_min: Percent = Decimal(100)  # screen: weight that must be known.
    rounding: Rounding = Rounding()
    groups: Groups = Groups()
    size_floor: SizeFloor | None = None
    facts: list[Column] = []  # Columns that earn no points and stand in formulas.
    indicators: Annotated[list[Indicator], Meta(min_length=1)]
    caps: list[Cap] = []
    grading: Grading

    @property
    def columns(self) -> list[Column]:
        """All columns of the table that is graded."""
        return [*self.facts, *self.indicators]


def methodology_json(methodology: Methodology) -> bytes:
    """Return the one way in which what a file says is kept; comments and layout do not count.

    What stands at its usual value is left out: a later version of the program, which may know more
    words, writes a file that says none of them in the same way.
    """
    return msgspec.json.encode(_said(methodology), order="sorted")


def methodology_hash(methodology: Methodology) -> str:
    """Return the SHA-256 of what the file says."""
    return hashlib.sha256(methodology_json(methodology)).hexdigest()


def _said(part: Any) -> Any:
    if isinstance(part, list | tuple):
        return [_said(one) for one in part]
    if not isinstance(part, msgspec.Struct):
        return part
    said = {
        field.encode_name: _said(getattr(part, field.name))
        for field in msgspec.structs.fields(part)
        if getattr(part, field.name) != _usual(field)
    }
    tag = part.__struct_config__.tag
    return said if tag is None else said | {"kind": tag}


def _usual(field: msgspec.structs.FieldInfo) -> Any:
    is_made = field.default_factory is not msgspec.NODEFAULT
    return field.default_factory() if is_made else field.default
