"""What must not stand in texts that are written freely: names, addresses, purposes."""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.imports.pboc.rows import Rows
from infra.imports.pboc.rule import Breach, Level, Rule
from schemas.identifiers import without_residents
from schemas.units import BoolArray

FREE_TEXTS = (
    "purpose_text", "customer_name", "acceptor_name", "drawer_name", "registered_address",
    "business_scope", "basic_account_bank",
)  # fmt: skip
# As it was sent, and as it was kept: a row that is read again is held back again.
_BLOTTED = r"[0-9]{6}\*{9,}"
_SUSPECT = rf"[0-9]{{17}}|{_BLOTTED}"


def _has_resident(rows: Rows) -> Iterator[Breach]:
    """Find identity numbers in clear; only texts with that many digits are looked at closely."""
    for name in FREE_TEXTS:
        if name in rows.names:
            texts = rows.texts(name)
            suspected = pc.match_substring_regex(texts, _SUSPECT).to_numpy(zero_copy_only=False)
            if suspected.any():
                yield Breach(
                    name,
                    _with_resident(texts, suspected),
                    "不含身份证号码的文字",
                    "a text without an identity number",
                )


def _with_resident(texts: pa.StringArray, suspected: BoolArray) -> BoolArray:
    found = np.zeros(suspected.size, np.bool_)
    for place in np.flatnonzero(suspected).tolist():
        text = texts[place].as_py()
        raw = text.encode()
        found[place] = bool(re.search(_BLOTTED, text)) or without_residents(raw) != raw
    return found


RULES = (
    Rule(
        "12",
        Level.REFUSE,
        (),
        _has_resident,
        "名称、地址、用途等文字中不得出现明文身份证号码",
        "No identity number stands in clear in a name, an address or a purpose",
        "采购电子元件",
    ),
)
