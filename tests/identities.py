"""Valid ids for tests: firms, sole traders and banks with check digits, masked persons."""

import datetime as dt
import hashlib

from stdnum.cn import uscc


def organisation_code(number: int) -> str:
    """The nine characters of GB 11714 for the ``number``-th organisation."""
    digits = f"{number:08d}"
    weighted = sum(int(d) * w for d, w in zip(digits, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    check = (11 - weighted % 11) % 11
    return digits + ("X" if check == 10 else str(check))


def firm_id(number: int, prefix: str = "91370100") -> str:
    code = prefix + organisation_code(number)
    return code + uscc.calc_check_digit(code)


def bank_id(number: int) -> str:
    return firm_id(90_000_000 + number, "91370000")


def person_id(number: int) -> str:
    """A masked identity card: 14 characters and the MD5 of the whole number."""
    birthday = dt.date(1960, 1, 1) + dt.timedelta(days=number * 37 % 14_000)
    clear = f"370102{birthday:%Y%m%d}{number % 10_000:04d}"
    return clear[:14] + hashlib.md5(clear.encode()).hexdigest()


def borrower_id(number: int) -> str:
    """Two firms, then one person, and so on; some persons are sole traders with a USCC."""
    if number % 3 < 2:
        return firm_id(number)
    return firm_id(number, "92370100") if number % 12 == 11 else person_id(number)


def is_firm(borrower: str) -> bool:
    return borrower.startswith("91")
