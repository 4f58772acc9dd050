"""Working days: holidays, the days worked in their place, and years that nobody knows yet."""

import datetime as dt

import pytest

from infra.working_days import add_working_days, is_working_day, known_years


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "is_working"),
    [
        ("2022-01-10", True),  # A Monday.
        ("2022-01-08", False),  # A Saturday.
        ("2022-01-29", True),  # A Saturday worked for the Spring Festival.
        ("2022-02-01", False),  # The Spring Festival, a Tuesday.
        ("2021-10-09", True),  # A Saturday worked for the National Day.
        ("2021-10-07", False),
    ],
)
def test_holidays_rest_and_the_days_made_up_for_them_are_worked(
    text: str, is_working: bool
) -> None:
    assert is_working_day(day(text)) is is_working


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        ("2022-01-10", 5, "2022-01-17"),
        ("2022-01-07", 1, "2022-01-10"),  # Over a weekend.
        ("2022-01-26", 5, "2022-02-07"),  # 27 to 30 are worked, then the festival to 6 February.
        ("2022-01-10", 0, "2022-01-10"),
    ],
)
def test_a_period_begins_on_the_day_after(start: str, count: int, due: str) -> None:
    found = add_working_days(day(start), count)

    assert (found.day, found.is_calendar_known) == (day(due), True)


def test_beyond_the_published_years_weekdays_count_and_it_is_said() -> None:
    _, last = known_years()
    assert last >= 2026

    found = add_working_days(dt.date(last, 12, 31), 3)

    assert found.is_calendar_known is False
    assert found.day > dt.date(last, 12, 31)
    assert found.day.weekday() < 5
