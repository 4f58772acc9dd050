"""The demo's identifiers have the form and the check characters that real ones have."""

import numpy as np
import pytest
from stdnum.cn import uscc

from infra.demo.identifiers import FIRM_PREFIX, UNIT_PREFIX, credit_codes, masked_ids


@pytest.mark.parametrize("prefix", [FIRM_PREFIX, UNIT_PREFIX])
def test_credit_codes_have_valid_check_characters_and_differ(prefix: str) -> None:
    numbers = np.arange(10_000_000, 10_000_500)
    codes = credit_codes([f"{prefix}370200"] * numbers.size, numbers)

    assert len(set(codes)) == numbers.size
    for code in codes:
        uscc.validate(code)
        digits = [int(digit) for digit in code[8:16]]
        weighted = sum(map(int.__mul__, digits, (3, 7, 9, 10, 5, 8, 4, 2)))
        assert "0123456789X".index(code[16]) == -weighted % 11


def test_masked_ids_show_city_and_birthday_and_hide_the_rest() -> None:
    numbers = np.arange(400)
    ids = masked_ids(["370300"] * 400, numbers)

    assert len(set(ids)) == 400
    assert all(id_.startswith("37030219") and len(id_) == 46 for id_ in ids)
    assert {id_[6:10] for id_ in ids} == {str(year) for year in range(1958, 1999)}
