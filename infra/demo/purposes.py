"""What loans of the demo are for: product codes and the industries the money goes to."""

import numpy as np

from infra.demo.borrowers import INDUSTRIES, NO_INDUSTRY, UNIT_INDUSTRY
from schemas.units import Int64Array

# 贷款产品类别: working capital, fixed assets, mortgage, other consumption, trade finance.
PRODUCTS = ("F022", "F023", "F0211", "F0219", "F081")
WORKING_CAPITAL, FIXED_ASSETS, MORTGAGE, CONSUMPTION, TRADE_FINANCE = range(len(PRODUCTS))
# 贷款实际投向: an industry with one digit more, and nothing for a person.
PURPOSES = (*(f"{industry}{digit}" for industry in INDUSTRIES for digit in (1, 2)), "S911", "")
_OF_INDUSTRY = {industry: 2 * place for place, industry in enumerate(INDUSTRIES)}
_OF_INDUSTRY |= {UNIT_INDUSTRY: PURPOSES.index("S911"), NO_INDUSTRY: PURPOSES.index("")}


def main_purposes(industries: list[str]) -> Int64Array:
    """Return for each borrower's industry the index of the purpose it mostly borrows for."""
    return np.array([_OF_INDUSTRY[industry] for industry in industries], np.int64)
