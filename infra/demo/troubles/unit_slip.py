"""A bank mistakes 元 and 万元: one month's amounts are sent 10,000 times too large or too small.

Too large an amount is always noticed and corrected, or no total of the province would mean
anything; too small a one may stay.
"""

import numpy as np

from infra.demo.calendar import Month, date_of
from infra.demo.event_rows import Rows, What
from infra.demo.planted import Ground, Planted, Trouble, Truth
from infra.demo.telling import World
from schemas.units import BoolArray

NAME = "unit_slip"
FACTOR = 10_000
SLIPPED = (
    What.DISBURSED, What.ACQUIRED, What.REPAID, What.REFINANCED, What.WRITTEN_OFF,
    What.TRANSFERRED, What.SECURITISED, What.IN_KIND,
)  # fmt: skip
CORRECTED_SHARE = 0.5  # Of slips to too small amounts.


class UnitSlip(Planted):
    """Only what is sent changes: the flows of one month in yuan; no bill and no stock."""

    def __init__(
        self, world: World, bank: int, month: Month, *, is_large: bool, corrected_day: int
    ) -> None:
        super().__init__(NAME, world, is_real=False)
        self.bank, self.month = bank, month
        self._is_large, self._corrected_day = is_large, corrected_day
        self._slipped_count = 0

    def first_sent(self, month: Month, rows: Rows) -> Rows:
        if month != self.month:
            return rows
        rows, is_slipped = rows.copy(), self._is_slipped(rows)
        for name in ("amount", "amount_cny"):
            right = rows[name]
            wrong = right * FACTOR if self._is_large else np.maximum(right // FACTOR, 1)
            rows[name] = np.where(is_slipped, wrong, right)
        return rows

    def _is_slipped(self, rows: Rows) -> BoolArray:
        is_flow = np.isin(rows["what"], SLIPPED) & (rows["bank"] == self.bank)
        return np.asarray(is_flow & ~rows["is_usd"], np.bool_)

    def corrected_day(self) -> int:
        return self._corrected_day

    def watch(self, rows: Rows) -> None:
        if rows.size and Month.of_day(int(rows["day"][0])) == self.month:
            self._slipped_count = int(self._is_slipped(rows).sum())

    def truth(self) -> list[Truth]:
        day = self._corrected_day
        corrected_day = date_of(day).isoformat() if day else ""
        return [
            self.record(
                [self.bank],
                from_day=self.month.first_day,
                to_day=self.month.last_day,
                figures={
                    "sent_as": "too_large" if self._is_large else "too_small",
                    "factor": FACTOR,
                    "event_count": self._slipped_count,
                    "corrected_day": corrected_day,
                },
            )
        ]


def plant(ground: Ground) -> UnitSlip | None:
    """Let a bank that sends monthly slip in the later half of the history."""
    bank = ground.take_bank(is_local=True)
    if bank is None or ground.month_count < 6:
        return None
    month = ground.between(0.5, 0.9)
    is_large = bool(ground.rng.random() < 0.5)
    is_corrected = is_large or bool(ground.rng.random() < CORRECTED_SHARE)
    corrected_day = month.last_day + int(ground.rng.integers(8, 45)) if is_corrected else 0
    return UnitSlip(ground.world, bank, month, is_large=is_large, corrected_day=corrected_day)


TROUBLE = Trouble(NAME, plant)
