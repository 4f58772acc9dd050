"""Business dates: days and months, and the calendar behind them."""

import calendar
import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.business_date import DateTable, is_date
from schemas.quarter import FIRST_ORDINAL, Quarter

DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31))
EPOCH = dt.date(1970, 1, 1)


@given(DAYS)
@example(dt.date(2020, 2, 29))
@example(dt.date(2099, 12, 31))
def test_a_day_is_known_by_its_number_and_quarter(day: dt.date) -> None:
    table = DateTable.of([day.isoformat()])

    assert table.is_valid.tolist() == table.is_day_known.tolist() == [True]
    assert table.day.tolist() == table.first_day.tolist() == [(day - EPOCH).days]
    assert table.quarter.tolist() == [Quarter.of_date(day).ordinal - FIRST_ORDINAL]


@given(DAYS)
def test_of_a_month_the_last_day_counts_and_none_is_known(day: dt.date) -> None:
    table = DateTable.of([f"{day:%Y-%m}"])
    last = day.replace(day=calendar.monthrange(day.year, day.month)[1])

    assert table.is_day_known.tolist() == [False]
    assert table.day.tolist() == [(last - EPOCH).days]
    assert table.first_day.tolist() == [(day.replace(day=1) - EPOCH).days]


@pytest.mark.parametrize(
    ("day", "year_later"),
    [
        ("2021-03-15", dt.date(2022, 3, 15)),
        ("2020-02-29", dt.date(2021, 2, 28)),
        ("2019-02-28", dt.date(2020, 2, 28)),
        ("2099-12-31", dt.date(2100, 12, 31)),
    ],
)
def test_a_year_later_is_the_same_day_or_the_last_of_february(
    day: str, year_later: dt.date
) -> None:
    assert DateTable.of([day]).year_later_day.tolist() == [(year_later - EPOCH).days]


@pytest.mark.parametrize(
    "text",
    ["", "2021", "2021-3-15", "2021-02-29", "2021-04-31", "2021-13", "1989-12-31", "2100-01-01",
     "2021-03-15T00:00", " 2021-03-15", "２０２１-03-15", "2021/03/15", "20210315"],
)  # fmt: skip
def test_everything_else_is_no_date(text: str) -> None:
    table = DateTable.of(["2021-03-15", text])

    assert not is_date(text)
    assert table.is_valid.tolist() == [True, False]
