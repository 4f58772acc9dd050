"""小微企业贷款增速（较年初）: does the bank lend small firms more than when the year began?"""

from processors.indicator import GROWTH_UNIT, Facts, Indicator, Value
from schemas.codes import Basis, Population
from schemas.words import Words


def small_micro_growth_ytd(facts: Facts) -> list[Value]:
    """Return each bank's growth since the end of last year."""
    return facts.growth(Population.SMALL_MICRO, Basis.YTD)


INDICATOR = Indicator(
    code="I020",
    name="small_micro_growth_ytd",
    words=Words(
        "小微企业贷款增速（较年初）",
        "Growth of lending to small and micro firms since the start of the year",
    ),
    population=Population.SMALL_MICRO,
    unit=GROWTH_UNIT,
    is_lower_better=False,
    method="docs/method.md#small-micro-growth-ytd",
    compute=small_micro_growth_ytd,
)
