"""The borrowers of the demo.

Firms carry a valid 统一社会信用代码, persons a masked identity number; none is anybody's.
"""

from typing import NamedTuple

import numpy as np

from infra.demo.banks import CITIES, LARGER, PERSONAL, SMALL
from infra.demo.identifiers import FIRM_PREFIX, UNIT_PREFIX, credit_codes, masked_ids
from schemas.codes import BORROWER_KINDS, FIRM_SIZES, HOLDINGS, BorrowerKind, FirmSize, Holding
from schemas.units import BoolArray, Float64Array, Int64Array

FEN_PER_YUAN = 100


class Sort(NamedTuple):
    """One sort of borrower."""

    share: float
    kind: BorrowerKind
    size: FirmSize
    segment: int
    scale_yuan: float  # The middle of what such a borrower takes at a time.
    spread_ratio: float  # How far the others are from it, in logarithms.


SORTS = (
    Sort(0.34, BorrowerKind.FIRM, FirmSize.MICRO, SMALL, 1_100_000, 0.8),
    Sort(0.22, BorrowerKind.FIRM, FirmSize.SMALL, SMALL, 3_200_000, 0.8),
    Sort(0.08, BorrowerKind.FIRM, FirmSize.MEDIUM, LARGER, 12_000_000, 0.6),
    Sort(0.02, BorrowerKind.FIRM, FirmSize.LARGE, LARGER, 50_000_000, 0.6),
    Sort(0.01, BorrowerKind.OTHER_UNIT, FirmSize.NOT_APPLICABLE, LARGER, 15_000_000, 0.6),
    Sort(0.11, BorrowerKind.INDIVIDUAL_BUSINESS, FirmSize.NOT_APPLICABLE, SMALL, 400_000, 0.7),
    Sort(0.10, BorrowerKind.SMALL_MICRO_OWNER, FirmSize.NOT_APPLICABLE, SMALL, 1_000_000, 0.7),
    Sort(0.04, BorrowerKind.FARMER, FirmSize.NOT_APPLICABLE, PERSONAL, 130_000, 0.5),
    Sort(0.08, BorrowerKind.OTHER_PERSON, FirmSize.NOT_APPLICABLE, PERSONAL, 600_000, 0.6),
)
# Who holds firms, by size: small and micro, medium, large.
HOLDING_SHARES = {
    FirmSize.MICRO: (0.02, 0.03, 0.91, 0.02, 0.02, 0.0),
    FirmSize.SMALL: (0.05, 0.04, 0.84, 0.04, 0.03, 0.0),
    FirmSize.MEDIUM: (0.18, 0.05, 0.65, 0.06, 0.06, 0.0),
    FirmSize.LARGE: (0.50, 0.05, 0.35, 0.05, 0.05, 0.0),
}
INDUSTRIES = ("C13", "C17", "C26", "C34", "C38", "A01", "E48", "F51", "F52", "G54", "I65", "L72")
UNIT_INDUSTRY, NO_INDUSTRY = "S91", "100"
PERSONS = tuple(
    place
    for place, kind in enumerate(BORROWER_KINDS)
    if kind not in {BorrowerKind.FIRM, BorrowerKind.OTHER_UNIT}
)
FIRST_NUMBER = 10_000_000  # Of an organisation's code.


class Borrowers(NamedTuple):
    """All borrowers as columns. Kind, holding and size are indexes into schemas.codes."""

    ids: list[str]
    kind: Int64Array
    holding: Int64Array
    size: Int64Array
    segment: Int64Array
    scale_yuan: Float64Array
    risk_mbp: Int64Array  # What it pays over or under its bank's usual rate.
    industries: list[str]
    cities: list[str]


def make_borrowers(seed: int, count: int) -> Borrowers:
    """Return ``count`` borrowers; the same for the same seed."""
    rng = np.random.default_rng([seed, 2])
    sort = rng.choice(len(SORTS), count, p=[sort.share for sort in SORTS])
    city = rng.integers(0, len(CITIES), count)
    holding = np.full(count, HOLDINGS.index(Holding.NOT_APPLICABLE), np.int64)
    size = np.array([FIRM_SIZES.index(s.size) for s in SORTS])[sort]
    for firm_size, shares in HOLDING_SHARES.items():
        rows = np.flatnonzero(size == FIRM_SIZES.index(firm_size))
        holding[rows] = rng.choice(len(HOLDINGS), rows.size, p=shares)
    middle = np.array([s.scale_yuan for s in SORTS])[sort]
    spread = np.array([s.spread_ratio for s in SORTS])[sort]
    industry = rng.integers(0, len(INDUSTRIES), count)
    kind = np.array([BORROWER_KINDS.index(s.kind) for s in SORTS])[sort]
    cities = [CITIES[place] for place in city.tolist()]
    is_unit = kind == BORROWER_KINDS.index(BorrowerKind.OTHER_UNIT)
    is_person = np.isin(kind, PERSONS)
    trades = np.array([*INDUSTRIES, UNIT_INDUSTRY, NO_INDUSTRY])
    industry = np.where(is_unit, len(INDUSTRIES), np.where(is_person, -1, industry))
    return Borrowers(
        ids=_ids(cities, is_unit, is_person),
        kind=kind,
        holding=holding,
        size=size,
        segment=np.array([s.segment for s in SORTS])[sort],
        scale_yuan=middle * np.exp(rng.normal(0, 1, count) * spread),
        risk_mbp=(rng.normal(0, 40, count).astype(np.int64)) * 1_000,
        industries=trades[industry].tolist(),
        cities=cities,
    )


def _ids(cities: list[str], is_unit: BoolArray, is_person: BoolArray) -> list[str]:
    """Return the identifier of each borrower; the number inside is its place."""
    place = np.arange(is_person.size)
    prefixes = [
        (UNIT_PREFIX if unit else FIRM_PREFIX) + city
        for unit, city in zip(is_unit.tolist(), cities, strict=True)
    ]
    ids = np.array(credit_codes(prefixes, FIRST_NUMBER + place), object)
    persons = np.flatnonzero(is_person)
    ids[persons] = masked_ids([cities[person] for person in persons.tolist()], persons)
    return list(ids)
