"""What loans are priced by: the published LPR, and an invented exchange rate."""

import math

import numpy as np

from processors.lpr import LprTable
from schemas.units import BoolArray, Int64Array

FX_MIDDLE_MILLIONTHS, FX_SWING_MILLIONTHS = 6_700_000, 350_000
FX_PERIOD_DAYS, FX_PEAK_DAY = 1_461, 18_366


class Market:
    """Rates by day; before the first LPR the first holds, after the last the last."""

    def __init__(self, lpr: LprTable) -> None:
        self._lpr = lpr

    def lpr_mbp(self, day: Int64Array | int, is_long: BoolArray) -> Int64Array:
        """Return the LPR in force: of five years where ``is_long``, else of one year."""
        place = np.searchsorted(self._lpr.publication_day, day, side="right") - 1
        place = np.clip(place, 0, self._lpr.one_year_mbp.size - 1)
        five, one = self._lpr.five_year_mbp[place], self._lpr.one_year_mbp[place]
        return np.where(is_long, five, one).astype(np.int64)

    def fx_millionths(self, day: Int64Array | int) -> Int64Array:
        """Return the yuan for one dollar: an invented path, the same for every seed."""
        turn = 2 * math.pi * (np.asarray(day) - FX_PEAK_DAY) / FX_PERIOD_DAYS
        swing = np.rint(FX_SWING_MILLIONTHS * np.cos(turn))
        return np.asarray(FX_MIDDLE_MILLIONTHS + swing, np.int64)
