"""Banks that a row names, each in both languages: whoever shows the row chooses."""

import numpy as np

from schemas.codes import Status
from schemas.results import Results
from schemas.units import BoolArray
from schemas.words import STATUS_WORDS


def bank_names(results: Results, who: BoolArray) -> list[dict[str, str]]:
    """Return the names of the banks ``who``, (banks,), in the order of ``results.banks``."""
    banks = [results.banks[place] for place in np.flatnonzero(who).tolist()]
    # A bank without an English name keeps the one it has.
    return [{"zh": bank.name_zh, "en": bank.name_en or bank.name_zh} for bank in banks]


def missing_names(results: Results, missing: BoolArray, untold: BoolArray) -> list[dict[str, str]]:
    """Return the names of the banks ``missing``; of those ``untold``, that they are not silent."""
    words = STATUS_WORDS[Status.NOT_DETERMINABLE]
    return [
        {"zh": f"{name['zh']}（{words.zh}）", "en": f"{name['en']} ({words.en.lower()})"}
        if is_untold
        else name
        for name, is_untold in zip(
            bank_names(results, missing), untold[missing].tolist(), strict=True
        )
    ]
