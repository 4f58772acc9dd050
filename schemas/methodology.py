"""The shape of a methodology file: what is graded, with which weights, groups and cut-offs.

A file is never edited once a run has used it: the run stores its hash.
"""

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Percent = Annotated[int, Meta(ge=0, le=100)]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=60)]
PeerGroupCode = Literal[
    "large_commercial",
    "joint_stock",
    "city_commercial",
    "rural",
    "private_bank",
    "policy",
    "foreign_bank",
]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a methodology; a word that is not known is refused."""


class IndicatorWeight(_Part, frozen=True, kw_only=True):
    """One graded indicator, by its name in processors/indicators."""

    name: Name
    weight_percent: Annotated[int, Meta(ge=1, le=100)]


class PeerRank(_Part, frozen=True, kw_only=True):
    """Points by rank among peers: floor + span × share, see processors.normalise."""

    floor_points: Annotated[int, Meta(ge=0, le=100)]
    span_points: Annotated[int, Meta(ge=0, le=100)]
    level_percent: Percent  # How much the level's rank counts; the change counts the rest.


class WiderGroup(_Part, frozen=True, kw_only=True):
    """Peer groups that are compared together where one of them is too small."""

    name: Name
    peer_groups: list[PeerGroupCode]


class CutOff(_Part, frozen=True, kw_only=True):
    """A grade reached from ``points_min`` on, that number included."""

    grade: Literal["excellent", "good", "fair", "encouraged"]
    points_min: Annotated[int, Meta(ge=0, le=100)]


class Methodology(_Part, frozen=True, kw_only=True):
    """How banks are graded."""

    name: Name
    version: Annotated[int, Meta(ge=1)]
    is_illustrative: bool  # True: ours, no authority's rule; every page and print says so.
    label_zh: str
    label_en: str
    basis_zh: str  # Where it comes from.
    basis_en: str
    effective_from: str  # 2018Q1
    peer_rank: PeerRank
    group_banks_min: Annotated[int, Meta(ge=1)]
    indicators: list[IndicatorWeight]
    wider_groups: list[WiderGroup]
    cut_offs: list[CutOff]


def methodology_hash(methodology: Methodology) -> str:
    """Return the SHA-256 of what the file says; comments and layout do not count."""
    return hashlib.sha256(msgspec.json.encode(methodology, order="sorted")).hexdigest()
