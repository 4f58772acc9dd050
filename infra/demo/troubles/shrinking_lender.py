"""A bank lends to firms less and less: it takes repayments and hardly makes new loans."""

from infra.demo.banks import LARGER, SMALL
from infra.demo.calendar import Month
from infra.demo.planted import Ground, Planted, Trouble, Truth
from infra.demo.telling import World
from schemas.units import Float64Array

NAME = "shrinking_lender"


class ShrinkingLender(Planted):
    """What was lent changes, from one month on."""

    def __init__(self, world: World, bank: int, first: Month, growth_mbp: int) -> None:
        super().__init__(NAME, world, is_real=True)
        self.bank, self._first, self._growth_mbp = bank, first, growth_mbp

    def aim(self, month: Month, growth_ratio: Float64Array) -> None:
        if month >= self._first:
            growth_ratio[self.bank, [SMALL, LARGER]] = self._growth_mbp / 10**7

    def truth(self) -> list[Truth]:
        figures: dict[str, int | str] = {"growth_a_year_mbp": self._growth_mbp}
        return [self.record([self.bank], from_day=self._first.first_day, figures=figures)]


def plant(ground: Ground) -> ShrinkingLender | None:
    """Let any bank shrink by 8 to 20 % a year."""
    bank = ground.take_bank()
    if bank is None or ground.month_count < 6:
        return None
    growth_mbp = -int(ground.rng.integers(80, 200)) * 10_000
    return ShrinkingLender(ground.world, bank, ground.between(0.4, 0.7), growth_mbp)


TROUBLE = Trouble(NAME, plant)
