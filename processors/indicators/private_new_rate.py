"""民营企业新发放贷款利率: what do private firms pay for what they borrowed this quarter?"""

from processors.indicator import RATE_UNIT, Facts, Indicator, Value
from schemas.codes import Population
from schemas.words import Words


def private_new_rate(facts: Facts) -> list[Value]:
    """Return each bank's weighted rate of the quarter's new lending."""
    return facts.new_rate(Population.PRIVATE)


INDICATOR = Indicator(
    code="I030",
    name="private_new_rate",
    words=Words("民营企业新发放贷款利率", "Rate of the quarter's new lending to private firms"),
    population=Population.PRIVATE,
    unit=RATE_UNIT,
    is_lower_better=True,
    method="docs/method.md#private-new-rate",
    compute=private_new_rate,
)
