import pytest

from infra.answers import rate_rows
from infra.rate_answers import lpr_one_year_text
from infra.reference_data import load_lpr
from processors.lpr import one_year_mbp
from schemas.codes import GuaranteeKind, PolicyTag, Population
from schemas.quarter import Quarter
from schemas.tags import FIRST_LOAN_TAG, LPR_FIRST, guarantee_tag, policy_tag
from tests.stored_totals import FEN_PER_YI, StoredTotals, limbs

YI = FEN_PER_YI
INCLUSIVE = Population.INCLUSIVE
# LPR publications are counted from August 2019; 1 year is even, 5 years and more odd.
LPR_2021_10_1Y = LPR_FIRST + 2 * 26
LPR_2021_12_1Y = LPR_FIRST + 2 * 28
LPR_2021_12_5Y = LPR_2021_12_1Y + 1


def told(*bank_ids: str) -> StoredTotals:
    """Banks that are complete to the end of 2021 and began before 2021."""
    stored = StoredTotals()
    for bank_id in bank_ids:
        stored.bank(bank_id, "2021-12-31")
        stored.balance(bank_id, "2019Q4", 1000 * YI, 100)
    return stored


def row_of(stored: StoredTotals, bank_id: str, quarter: str = "2021Q4", **asked) -> dict:
    rows = rate_rows(
        stored.results(), quarter=Quarter.parse(quarter), population=INCLUSIVE, **asked
    )
    return next(row for row in rows if row["bank_id"] == bank_id)


def test_the_rate_of_new_lending_is_weighted_by_amount() -> None:
    stored = told("A")
    stored.lending("A", "2021Q4", INCLUSIVE, 300 * YI, 400_000)
    stored.lending("A", "2021Q4", INCLUSIVE, 100 * YI, 600_000)

    row = row_of(stored, "A")

    assert (row["new_lending_minor"], row["new_rate_percent"]) == (400 * YI, "4.50")
    assert row["new_rate_status"] == "ok"


def test_without_new_lending_there_is_no_rate_rather_than_zero() -> None:
    row = row_of(told("A"), "A")

    assert (row["new_rate_percent"], row["new_rate_status"]) == ("", "no_lending")
    assert row["new_lending_minor"] == 0


def test_year_to_date_adds_the_quarters_of_the_year_and_no_other() -> None:
    stored = told("A")
    stored.lending("A", "2020Q4", INCLUSIVE, 900 * YI, 900_000)
    stored.lending("A", "2021Q1", INCLUSIVE, 300 * YI, 400_000)
    stored.lending("A", "2021Q4", INCLUSIVE, 100 * YI, 600_000)

    row = row_of(stored, "A", decimals=1)

    assert (row["ytd_lending_minor"], row["ytd_rate_percent"]) == (400 * YI, "4.5")
    assert row["new_rate_percent"] == "6.0"
    assert row_of(stored, "A", "2021Q2")["ytd_rate_percent"] == "4.00"
    assert row_of(stored, "A", "2021Q2")["new_rate_status"] == "no_lending"


def test_banks_are_weighed_by_amount_and_averages_never_averaged() -> None:
    stored = told("A", "B")
    stored.lending("A", "2021Q4", INCLUSIVE, 900 * YI, 400_000)
    stored.lending("B", "2021Q4", INCLUSIVE, 100 * YI, 500_000)

    row = row_of(stored, "region:province")

    assert (row["new_rate_percent"], row["coverage_percent"]) == ("4.10", "100.00")


def test_the_outstanding_rate_moves_without_new_lending_when_loans_are_repriced() -> None:
    stored = told("A")
    hi, lo = limbs(1000 * YI, 500_000)
    stored.total("A", "2019Q4", balance_rate_change_hi=hi, balance_rate_change_lo=lo)
    hi, lo = limbs(1000 * YI, -20_000)
    stored.total("A", "2021Q4", balance_rate_change_hi=hi, balance_rate_change_lo=lo)

    assert row_of(stored, "A", "2021Q3")["outstanding_rate_percent"] == "5.00"
    assert row_of(stored, "A")["outstanding_rate_percent"] == "4.80"


def test_the_non_performing_ratio_is_over_the_populations_balance() -> None:
    stored = told("A")
    stored.total("A", "2021Q1", non_performing_change_minor=17 * YI)

    row = row_of(stored, "A")

    assert (row["non_performing_percent"], row["non_performing_status"]) == ("1.70", "ok")


def test_each_draw_is_compared_with_the_lpr_of_its_own_date_and_tenor() -> None:
    stored = told("A")
    for amount, rate, tag in (
        (100 * YI, 435_000, LPR_2021_10_1Y),  # 3.85
        (100 * YI, 430_000, LPR_2021_12_1Y),  # 3.80
        (200 * YI, 500_000, LPR_2021_12_5Y),  # 4.65
        (100 * YI, 999_000, 0),  # Foreign currency: in the rate, not in the comparison.
    ):
        stored.lending("A", "2021Q4", INCLUSIVE, amount, rate)
        if tag:
            stored.lending("A", "2021Q4", INCLUSIVE, amount, rate, tag=tag)

    row = row_of(stored, "A")

    # (100 × 50 + 100 × 50 + 200 × 35) ÷ 400
    assert (row["lpr_spread_bp"], row["lpr_compared_percent"]) == ("42.5", "80.0")
    assert row_of(stored, "A", spread_decimals=0)["lpr_spread_bp"] == "43"


@pytest.mark.parametrize(
    ("quarter", "percent"),
    [("2019Q2", ""), ("2019Q3", "4.20"), ("2021Q4", "3.80"), ("2024Q4", "3.10"), ("2099Q4", "")],
)
def test_a_quarter_has_the_newest_one_year_lpr_published_by_its_end(quarter, percent) -> None:
    (rate,) = rate_rows(
        told("A").results(), quarter=Quarter(2021, 4), population=INCLUSIVE, bank_id="A"
    )

    assert rate["lpr_one_year_percent"] == "3.80"
    assert lpr_one_year_text(Quarter.parse(quarter)) == percent


def test_the_newest_lpr_holds_until_the_next_one_is_due_and_no_longer() -> None:
    table = load_lpr()
    due = int(table.publication_day[-1])

    assert one_year_mbp(table, due - 10, due + 80) == 310_000
    assert one_year_mbp(table, due, due + 80) is None


def test_rates_of_one_bank_are_its_row_of_all() -> None:
    stored = told("A", "B")
    every = rate_rows(stored.results(), quarter=Quarter(2021, 4), population=INCLUSIVE)

    for code in ("B", "region:province"):
        rows = rate_rows(
            stored.results(), quarter=Quarter(2021, 4), population=INCLUSIVE, bank_id=code
        )
        assert rows == [row for row in every if row["bank_id"] == code]


def test_lending_under_the_lpr_has_a_negative_spread() -> None:
    stored = told("A")
    for tag in (0, LPR_2021_12_1Y):
        stored.lending("A", "2021Q4", INCLUSIVE, 10**15 + 7, 360_000, tag=tag)

    assert row_of(stored, "A")["lpr_spread_bp"] == "-20.0"


def test_where_no_draw_can_be_compared_the_spread_cannot_be_determined() -> None:
    stored = told("A")
    stored.lending("A", "2021Q4", INCLUSIVE, 100 * YI, 435_000)

    row = row_of(stored, "A")

    assert (row["lpr_spread_bp"], row["lpr_spread_status"]) == ("", "not_determinable")
    assert row["lpr_compared_percent"] == "0.0"


def test_a_draw_tagged_after_the_newest_published_lpr_is_not_compared() -> None:
    stored = told("A")
    newer = LPR_FIRST + 2 * load_lpr().one_year_mbp.size
    for tag in (0, newer):
        stored.lending("A", "2021Q4", INCLUSIVE, 100 * YI, 435_000, tag=tag)

    assert row_of(stored, "A")["lpr_spread_status"] == "not_determinable"


def test_new_lending_is_shown_by_guarantee_and_by_policy_tag() -> None:
    stored = told("A")
    stored.lending("A", "2021Q4", INCLUSIVE, 9 * YI, 400_000)
    credit, renewal = guarantee_tag(GuaranteeKind.CREDIT), policy_tag(PolicyTag.RENEWAL)
    stored.lending("A", "2021Q4", INCLUSIVE, 5 * YI, 400_000, tag=credit)
    stored.lending("A", "2021Q4", INCLUSIVE, 2 * YI, 400_000, tag=renewal)
    stored.total("A", "2021Q4", INCLUSIVE, FIRST_LOAN_TAG, draw_borrower_count=31)

    row = row_of(stored, "A")

    assert row["new_lending_minor"] == 9 * YI
    assert row["new_lending_by_guarantee"]["credit"] == 5 * YI
    assert row["new_lending_by_tag"] == {
        "first_loan": 0,
        "renewal": 2 * YI,
        "deferral": 0,
        "credit_support": 0,
        "manufacturing_long_term": 0,
    }
    assert row["first_loan_borrower_count"] == 31


def test_the_change_on_a_year_before_is_of_unrounded_rates() -> None:
    stored = told("A")
    stored.lending("A", "2020Q4", INCLUSIVE, 100 * YI, 460_449)
    stored.lending("A", "2021Q4", INCLUSIVE, 100 * YI, 450_451)

    row = row_of(stored, "A")

    assert (row["new_rate_percent"], row["new_rate_change_yoy_bp"]) == ("4.50", "-10.0")


def test_a_bank_that_is_absent_has_no_rate_and_is_named_in_the_aggregate() -> None:
    stored = told("A")
    stored.bank("B", "2021-09-30")
    stored.balance("B", "2019Q4", 2 * YI, 100)
    stored.lending("A", "2021Q4", INCLUSIVE, 100 * YI, 400_000)

    row = row_of(stored, "B")
    assert (row["new_rate_status"], row["new_lending_minor"]) == ("not_reported", "")
    province = row_of(stored, "region:province")
    assert (province["missing"], province["is_preliminary"]) == (
        [{"zh": "B银行", "en": "Bank B"}],
        False,
    )


def test_an_aggregate_rate_needs_its_coverage() -> None:
    stored = told("A")
    stored.bank("B", "2021-09-30")
    stored.balance("B", "2019Q4", 100 * YI, 100)
    stored.lending("A", "2021Q4", INCLUSIVE, 100 * YI, 400_000)

    row = row_of(stored, "region:province")

    assert (row["new_rate_percent"], row["new_rate_status"]) == ("", "coverage_too_low")
    assert row["coverage_percent"] == "90.91"


@pytest.mark.parametrize("rate_mbp", [435_000, None])
def test_a_position_may_carry_new_lending_and_its_rate(rate_mbp: int | None) -> None:
    stored = StoredTotals()
    stored.bank("A")
    for number in range(1, 5):
        facts = {"new_lending_minor": number * YI, "new_lending_rate_mbp": rate_mbp}
        stored.position("A", f"2021Q{number}", 100 * YI, **facts)

    row = row_of(stored, "A")

    assert (row["new_lending_minor"], row["ytd_lending_minor"]) == (4 * YI, 10 * YI)
    assert row["source"] == "position"
    expected = ("4.35", "ok") if rate_mbp else ("", "not_reported")
    assert (row["new_rate_percent"], row["new_rate_status"]) == expected
    assert (row["ytd_rate_percent"], row["ytd_rate_status"]) == expected
    assert row["outstanding_rate_status"] == "not_reported"


def test_a_year_with_a_missing_quarter_has_no_year_to_date_figure() -> None:
    stored = StoredTotals()
    stored.bank("A")
    for number in (1, 2, 4):
        facts = {"new_lending_minor": YI, "new_lending_rate_mbp": 400_000}
        stored.position("A", f"2021Q{number}", 100 * YI, **facts)

    row = row_of(stored, "A")

    assert (row["new_rate_status"], row["ytd_rate_status"]) == ("ok", "not_reported")
    assert row["ytd_lending_minor"] == ""


def test_flows_of_the_quarter_in_which_balances_were_brought_forward_are_not_known() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.total(
        "A",
        "2021Q3",
        Population.ALL,
        brought_forward_minor=100 * YI,
        balance_change_minor=100 * YI,
    )
    stored.lending("A", "2021Q4", INCLUSIVE, YI, 400_000)

    assert row_of(stored, "A", "2021Q3")["new_rate_status"] == "not_determinable"
    assert row_of(stored, "A")["new_rate_percent"] == "4.00"
    assert row_of(stored, "A")["ytd_rate_status"] == "not_determinable"


def test_a_year_known_from_two_sources_has_no_year_to_date_figure() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-06-30")
    stored.balance("A", "2020Q4", 100 * YI, 60)
    for number in range(1, 5):
        stored.lending("A", f"2021Q{number}", INCLUSIVE, YI, 400_000)
    for number in (3, 4):
        facts = {"new_lending_minor": YI, "new_lending_rate_mbp": 400_000}
        stored.position("A", f"2021Q{number}", 100 * YI, **facts)

    assert row_of(stored, "A", "2021Q2")["ytd_rate_status"] == "ok"
    row = row_of(stored, "A")
    assert (row["new_rate_status"], row["ytd_rate_status"]) == ("ok", "not_reported")


def test_events_and_a_position_of_one_quarter_are_not_added() -> None:
    stored = told("A")
    stored.lending("A", "2021Q4", INCLUSIVE, 3 * YI, 400_000)
    facts = {"new_lending_minor": 9 * YI, "new_lending_rate_mbp": 700_000}
    stored.position("A", "2021Q4", 100 * YI, **facts)

    row = row_of(stored, "A")

    assert (row["new_lending_minor"], row["new_rate_percent"]) == (3 * YI, "4.00")
    assert row["source"] == "loan_level"


def test_there_is_no_change_between_two_sources() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2021Q1", 100 * YI, 60)
    stored.lending("A", "2021Q4", INCLUSIVE, YI, 400_000)
    facts = {"new_lending_minor": YI, "new_lending_rate_mbp": 400_000}
    stored.position("A", "2020Q4", 100 * YI, **facts)

    row = row_of(stored, "A")

    assert (row["new_rate_percent"], row["new_rate_change_yoy_bp"]) == ("4.00", "")


def test_a_group_of_which_nobody_has_ever_reported_has_no_rate() -> None:
    stored = told("A")
    stored.bank("silent", peer_group="policy")

    row = row_of(stored, "peer:policy")

    assert (row["new_rate_status"], row["new_lending_minor"]) == ("not_reported", "")
    assert row["non_performing_status"] == "not_reported"
