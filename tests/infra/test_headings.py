"""What a table for people says in the language that was asked for."""

import pytest

from infra.answers import coverage_rows, growth_rows, rate_rows
from infra.headings import headings, shown
from infra.tables_for_people import text_table
from schemas.codes import Population
from schemas.quarter import Quarter
from tests.stored_totals import FEN_PER_YI, StoredTotals

ASKED = {"quarter": Quarter(2021, 4), "population": Population.INCLUSIVE}


@pytest.fixture
def results():
    """One bank that has reported, two that are late."""
    stored = StoredTotals()
    for bank, complete_to in (("A", "2021-12-31"), ("B", "2021-09-30"), ("C", "2021-09-30")):
        stored.bank(bank, complete_to)
        stored.balance(bank, "2020Q4", 90 * FEN_PER_YI, 60)
    return stored.results()


@pytest.mark.parametrize(("lang", "names"), [("zh", "B银行, C银行"), ("en", "Bank B, Bank C")])
def test_missing_banks_are_named_in_the_language_of_the_table(results, lang, names) -> None:
    rows = [row for row in coverage_rows(results, **ASKED) if row["kind"] == "aggregate"]

    table = text_table(headings("coverage", rows, lang), shown("coverage", rows, lang))

    assert names in table


@pytest.mark.parametrize("rows_of", [growth_rows, rate_rows, coverage_rows])
def test_every_list_of_banks_has_both_languages(results, rows_of) -> None:
    (province,) = [row for row in rows_of(results, **ASKED) if row["bank_id"] == "region:province"]

    assert province["missing"] == [
        {"zh": "B银行", "en": "Bank B"},
        {"zh": "C银行", "en": "Bank C"},
    ]


def test_of_the_reasons_of_a_grade_the_first_is_shown() -> None:
    reasons = [{"zh": "其一", "en": "one"}, {"zh": "其二", "en": "two"}]

    (row,) = shown("grade", [{"reasons": reasons}], "en")

    assert row["reasons"] == "one"


@pytest.mark.parametrize(
    ("present", "late", "code", "zh", "en"),
    [
        (9_900, 100, "full", "列示", "Printed"),
        (9_899, 101, "preliminary", "初步", "Preliminary"),
        (9_500, 500, "preliminary", "初步", "Preliminary"),
        (9_499, 501, "not_printed", "不列示", "Not printed"),
        (0, 501, "not_reported", "未报送", "Not reported"),
    ],
)
def test_coverage_says_what_it_means_for_printing(present, late, code, zh, en) -> None:
    stored = StoredTotals()
    stored.bank("far", "2021-12-31", is_registered=False)
    for bank, amount, complete_to in (("A", present, "2021-12-31"), ("B", late, "2021-09-30")):
        if amount:
            stored.bank(bank, complete_to)
            stored.balance(bank, "2020Q4", amount * FEN_PER_YI, 60)
    rows = coverage_rows(stored.results(), **ASKED)

    (province,) = [row for row in rows if row["bank_id"] == "region:province"]
    (line,) = shown("coverage", [province], "en")

    assert (province["coverage_status"], province["coverage_status_zh"]) == (code, zh)
    assert line["coverage_status"] == en


@pytest.mark.parametrize(
    ("lang", "marks"), [("zh", "初步, 截至目前"), ("en", "preliminary, to date")]
)
def test_a_row_that_may_still_move_is_marked(lang: str, marks: str) -> None:
    row = {"bank_name": "甲", "is_preliminary": True, "is_to_date": True}
    plain = {"bank_name": "乙", "is_preliminary": False, "is_to_date": False}
    assert [line["marks"] for line in shown("growth", [row, plain], lang)] == [marks, ""]
    assert "marks" not in shown("growth", [plain], lang)[0]


def test_a_count_that_is_not_there_says_why() -> None:
    row = {"bank_name": "甲", "borrower_count": "", "borrower_count_status": "not_reported"}
    assert shown("growth", [row], "en")[0]["borrower_count"] == "Not reported"
