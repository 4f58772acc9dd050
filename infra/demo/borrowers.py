"""The borrowers of the demo, and which banks they deal with.

Firms carry a valid 统一社会信用代码, persons a masked identity number; none is anybody's.
"""

import datetime as dt
import hashlib
from typing import NamedTuple

import numpy as np
from stdnum.cn import uscc

from infra.demo.banks import CITIES, LARGER, PERSONAL, SMALL, Banks, organisation_code
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
OPEN_SHARE = 0.72  # Of the accounts, that have a loan when the story opens.
# Of persons: banks report no credit line of some, and do not know what kind others are.
NO_LINE_RATIO, UNKNOWN_KIND_RATIO = 0.02, 0.015
PERSONS = tuple(
    place
    for place, kind in enumerate(BORROWER_KINDS)
    if kind not in {BorrowerKind.FIRM, BorrowerKind.OTHER_UNIT}
)
BORROWERS_A_BANK_MIN = 100
SCALE_MAX_YUAN = 12_000_000.0


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


class Accounts(NamedTuple):
    """Who deals with which bank, sorted by bank."""

    bank: Int64Array
    borrower: Int64Array
    segment: Int64Array
    scale_yuan: Float64Array
    limit_minor: Int64Array  # Credit line; -1: the bank never reports one, of a person.
    is_kind_known: BoolArray  # The bank knows what kind of person it is; of firms it always does.
    is_open: BoolArray  # Has a loan when the story opens.

    @property
    def size(self) -> int:
        return int(self.bank.size)


def firm_id(number: int, city: str, kind: BorrowerKind) -> str:
    """Return a valid 统一社会信用代码."""
    prefix = {BorrowerKind.OTHER_UNIT: "12"}.get(kind, "91")
    code = prefix + city + organisation_code(10_000_000 + number)
    return code + str(uscc.calc_check_digit(code))


def masked_id(number: int, city: str) -> str:
    """Return a masked identity number: 14 characters in the clear and a digest of the whole."""
    birthday = dt.date(1958, 1, 1) + dt.timedelta(days=number * 7919 % 15_000)
    clear = f"{city[:4]}02{birthday:%Y%m%d}"
    digest = hashlib.md5(f"{clear}{number:09d}".encode(), usedforsecurity=False)
    return clear + digest.hexdigest()


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
    kinds = [SORTS[place].kind for place in sort.tolist()]
    cities = [CITIES[place] for place in city.tolist()]
    firms = (BorrowerKind.FIRM, BorrowerKind.OTHER_UNIT)
    return Borrowers(
        ids=[
            firm_id(number, cities[number], kind) if kind in firms
            else masked_id(number, cities[number])
            for number, kind in enumerate(kinds)
        ],
        kind=np.array([BORROWER_KINDS.index(s.kind) for s in SORTS])[sort],
        holding=holding,
        size=size,
        segment=np.array([s.segment for s in SORTS])[sort],
        scale_yuan=middle * np.exp(rng.normal(0, 1, count) * spread),
        risk_mbp=(rng.normal(0, 40, count).astype(np.int64)) * 1_000,
        industries=[
            INDUSTRIES[place] if kind is BorrowerKind.FIRM
            else UNIT_INDUSTRY if kind is BorrowerKind.OTHER_UNIT else NO_INDUSTRY
            for place, kind in zip(industry.tolist(), kinds, strict=True)
        ],
        cities=cities,
    )  # fmt: skip


def make_accounts(seed: int, banks: Banks, borrowers: Borrowers) -> Accounts:
    """Return which banks each borrower deals with: most with one, some with up to four."""
    rng = np.random.default_rng([seed, 3])
    count, bank_count = len(borrowers.ids), len(banks.banks)
    weight = np.log(banks.share)[None, :].repeat(count, axis=0)
    if banks.small >= 0:  # About forty borrowers in all, however many there are.
        weight[:, banks.small] = np.log(banks.share.sum() * 25 / count)
    bank_city = np.array([CITIES.index(bank.city) for bank in banks.banks])
    city = np.array([CITIES.index(code) for code in borrowers.cities])
    weight += 1.1 * ((city[:, None] == bank_city[None, :]) & banks.is_local[None, :])
    # The largest of weights with Gumbel noise are a draw without replacement.
    favourites = np.argsort(-(weight + rng.gumbel(size=weight.shape)), axis=1)[:, :4]
    # In a very small province everybody deals with more banks, or no bank had fifty borrowers.
    is_small = count < BORROWERS_A_BANK_MIN * bank_count
    shares = (0.1, 0.25, 0.35, 0.3) if is_small else (0.58, 0.27, 0.11, 0.04)
    bank_numbers = rng.choice((1, 2, 3, 4), count, p=shares)
    chosen = np.arange(favourites.shape[1])[None, :] < np.minimum(bank_numbers, bank_count)[:, None]
    borrower, _ = np.nonzero(chosen)
    bank = favourites[chosen]
    order = np.argsort(bank, kind="stable")
    bank, borrower = bank[order], borrower[order]
    # No bank lends one borrower more than it can bear to lose.
    bearable = SCALE_MAX_YUAN * banks.share
    scale = np.minimum(borrowers.scale_yuan[borrower], bearable[bank]) * banks.size_ratio[bank]
    limit = (scale * rng.uniform(1.6, 4.0, bank.size) / 100_000).astype(np.int64) + 1
    limit *= 100_000 * FEN_PER_YUAN
    is_person = np.isin(borrowers.kind[borrower], PERSONS)
    limit[is_person & (rng.random(bank.size) < NO_LINE_RATIO)] = -1
    return Accounts(
        bank.astype(np.int64),
        borrower.astype(np.int64),
        borrowers.segment[borrower],
        scale,
        limit,
        ~is_person | (rng.random(bank.size) >= UNKNOWN_KIND_RATIO),
        rng.random(bank.size) < OPEN_SHARE,
    )
