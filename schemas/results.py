"""Shapes of results: what is known of every bank, population and quarter, densely.

Arrays are (banks, populations, quarters) unless said otherwise: banks in the order of
``Results.banks``, populations in that of schemas.codes.POPULATIONS, quarters from
``first_ordinal`` on. A value without its status says nothing: look at the status first.
Σ money × rate stays in two limbs (…_hi, …_lo); processors.exact joins them.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from schemas.codes import POPULATIONS, Basis, Population, Source
from schemas.quarter import Quarter
from schemas.units import BoolArray, Int64Array, UInt8Array

SOURCES = tuple(Source)  # Source arrays hold indexes into this.
# Loans of which something is not said that decides whose they are: bit n for the n-th.
UNTOLD = (Population.UNPROFILED_BUSINESS, Population.NO_CREDIT_LINE)
NEVER_DAY = -(2**31)  # complete_to of a bank that has completed nothing.


class Bank(NamedTuple):
    """A bank as registered; of one that is not, only the id is known."""

    bank_id: str
    name_zh: str
    name_en: str
    peer_group: str  # A member of PeerGroup, or "" where the bank is not registered.
    city: str
    is_qingdao: bool
    legal_entity_id: str
    opened_on: str
    closed_on: str
    is_registered: bool


class BankReport(NamedTuple):
    """What a bank has sent, by the sequence numbers of its lanes."""

    complete_to_day: int  # Least of its lanes, NEVER_DAY before all lanes were heard of.
    lane_count: int
    complete_lane_count: int
    missing: tuple[str, ...]  # "lane 0: seq 3-4", in order.
    quarantined_lanes: tuple[int, ...] = ()  # Kept out until somebody releases them.

    @property
    def complete_to(self) -> str:
        """The date as text, empty where nothing is complete."""
        return "" if self.complete_to_day == NEVER_DAY else date_text(self.complete_to_day)


class Published(NamedTuple):
    """A total that an authority published."""

    code: str  # A lower-case word in place of a bank id.
    name_zh: str
    name_en: str
    quarter_ordinal: int
    population: Population
    balance_minor: int
    source: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Exact sums of the events. The first five are levels at quarter-end, the rest flows."""

    balance_minor: Int64Array
    balance_rate_hi: Int64Array
    balance_rate_lo: Int64Array
    non_performing_minor: Int64Array
    borrower_count: Int64Array
    brought_forward_minor: Int64Array
    disbursed_minor: Int64Array
    acquired_minor: Int64Array
    repaid_minor: Int64Array
    written_off_minor: Int64Array
    moved_out_minor: Int64Array
    revalued_minor: Int64Array
    reclassified_minor: Int64Array
    disbursed_rate_hi: Int64Array
    disbursed_rate_lo: Int64Array
    draw_count: Int64Array
    draw_borrower_count: Int64Array
    first_loan_borrower_count: Int64Array
    tagged_minor: Mapping[int, Int64Array]  # New lending by guarantee and policy tag.
    compared_minor: Int64Array  # New lending that has an LPR to be compared with,
    compared_rate_hi: Int64Array  # its Σ amount × rate,
    compared_rate_lo: Int64Array
    lpr_rate_hi: Int64Array  # and its Σ amount × LPR.
    lpr_rate_lo: Int64Array


@dataclass(frozen=True, slots=True)
class Positions:
    """What banks reported as totals of their own. A number counts where its flag is True."""

    is_reported: BoolArray
    balance_minor: Int64Array
    has_borrower_count: BoolArray
    borrower_count: Int64Array
    has_new_lending: BoolArray
    new_lending_minor: Int64Array
    has_new_rate: BoolArray
    new_rate_mbp: Int64Array


@dataclass(frozen=True, slots=True)
class Presence:
    """Which quarters a bank's events cover, (banks, quarters) each."""

    loan_level: BoolArray  # Its balances are complete at quarter-end, or to date.
    flows: BoolArray  # Its flows of the whole quarter are known as well.
    is_to_date: BoolArray  # The quarter is not over: figures are as of complete_to.


@dataclass(frozen=True, slots=True)
class Told:
    """What a bank's events tell of each population, (banks, populations, quarters) each.

    A bank may be present and still not have said of enough of its loans whose they are.
    """

    levels: BoolArray  # Its balance at the quarter-end is a figure.
    flows: BoolArray  # So is its new lending in the quarter.
    untold_levels: UInt8Array  # What was not said, where that is why; bits of UNTOLD.
    untold_flows: UInt8Array
    untold_minor: Int64Array  # Balance that may belong to the population, and may not.

    @property
    def covered(self) -> BoolArray:
        """Where the bank is present by events, whether they tell enough or not."""
        covered: BoolArray = self.levels | (self.untold_levels != 0)
        return covered


@dataclass(frozen=True, slots=True)
class Growth:
    """Growth on one basis. Where status is OK, growth = latest ÷ base − 1."""

    base_minor: Int64Array
    latest_minor: Int64Array
    out_minor: Int64Array  # Written off or moved out after the base, added back by 还原.
    status: UInt8Array
    restored_status: UInt8Array
    source: UInt8Array


@dataclass(frozen=True, slots=True)
class Weighted:
    """Money and Σ money × rate over it. Where status is OK, rate = joined limbs ÷ amount."""

    amount_minor: Int64Array
    rate_hi: Int64Array
    rate_lo: Int64Array
    amount_status: UInt8Array
    status: UInt8Array
    source: UInt8Array


@dataclass(frozen=True, slots=True)
class Results:
    """All that pages, circulars and gradings read, of one snapshot."""

    generation: int
    vector: Mapping[int, int]  # Next offset by partition.
    first_ordinal: int
    quarter_count: int
    running_place: int  # Quarter that is not over, counted from ``first_ordinal``; -1: none.
    newest_day: int  # Newest complete_to of any bank, NEVER_DAY where there is none.
    banks: tuple[Bank, ...]
    reports: tuple[BankReport, ...]  # As ``banks``.
    totals: Totals
    positions: Positions
    presence: Presence
    told: Told
    growth: Mapping[Basis, Growth]
    new_lending: Weighted  # Of the quarter.
    new_lending_ytd: Weighted
    outstanding: Weighted
    published: tuple[Published, ...]

    @property
    def data_version(self) -> int:
        """Grows with every message that any partition took in."""
        return sum(self.vector.values())

    @property
    def quarters(self) -> list[Quarter]:
        return [Quarter.from_ordinal(self.first_ordinal + n) for n in range(self.quarter_count)]

    def quarter_place(self, quarter: Quarter) -> int:
        """Return where ``quarter`` stands on the axis, -1 where nothing is known of it."""
        place = quarter.ordinal - self.first_ordinal
        return place if 0 <= place < self.quarter_count else -1

    @property
    def latest_quarter(self) -> Quarter | None:
        """The newest quarter in which any bank is present, by events or by position."""
        known = self.presence.loan_level.any(axis=0) | self.positions.is_reported.any(axis=(0, 1))
        places = np.flatnonzero(known)
        return Quarter.from_ordinal(self.first_ordinal + int(places[-1])) if places.size else None


def population_place(population: Population) -> int:
    """Return where ``population`` stands on its axis."""
    return POPULATIONS.index(population)


def date_text(day: int) -> str:
    """Return a day since 1970-01-01 as 2021-12-31."""
    return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()
