"""The shapes of normalisers: how a value becomes points, one struct for each kind.

What each does is in processors/grading/normalisers, one file a kind.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from schemas.codes import PeerGroup
from schemas.strict import ColumnName, Formula, Part

Share = Decimal  # In percent; those of a mix add up to 100.


class _Normaliser(Part, frozen=True, kw_only=True, tag_field="kind"):
    """One kind; the word ``kind`` in the file says which."""


class Piecewise(_Normaliser, frozen=True, kw_only=True, tag="piecewise"):
    """Points at given values: straight lines between them, or steps. Floors and bands too."""

    knots: Annotated[list[tuple[Decimal, Decimal]], Meta(min_length=1)]  # (value, points)
    between: Literal["linear", "steps"] = "linear"  # steps: from each value on, its points.


class Goalposts(_Normaliser, frozen=True, kw_only=True, tag="goalposts"):
    """From ``worst`` (points_min) to ``best`` (points_max), clipped; worst may be the larger."""

    worst: Decimal
    best: Decimal


class MinMax(_Normaliser, frozen=True, kw_only=True, tag="min_max"):
    """From the group's worst value to its best; where all are equal, the middle."""


class ZScore(_Normaliser, frozen=True, kw_only=True, tag="z_score"):
    """middle + points_per_sd × (value − mean) ÷ standard deviation of the group, clipped."""

    middle_points: Decimal
    points_per_sd: Decimal


class DatedTarget(Part, frozen=True, kw_only=True):
    """A target of its own for listed banks or groups, in a span of quarters."""

    banks: list[str] = []  # bank_id
    peer_groups: list[PeerGroup] = []
    from_quarter: str
    to_quarter: str = ""
    target: Formula
    clause: str = ""


class TargetRatio(_Normaliser, frozen=True, kw_only=True, tag="target_ratio"):
    """value ÷ target × points_max, clipped. The target may be a number or another column."""

    target: Formula
    targets: list[DatedTarget] = []  # The first that fits goes before ``target``.


class RatioToBest(_Normaliser, frozen=True, kw_only=True, tag="ratio_to_best"):
    """value ÷ best value of the group × points_max; lower is better: best ÷ value."""


class PeerPercentile(_Normaliser, frozen=True, kw_only=True, tag="peer_percentile"):
    """points_min + (points_max − points_min) × share of peers that it beats, ties half."""


class OwnPast(_Normaliser, frozen=True, kw_only=True, tag="own_past"):
    """base_points + span_points × (value − before) ÷ |before|, clipped: against its own past."""

    base_points: Decimal
    span_points: Decimal


class MixPart(Part, frozen=True, kw_only=True):
    """One part of a mix."""

    of: Literal["level", "change"]  # change: value − that of a year before.
    share_percent: Share
    normaliser: "Normaliser"


class Mix(_Normaliser, frozen=True, kw_only=True, tag="mix"):
    """Several normalisers, each with its share; without a year before the levels alone."""

    parts: Annotated[list[MixPart], Meta(min_length=2)]


class Matrix(_Normaliser, frozen=True, kw_only=True, tag="matrix"):
    """A table of points: rows by this value, columns by another column's.

    Edges rise; value v stands in row number of edges ≤ v, so n edges make n + 1 rows.
    """

    row_edges: list[Decimal]
    column: ColumnName
    column_edges: list[Decimal]
    points: list[list[Decimal]]


class YesNo(_Normaliser, frozen=True, kw_only=True, tag="yes_no"):
    """points_max for yes, points_min for no."""


class ChoicePoints(_Normaliser, frozen=True, kw_only=True, tag="choice"):
    """Points by the word chosen."""

    points: dict[str, Decimal]


class AsGiven(_Normaliser, frozen=True, kw_only=True, tag="as_given"):
    """The value is points already; clipped."""


Normaliser = (
    Piecewise
    | Goalposts
    | MinMax
    | ZScore
    | TargetRatio
    | RatioToBest
    | PeerPercentile
    | OwnPast
    | Mix
    | Matrix
    | YesNo
    | ChoicePoints
    | AsGiven
)
