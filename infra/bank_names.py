"""Banks that a row names, each in both languages: whoever shows the row chooses."""

import numpy as np

from schemas.results import Results
from schemas.units import BoolArray


def bank_names(results: Results, who: BoolArray) -> list[dict[str, str]]:
    """Return the names of the banks ``who``, (banks,), in the order of ``results.banks``."""
    banks = [results.banks[place] for place in np.flatnonzero(who).tolist()]
    # A bank without an English name keeps the one it has.
    return [{"zh": bank.name_zh, "en": bank.name_en or bank.name_zh} for bank in banks]
