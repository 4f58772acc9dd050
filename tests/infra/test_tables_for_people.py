"""Tables line up, amounts are rounded half up, and CSV keeps every fen."""

import pytest

from infra.tables_for_people import Heading, csv_text, display_width, text_table, yi_text

HEADINGS = (Heading("name", "机构"), Heading("balance_minor", "余额(亿元)", is_number=True))


def test_columns_line_up_whatever_the_script() -> None:
    rows = [
        {"name": "甲银行", "balance_minor": 123_456_780_000_000},
        {"name": "Bank B", "balance_minor": 5 * 10**10},
    ]

    lines = text_table(HEADINGS, rows).splitlines()

    assert lines == [
        "机构    余额(亿元)",
        "------  ----------",
        "甲银行   12,345.68",
        "Bank B        5.00",
    ]
    assert {display_width(line) for line in lines} == {18}


def test_a_table_without_rows_is_its_head() -> None:
    assert text_table(HEADINGS, []) == "机构  余额(亿元)\n----  ----------\n"


@pytest.mark.parametrize(
    ("amount_minor", "text"),
    [
        (0, "0.00"),
        (49_999_999, "0.00"),
        (50_000_000, "0.01"),
        (-50_000_000, "-0.01"),
        (-49_999_999, "0.00"),
        (19_074_725 * 10**8, "190,747.25"),
    ],
)
def test_yi_is_rounded_half_up_from_the_fen(amount_minor: int, text: str) -> None:
    assert yi_text(amount_minor) == text


def test_csv_holds_exact_fen_and_every_column_of_every_row() -> None:
    rows = [{"a": 1, "tags": {"credit": 5}}, {"a": 2, "b_minor": 10**16}]

    assert csv_text(rows) == 'a,tags,b_minor\n1,"{""credit"":5}",\n2,,10000000000000000\n'
