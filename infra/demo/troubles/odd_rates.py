"""A bank's new loans are priced far off the LPR for some months, too dear or too cheap."""

from infra.demo.calendar import Month
from infra.demo.planted import Ground, Planted, Trouble, Truth
from infra.demo.telling import World
from schemas.units import Int64Array

NAME = "odd_rates"


class OddRates(Planted):
    """What was lent changes: its price."""

    def __init__(self, world: World, bank: int, span: tuple[Month, Month], shift_mbp: int) -> None:
        super().__init__(NAME, world, is_real=True)
        self.bank, self._span, self._shift_mbp = bank, span, shift_mbp

    def price(self, month: Month, spread_mbp: Int64Array) -> None:
        if self._span[0] <= month <= self._span[1]:
            spread_mbp[self.bank] += self._shift_mbp

    def truth(self) -> list[Truth]:
        first, last = self._span
        figures: dict[str, int | str] = {"shift_mbp": self._shift_mbp}
        return [
            self.record(
                [self.bank], from_day=first.first_day, to_day=last.last_day, figures=figures
            )
        ]


def plant(ground: Ground) -> OddRates | None:
    """Let any bank price 2.5 to 5 points too dear, or 1 to 2 too cheap, for months."""
    bank = ground.take_bank()
    if bank is None or ground.month_count < 6:
        return None
    is_dear = ground.rng.random() < 0.6
    points = ground.rng.integers(250, 500) if is_dear else -ground.rng.integers(100, 200)
    length = int(ground.rng.integers(5, 13))
    first = ground.between(0.3, 0.7)
    return OddRates(ground.world, bank, (first, first.plus(length)), int(points) * 1_000)


TROUBLE = Trouble(NAME, plant)
