"""民营企业贷款增速（较年初）: does the bank lend private firms more than when the year began?"""

from processors.indicator import GROWTH_UNIT, Facts, Indicator, Value
from schemas.codes import Basis, Population
from schemas.words import Words


def private_growth_ytd(facts: Facts) -> list[Value]:
    """Return each bank's growth since the end of last year."""
    return facts.growth(Population.PRIVATE, Basis.YTD)


INDICATOR = Indicator(
    code="I010",
    name="private_growth_ytd",
    words=Words(
        "民营企业贷款增速（较年初）",
        "Growth of lending to private firms since the start of the year",
    ),
    population=Population.PRIVATE,
    unit=GROWTH_UNIT,
    is_lower_better=False,
    method="docs/method.md#private-growth-ytd",
    compute=private_growth_ytd,
)
