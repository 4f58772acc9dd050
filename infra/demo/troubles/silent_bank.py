"""A bank stops sending some time in the last quarter of the history. It lends on unseen."""

from infra.demo.calendar import Month
from infra.demo.planted import Ground, Planted, Trouble, Truth
from infra.demo.telling import World

NAME = "silent_bank"
BANKS_MIN = 20  # Among fewer, totals without one are not printed.


class SilentBank(Planted):
    """Only what is sent changes."""

    def __init__(self, world: World, bank: int, from_day: int) -> None:
        super().__init__(NAME, world, is_real=False)
        self.bank, self.from_day = bank, from_day

    def is_silent(self, bank: int, day: int) -> bool:
        return bank == self.bank and day >= self.from_day

    def truth(self) -> list[Truth]:
        return [self.record([self.bank], from_day=self.from_day)]


def plant(ground: Ground) -> SilentBank | None:
    """Let a small local bank fall silent after it has sent a month of the last quarter."""
    banks = ground.world.banks
    local = [bank for bank in ground.free_banks if banks.is_local[bank]]
    if len(banks.banks) < BANKS_MIN or not local:
        return None
    bank = min(local, key=lambda number: banks.share[number])
    ground.free_banks.remove(bank)
    first: Month = ground.month(ground.month_count - 2)
    return SilentBank(ground.world, bank, first.last_day + 1 + int(ground.rng.integers(0, 25)))


TROUBLE = Trouble(NAME, plant)
