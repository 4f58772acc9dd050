"""Identifiers of the demo, of a million at a time: the right form and check characters.

None is anybody's: the numbers inside are counted up from where nobody registers.
"""

import datetime as dt
import hashlib

import numpy as np

from infra.demo.fixed_texts import Characters, digits_of
from schemas.units import AnyArray, Int64Array

FIRM_PREFIX, UNIT_PREFIX = "91", "12"  # 统一社会信用代码 of an enterprise, of a public institution.
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
CREDIT_CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100
CREDIT_CODE_WEIGHTS = [3**place % 31 for place in range(17)]
FIRST_BIRTHDAY, BIRTHDAYS = dt.date(1958, 1, 1), 15_000


def credit_codes(prefixes: list[str], numbers: AnyArray) -> list[str]:
    """Return 统一社会信用代码: eight characters that are given, and an organisation's number."""
    characters = np.empty((numbers.size, 18), np.uint8)
    given = np.frombuffer("".join(prefixes).encode("ascii"), np.uint8)
    characters[:, :8] = given.reshape(numbers.size, 8)
    characters[:, 8:17] = _organisation_codes(numbers)
    values = np.zeros(128, np.int64)
    values[list(CREDIT_CODE_CHARACTERS.encode())] = np.arange(len(CREDIT_CODE_CHARACTERS))
    check = -(values[characters[:, :17]] @ np.array(CREDIT_CODE_WEIGHTS)) % 31
    characters[:, 17] = np.frombuffer(CREDIT_CODE_CHARACTERS.encode(), np.uint8)[check]
    return _listed(characters)


def _organisation_codes(numbers: AnyArray) -> Characters:
    """Return the nine characters of GB 11714 for each eight-digit number."""
    characters = np.empty((numbers.size, 9), np.uint8)
    characters[:, :8] = digits_of(numbers, 8)
    weighted = (characters[:, :8].astype(np.int64) - ord("0")) @ np.array(ORGANISATION_WEIGHTS)
    characters[:, 8] = np.frombuffer(b"0123456789X", np.uint8)[-weighted % 11]
    return characters


def masked_ids(cities: list[str], numbers: Int64Array) -> list[str]:
    """Return masked identity numbers: 14 characters in the clear and a digest of the whole."""
    birthdays = [f"{FIRST_BIRTHDAY + dt.timedelta(days=day):%Y%m%d}" for day in range(BIRTHDAYS)]
    ids = []
    for city, number in zip(cities, numbers.tolist(), strict=True):
        clear = f"{city[:4]}02{birthdays[number * 7919 % BIRTHDAYS]}"
        digest = hashlib.md5(f"{clear}{number:09d}".encode(), usedforsecurity=False)
        ids.append(clear + digest.hexdigest())
    return ids


def _listed(characters: Characters) -> list[str]:
    width = characters.shape[1]
    text = characters.tobytes().decode("ascii")
    return [text[begin : begin + width] for begin in range(0, len(text), width)]
