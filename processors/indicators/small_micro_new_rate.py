"""小微企业新发放贷款利率: what do small firms pay for what they borrowed this quarter?"""

from processors.indicator import RATE_UNIT, Facts, Indicator, Value
from schemas.codes import Population
from schemas.words import Words


def small_micro_new_rate(facts: Facts) -> list[Value]:
    """Return each bank's weighted rate of the quarter's new lending."""
    return facts.new_rate(Population.SMALL_MICRO)


INDICATOR = Indicator(
    code="I040",
    name="small_micro_new_rate",
    words=Words(
        "小微企业新发放贷款利率", "Rate of the quarter's new lending to small and micro firms"
    ),
    population=Population.SMALL_MICRO,
    unit=RATE_UNIT,
    is_lower_better=True,
    method="docs/method.md#small-micro-new-rate",
    compute=small_micro_new_rate,
)
