"""How values and their changes are printed, by the unit of a column."""

from fractions import Fraction
from typing import NamedTuple

from processors.exact import FEN_PER_YI, fraction_text
from schemas.words import Words


class Unit(NamedTuple):
    """One unit. ``factor`` leads from the value as it is held to the value as it is printed."""

    name: str
    words: Words
    decimals: int
    change_words: Words
    change_factor: Fraction = Fraction(1)
    change_decimals: int = 1
    factor: Fraction = Fraction(1)

    def text(self, value: Fraction) -> str:
        return fraction_text(value * self.factor, self.decimals)

    def change_text(self, change: Fraction) -> str:
        return fraction_text(change * self.change_factor, self.change_decimals)


_PP, _BP = Words("个百分点", "pp"), Words("个基点", "bp")
_YI = Words("亿元", "100m CNY")
UNITS = {
    unit.name: unit
    for unit in (
        Unit("percent", Words("%", "%"), 1, _PP),
        Unit("percent_a_year", Words("%/年", "% a year"), 2, _BP, Fraction(100)),
        Unit("points", Words("分", "points"), 2, Words("分", "points"), change_decimals=2),
        Unit("count", Words("户", ""), 0, Words("户", ""), change_decimals=0),
        Unit("bp", _BP, 1, _BP),
        Unit("pp", _PP, 1, _PP),
        Unit("minor", _YI, 2, _YI, Fraction(1, FEN_PER_YI), 2, Fraction(1, FEN_PER_YI)),
    )
}
