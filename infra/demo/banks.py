"""The banks of the demo: neutral names, peer groups, and characters that last.

What tells a bank apart is drawn once: how fast it grows, how it prices, how many of its loans
go bad. Each year adds a smaller deviation of its own, so that a bank may improve or slip.
"""

from typing import NamedTuple

import numpy as np

from infra.demo.identifiers import FIRM_PREFIX, credit_codes
from schemas.codes import PeerGroup
from schemas.quarter import Quarter
from schemas.units import BoolArray, Float64Array, Int64Array

STEMS = "甲乙丙丁戊己庚辛壬癸"
LETTERS = "ABCDEFGHIJ"
NAMES = {
    PeerGroup.LARGE_COMMERCIAL: ("国有银行", "Large Bank"),
    PeerGroup.JOINT_STOCK: ("股份银行", "Joint-Stock Bank"),
    PeerGroup.CITY_COMMERCIAL: ("城商银行", "City Commercial Bank"),
    PeerGroup.RURAL: ("农商银行", "Rural Bank"),
    PeerGroup.PRIVATE_BANK: ("民营银行", "Private Bank"),
    PeerGroup.POLICY: ("政策银行", "Policy Bank"),
}
# GB/T 2260 of the sixteen cities; the second is Qingdao.
CITIES = tuple(f"37{number:02d}00" for number in (*range(1, 12), *range(13, 18)))
QINGDAO = "370200"
FIRST_NUMBER = 80_000_000  # Of an organisation's code: no borrower has one as high.
SMALL, LARGER, PERSONAL = 0, 1, 2  # Segments of lending that grow apart; see borrowers.py.


class Kind(NamedTuple):
    """What banks of one peer group have in common."""

    share: float  # Of all borrowers, relative to the other banks.
    size_ratio: float  # Of its loans, relative to other banks' loans to the same borrower.
    growth_ratio: tuple[float, float, float]  # A year, by segment.
    quickening_ratio: float  # By how much more it grows a year from 2021 on than before.
    spread_mbp: int  # Over the LPR, for a small borrower, in 2019.
    cut_mbp: int  # By how much that falls each year up to 2022.
    bad_ratio: float  # Of good loans that turn substandard, a year.


KINDS = {
    PeerGroup.LARGE_COMMERCIAL: Kind(3.0, 1.3, (0.29, 0.11, 0.12), -0.04, 45_000, 7_000, 0.010),
    PeerGroup.JOINT_STOCK: Kind(1.5, 1.2, (0.23, 0.12, 0.13), 0.02, 95_000, 14_000, 0.014),
    PeerGroup.CITY_COMMERCIAL: Kind(1.5, 1.0, (0.21, 0.12, 0.12), 0.01, 165_000, 16_000, 0.016),
    PeerGroup.RURAL: Kind(1.0, 0.8, (0.19, 0.11, 0.11), 0.03, 195_000, 20_000, 0.020),
    PeerGroup.PRIVATE_BANK: Kind(0.8, 0.7, (0.26, 0.10, 0.20), 0.0, 260_000, 15_000, 0.015),
    PeerGroup.POLICY: Kind(0.8, 1.8, (0.19, 0.12, 0.05), 0.0, 10_000, 7_000, 0.006),
}


LATE_BANKS = 2
MERGER_MONTHS = (14, 26)
# By how much more small borrowers are lent in a year than in others, because policy wants it.
PUSH_RATIO = {2021: 0.04, 2022: 0.01, 2023: -0.03}


class Merger(NamedTuple):
    """One bank takes over all loans of another, which closes."""

    closing: int
    absorbing: int
    month_count: int = 0  # So many months after the books opened, on the last day of the month.


class Bank(NamedTuple):
    """A reporting institution."""

    bank_id: str
    name_zh: str
    name_en: str
    peer_group: PeerGroup
    city: str
    sends_weekly: bool  # Else monthly, until the demo goes live: then all send daily.


class Banks(NamedTuple):
    """All banks, and their characters as arrays in the same order."""

    banks: tuple[Bank, ...]
    share: Float64Array
    size_ratio: Float64Array
    growth_ratio: Float64Array  # (banks, 3): a year, by segment.
    quickening_ratio: Float64Array
    spread_mbp: Int64Array
    cut_mbp: Int64Array
    bad_ratio: Float64Array
    is_local: BoolArray  # City, rural or private: may use the credit support scheme.
    small: int  # Too small a base to be rated; -1 if there is none.
    may_be_late: tuple[int, ...]  # One of them sends the last month of a quarter late.
    merger: Merger | None

    @property
    def ordinary(self) -> tuple[int, ...]:
        """The banks of which nothing special is told."""
        special = {self.small, *self.may_be_late, *(self.merger or ())}
        return tuple(number for number in range(len(self.banks)) if number not in special)

    def late(self, seed: int, quarter: Quarter) -> int:
        """Return the bank that sends the last month of ``quarter`` late; -1: none."""
        if not self.may_be_late:
            return -1
        rng = np.random.default_rng([seed, 9, quarter.ordinal])
        return int(rng.choice(self.may_be_late))

    def of_year(self, seed: int, year: int) -> tuple[Float64Array, Int64Array]:
        """Return growth a year (banks, 3) and spread (banks,) with this year's deviations."""
        rng = np.random.default_rng([seed, 1, year])
        count = len(self.banks)
        growth = self.growth_ratio + rng.normal(0, 0.04, (count, 3))
        growth -= self.quickening_ratio[:, None] * (year < 2021)
        growth[:, SMALL] += PUSH_RATIO.get(year, 0.0)
        # Dear banks cut their rates faster than cheap ones, some faster than others.
        cut = self.cut_mbp * min(max(year - 2019, 0), 3) + rng.normal(0, 14_000, count)
        return growth, (self.spread_mbp - cut).astype(np.int64)


def group_counts(count: int) -> dict[PeerGroup, int]:
    """Return how many of ``count`` banks each peer group has, about as in the province."""
    counts = {
        PeerGroup.LARGE_COMMERCIAL: min(6, round(0.2 * count)),
        PeerGroup.JOINT_STOCK: min(12, round(0.2 * count)),
        PeerGroup.CITY_COMMERCIAL: min(14, round(0.25 * count)),
        PeerGroup.PRIVATE_BANK: min(1, count // 30),
        PeerGroup.POLICY: min(3, count // 20),
    }
    return counts | {PeerGroup.RURAL: count - sum(counts.values())}


def neutral_name(group: PeerGroup, number: int) -> tuple[str, str]:
    """Return the Chinese and English name of the ``number``-th bank of a group, from 0."""
    round_number, letter = divmod(number, len(STEMS))
    suffix = str(round_number + 1) if round_number else ""
    chinese, english = NAMES[group]
    return f"{STEMS[letter]}{suffix}{chinese}", f"{english} {LETTERS[letter]}{suffix}"


def make_banks(seed: int, count: int) -> Banks:
    """Return ``count`` banks; the same for the same seed."""
    rng = np.random.default_rng([seed, 0])
    banks: list[Bank] = []
    ids = credit_codes([f"{FIRM_PREFIX}370000"] * count, FIRST_NUMBER + np.arange(count))
    for group, group_count in group_counts(count).items():
        is_national = group in {PeerGroup.LARGE_COMMERCIAL, PeerGroup.JOINT_STOCK, PeerGroup.POLICY}
        for number in range(group_count):
            # National banks sit in the capital or in Qingdao, the others all over.
            place = (number % 4 == 3) if is_national else number % len(CITIES)
            bank_id = ids[len(banks)]
            names = neutral_name(group, number)
            banks.append(Bank(bank_id, *names, group, CITIES[int(place)], is_national))
    kinds = [KINDS[bank.peer_group] for bank in banks]
    growth = np.array([kind.growth_ratio for kind in kinds]).reshape(count, 3)
    # A bank that pushes grows in every segment, but reaches riskier borrowers at higher rates.
    push = rng.normal(0, 1, count)
    growth += 0.04 * push[:, None] + rng.normal(0, 0.04, (count, 3))
    spread = 16_000 * push + rng.normal(0, 22_000, count)
    share = np.array([kind.share for kind in kinds]) * np.exp(rng.normal(0, 0.25, count))
    special = _special(rng, banks, share)
    return Banks(
        tuple(banks),
        share=share,
        size_ratio=np.array([kind.size_ratio for kind in kinds]),
        growth_ratio=growth,
        quickening_ratio=np.array([kind.quickening_ratio for kind in kinds]),
        cut_mbp=np.array([kind.cut_mbp for kind in kinds], np.int64),
        spread_mbp=np.array([kind.spread_mbp for kind in kinds], np.int64)
        + spread.astype(np.int64),
        bad_ratio=np.array([kind.bad_ratio for kind in kinds]) * np.exp(rng.normal(0, 0.3, count)),
        is_local=np.array([not bank.sends_weekly for bank in banks], np.bool_),
        small=special[0],
        may_be_late=special[1],
        merger=special[2],
    )


def _special(
    rng: np.random.Generator, banks: list[Bank], share: Float64Array
) -> tuple[int, tuple[int, ...], Merger | None]:
    """Return the banks that are too small, late at times, and merging: not large ones.

    Totals must print although one bank is late, and one of a few banks is not worth telling.
    """
    if len(banks) < 10:
        return -1, (), None
    rural = [number for number, bank in enumerate(banks) if bank.peer_group is PeerGroup.RURAL]
    small = rural.pop()
    local = [n for n, bank in enumerate(banks) if not bank.sends_weekly and n != small]
    may_be_late = tuple(sorted(local, key=lambda number: share[number])[:LATE_BANKS])
    rural = [number for number in rural if number not in may_be_late]
    if len(banks) < 20 or len(rural) < 2:
        return small, may_be_late, None
    closing, *_, absorbing = sorted(rural, key=lambda number: share[number])
    return small, may_be_late, Merger(closing, absorbing, int(rng.integers(*MERGER_MONTHS)))
