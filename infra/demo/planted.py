"""What a trouble may do to the demo, and the record of what was done.

A trouble is real when it changes what was lent; else it changes only what a bank says or sends.
Each draws its parameters from the seed, and no rule of the system knows them.
"""

import zlib
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from infra.demo import troubles
from infra.demo.calendar import Month, date_of
from infra.demo.event_rows import Rows
from infra.demo.loan_book import LoanBook
from infra.demo.new_loans import Lender
from infra.demo.telling import World
from schemas.catalog import entries
from schemas.units import Float64Array, Int64Array

EVERY = "all"


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, when and how much: what a reader of the demo's figures is to find out."""

    trouble: str
    is_real: bool  # It changed what was lent; else only what a bank says or sends.
    bank_ids: list[str]
    borrower_ids: list[str]
    from_day: str
    to_day: str  # Empty: it goes on.
    figures: dict[str, int | str]


class Ground(NamedTuple):
    """What a trouble may be planted on."""

    world: World
    opening: Month  # In which the books open.
    month_count: int  # Of the history after that.
    rng: np.random.Generator  # Of this trouble alone.
    free_banks: list[int]  # Ordinary ones in an order of the seed; whoever takes one removes it.

    def month(self, count: int) -> Month:
        """Return the month that is ``count`` months after the opening."""
        return self.opening.plus(count)

    def take_bank(self, *, is_local: bool | None = None) -> int | None:
        """Take the first free bank, of the kind that is asked for; None if there is none."""
        for bank in self.free_banks:
            if is_local is None or bool(self.world.banks.is_local[bank]) == is_local:
                self.free_banks.remove(bank)
                return bank
        return None

    def between(self, least: float, most: float) -> Month:
        """Draw a month of the history, between two shares of it."""
        low, high = int(least * self.month_count), int(most * self.month_count)
        return self.month(int(self.rng.integers(low, max(high, low + 1))))


class Planted:
    """One trouble of one demo. Each method is called where its name says; most do nothing."""

    def __init__(self, name: str, world: World, *, is_real: bool) -> None:
        self.name = name
        self.world = world
        self.is_real = is_real

    def open(self, book: LoanBook) -> None:
        """Change what banks say of their accounts, before anything is told."""

    def aim(self, month: Month, growth_ratio: Float64Array) -> None:
        """Change by how much each bank wants to grow a year, (banks, segments)."""

    def price(self, month: Month, spread_mbp: Int64Array) -> None:
        """Change what each bank takes over the LPR, (banks,)."""

    def begin(self, lender: Lender) -> None:
        """Act first in a month, on the loans of the month before."""

    def lend(self, lender: Lender) -> None:
        """Act last in a month, after the ordinary lending."""

    def watch(self, rows: Rows) -> None:
        """See what happened in a month."""

    def first_sent(self, month: Month, rows: Rows) -> Rows:
        """Return what is sent at first of what happened in a month."""
        del month
        return rows

    def corrected_day(self) -> int:
        """Return when what was sent at first is taken back and sent rightly; 0: never."""
        return 0

    def is_silent(self, bank: int, day: int) -> bool:
        """Return whether a bank sends nothing on a day."""
        del bank, day
        return False

    def truth(self) -> list[Truth]:
        """Return what was done so far."""
        return []

    def record(
        self,
        banks: Sequence[int],
        borrowers: Collection[int] = (),
        *,
        from_day: int,
        to_day: int = 0,
        figures: dict[str, int | str] | None = None,
    ) -> Truth:
        """Return a truth, with the identifiers that banks and borrowers have."""
        ids = self.world.borrowers.ids
        return Truth(
            trouble=self.name,
            is_real=self.is_real,
            bank_ids=[self.world.banks.banks[bank].bank_id for bank in banks],
            borrower_ids=[ids[borrower] for borrower in borrowers],
            from_day=date_of(from_day).isoformat(),
            to_day=date_of(to_day).isoformat() if to_day else "",
            figures=figures or {},
        )


class Trouble(NamedTuple):
    """An entry of the catalog infra.demo.troubles."""

    name: str
    plant: Callable[[Ground], Planted | None]  # None: there is no ground for it.


def names() -> tuple[str, ...]:
    """Return the names of all troubles there are."""
    return tuple(trouble.name for trouble in entries(troubles, "TROUBLE"))


def chosen_names(text: str) -> tuple[str, ...]:
    """Return the troubles that ``text`` asks for: all, none, or names with commas."""
    if text == EVERY:
        return names()
    asked = () if text == "none" else tuple(name.strip() for name in text.split(","))
    for name in asked:
        if name not in names():
            raise ValueError(
                f"troubles: found {name!r}, expected all, none, or some of {', '.join(names())} "
                "with commas between them"
            )
    return asked


def plant(world: World, opening: Month, month_count: int, wanted: Collection[str]) -> list[Planted]:
    """Return the troubles of one demo, each new and with nothing done yet."""
    free_banks = list(world.banks.ordinary)
    np.random.default_rng([world.seed, 10]).shuffle(free_banks)
    planted = []
    for trouble in entries(troubles, "TROUBLE"):
        # All are planted, so that leaving one out moves no other.
        rng = rng_of(world.seed, trouble.name)
        found = trouble.plant(Ground(world, opening, month_count, rng, free_banks))
        if found is not None and trouble.name in wanted:
            planted.append(found)
    return planted


def rng_of(seed: int, name: str, month: Month | None = None) -> np.random.Generator:
    """Return the random numbers of one trouble: of its parameters, or of one month."""
    place = 0 if month is None else month.year * 12 + month.number
    return np.random.default_rng([seed, 11, zlib.crc32(name.encode()), place])
