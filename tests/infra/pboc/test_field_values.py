"""Numbers and dates in a filing are read exactly, or not at all."""

import datetime as dt
import re
from decimal import Decimal

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infra.imports.pboc.field_values import DIGITS_MAX, days_of, numbers_of
from schemas.columns import Ids

DECIMALS = st.sampled_from([0, 2, 5])
# Near to numbers: their characters, and others that look like them.
LIKE_NUMBERS = st.text(st.sampled_from("0012359.-+eE ,_０٣甲"), max_size=22)
NUMBERS = st.builds(
    lambda value, decimals: f"{value:.{decimals}f}",
    st.decimals(-(10**18), 10**18, places=5),
    st.sampled_from([0, 2, 5]),
)
TEXTS = st.lists(st.one_of(LIKE_NUMBERS, NUMBERS, st.just("")), max_size=12)
DATES = st.one_of(
    st.dates().map(dt.date.isoformat),
    st.text(st.sampled_from("0123-/ ９"), max_size=11),
    st.sampled_from(["", "2026-02-29", "2024-02-29", "2026-9-30", "1899-12-31", "2201-01-01"]),
)


def column(texts: list[str]) -> pa.StringArray:
    """A column that does not begin where its buffers do, as parts of larger ones do not."""
    return pa.array(["12.34", *texts], pa.string()).slice(1)


@settings(deadline=None)
@given(TEXTS, DECIMALS)
@example(["9" * 15 + ".99", "9" * 16 + ".99", "-0.00", ".50", "-.50", "5", "5.0", "1.2.3"], 2)
@example(["9" * 17, "9" * 18, "-", "--1", "1-", "+1", "007", "1."], 0)
def test_a_number_is_the_decimal_that_stands_there(texts: list[str], decimals: int) -> None:
    form = re.compile(rf"-?[0-9]+\.[0-9]{{{decimals}}}" if decimals else "-?[0-9]+")

    numbers = numbers_of(column(texts), decimals)

    for place, text in enumerate(texts):
        is_number = form.fullmatch(text) is not None
        is_number &= sum(character in "0123456789" for character in text) <= DIGITS_MAX
        expected = int(Decimal(text).scaleb(decimals)) if is_number else 0
        assert int(numbers.value[place]) == expected, text
        assert bool(numbers.is_good[place]) is is_number, text
        assert bool(numbers.is_blank[place]) is (text == "")
        assert bool(numbers.is_bad[place]) is (text != "" and not is_number), text


@settings(deadline=None)
@given(st.lists(DATES, max_size=12))
def test_a_day_is_the_date_that_stands_there(texts: list[str]) -> None:
    days = days_of(Ids.of(texts))

    for place, text in enumerate(texts):
        expected = day_of(text)
        assert int(days.day[place]) == (expected or 0), text
        assert bool(days.is_good[place]) is (expected is not None), text
        assert bool(days.is_bad[place]) is (text != "" and expected is None), text


def day_of(text: str) -> int | None:
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
        return None
    year, month, day = map(int, text.split("-"))
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return None
    return (date - dt.date(1970, 1, 1)).days if 1900 <= year <= 2200 else None


def test_no_texts_are_no_numbers_and_no_days() -> None:
    assert numbers_of(pa.array([], pa.string()), 2).value.size == 0
    assert days_of(Ids(np.zeros(0, np.int32), [])).day.size == 0
