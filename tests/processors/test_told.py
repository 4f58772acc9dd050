"""Where a bank has not said whose loans they are, there is no figure: see method.md#determinable."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.answers import bridge_rows, coverage_rows, growth_rows, rate_rows
from infra.distinct_answers import distinct_rows
from infra.headings import shown
from infra.reference_data import load_methodology
from processors.grading.run import grade
from schemas.codes import Basis, Grade, Population
from schemas.quarter import Quarter
from schemas.tags import FIRST_LOAN_TAG, LPR_FIRST
from tests.processors.test_grading import add as add_graded
from tests.processors.test_grading import by_bank, eight, run_of
from tests.stored_totals import FEN_PER_YI, StoredTotals

YI = FEN_PER_YI
Q4 = Quarter(2021, 4)
PERSONS, LINES = Population.UNPROFILED_BUSINESS, Population.NO_CREDIT_LINE
WITH_PERSONS = (
    Population.PRIVATE_WITH_OWNERS,
    Population.SMALL_MICRO,
    Population.INCLUSIVE,
    Population.PBOC_INCLUSIVE,
)
WITH_LINES = (Population.INCLUSIVE, Population.PBOC_INCLUSIVE)
EVERY_POPULATION = tuple(Population)
TOLD = tuple(population for population in Population if population not in {PERSONS, LINES})
LPR_2021_12_1Y = LPR_FIRST + 2 * 28


def lend(
    stored: StoredTotals, bank_id: str, quarter: str, population: Population, fen: int
) -> None:
    stored.balance(bank_id, quarter, fen, populations=(population,))


def bank(stored: StoredTotals, base: int, latest: int, bank_id: str = "A", **register) -> None:
    """Add a bank that is present; its balance in every population but those of untold loans."""
    stored.bank(bank_id, "2021-12-31", **register)
    stored.balance(bank_id, "2020Q3", base, 60, populations=TOLD)
    if latest != base:
        stored.balance(bank_id, "2021Q4", latest - base, populations=TOLD)


def growth_row(stored: StoredTotals, bank_id: str = "A", **asked) -> dict:
    asked.setdefault("population", Population.INCLUSIVE)
    rows = growth_rows(stored.results(), quarter=Q4, **asked)
    return next(row for row in rows if row["bank_id"] == bank_id)


def rate_row(stored: StoredTotals, bank_id: str = "A") -> dict:
    rows = rate_rows(stored.results(), quarter=Q4, population=Population.INCLUSIVE)
    return next(row for row in rows if row["bank_id"] == bank_id)


@pytest.mark.parametrize("population", TOLD, ids=str)
@pytest.mark.parametrize(("untold", "affected"), [(PERSONS, WITH_PERSONS), (LINES, WITH_LINES)])
def test_what_a_bank_did_not_say_matters_to_the_populations_that_need_it(
    untold: Population, affected: tuple[Population, ...], population: Population
) -> None:
    stored = StoredTotals()
    bank(stored, 100 * YI, 110 * YI)
    lend(stored, "A", "2020Q3", untold, 100 * YI)

    row = growth_row(stored, population=population)

    is_hit = population in affected
    assert row["status"] == ("not_determinable" if is_hit else "ok")
    assert row["growth_percent"] == ("" if is_hit else "10.0")


@pytest.mark.parametrize(
    ("known", "untold", "status"),
    [
        (95 * YI, 5 * YI, "ok"),  # 5 % of 100 亿元: the limit is inside.
        (95 * YI, 5 * YI + 1, "not_determinable"),
        (95 * YI - 1, 5 * YI, "not_determinable"),
        (0, 1, "not_determinable"),
        (0, 0, "no_base"),
        (0, -1, "no_base"),  # Repaid more than was lent: nothing is untold.
        (-YI, 1, "not_determinable"),
    ],
)
@pytest.mark.parametrize("untold_loans", [PERSONS, LINES])
def test_a_figure_needs_all_but_a_twentieth_of_the_loans_told(
    untold_loans: Population, known: int, untold: int, status: str
) -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.total("A", "2020Q3", Population.ALL, balance_change_minor=1)
    for population, fen in ((Population.INCLUSIVE, known), (untold_loans, untold)):
        stored.total("A", "2020Q3", population, balance_change_minor=fen, borrower_change_count=60)

    assert growth_row(stored)["status"] == status


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**16), st.integers(0, 10**16), st.integers(0, 10**16))
def test_the_limit_is_decided_on_integers_of_any_size(known: int, persons: int, lines: int) -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.total("A", "2021Q4", Population.ALL, balance_change_minor=1)
    amounts = ((Population.INCLUSIVE, known), (PERSONS, persons), (LINES, lines))
    for population, fen in amounts:
        stored.total("A", "2021Q4", population, balance_change_minor=fen)

    results = stored.results()

    at = (0, EVERY_POPULATION.index(Population.INCLUSIVE), results.quarter_place(Q4))
    untold = persons + lines
    assert bool(results.told.levels[at]) == (100 * untold <= 5 * (known + untold))


def test_two_small_untold_parts_are_one_large_one_and_both_are_named() -> None:
    stored = StoredTotals()
    bank(stored, 100 * YI, 110 * YI)
    for untold in (PERSONS, LINES):
        lend(stored, "A", "2020Q3", untold, 4 * YI)

    assert growth_row(stored, population=Population.SMALL_MICRO)["status"] == "ok"
    row = growth_row(stored)

    assert row["status_zh"] == "无法判定（经营者类型未报、授信未报）"
    assert row["status_en"] == (
        "Cannot be determined (kind of person not reported, credit line not reported)"
    )
    assert shown("growth", [row], "zh")[0]["growth_percent"] == row["status_zh"]


@pytest.mark.parametrize(("since", "until"), [("2020Q3", "2021Q1"), ("2021Q3", None)])
def test_growth_needs_both_of_its_ends_told(since: str, until: str | None) -> None:
    stored = StoredTotals()
    bank(stored, 100 * YI, 110 * YI)
    lend(stored, "A", since, LINES, 50 * YI)
    if until:
        lend(stored, "A", until, LINES, -50 * YI)

    row = growth_row(stored)

    assert (row["status"], row["growth_percent"]) == ("not_determinable", "")
    assert row["status_zh"] == "无法判定（授信未报）"
    # The end that is told is a balance all the same.
    assert (row["base_minor"], row["latest_minor"]) == (("", 110 * YI) if until else (100 * YI, ""))


def test_a_few_loans_that_are_told_never_pass_for_the_lending_of_the_bank() -> None:
    """A bank that tells of one loan in a hundred: a balance of 1 亿元, which did not move."""
    stored = StoredTotals()
    bank(stored, YI, YI)
    lend(stored, "A", "2020Q3", PERSONS, 99 * YI)

    row = growth_row(stored, population=Population.SMALL_MICRO, distinct=None)

    figures = ("base_minor", "latest_minor", "growth_percent", "growth_restored_percent")
    figures += ("gap_to_all_pp", "reaches_30_percent", "borrower_count")
    figures += ("borrower_change_ytd", "borrower_change_yoy")
    assert [row[key] for key in figures] == [""] * 9
    statuses = ("status", "restored_status", "gap_status", "latest_status")
    assert {row[key] for key in (*statuses, "borrower_count_status")} == {"not_determinable"}
    assert row["source"] == "none"


def test_rates_have_the_status_too_and_say_what_is_missing() -> None:
    stored = StoredTotals()
    bank(stored, 100 * YI, 110 * YI)
    for population in (Population.INCLUSIVE, Population.ALL):
        stored.lending("A", "2021Q4", population, YI, 400_000)
        stored.lending("A", "2021Q4", population, YI, 400_000, tag=LPR_2021_12_1Y)
        stored.total("A", "2021Q4", population, FIRST_LOAN_TAG, draw_borrower_count=3)
    assert rate_row(stored)["new_rate_status"] == "ok"
    lend(stored, "A", "2020Q3", LINES, 50 * YI)

    row = rate_row(stored)

    names = ("new_rate", "ytd_rate", "outstanding_rate", "lpr_spread", "non_performing")
    for name in names:
        assert row[f"{name}_status"] == "not_determinable", name
        assert row[f"{name}_status_zh"] == "无法判定（授信未报）", name
    assert row["new_lending_status"] == row["first_loan_status"] == "not_determinable"
    assert row["new_rate_change_yoy_status"] == "not_determinable"
    figures = ("new_lending_minor", "new_rate_percent", "ytd_lending_minor", "ytd_rate_percent")
    figures += ("outstanding_minor", "outstanding_rate_percent", "new_rate_change_yoy_bp")
    figures += ("lpr_spread_bp", "lpr_compared_percent", "non_performing_percent")
    assert [row[key] for key in (*figures, "first_loan_borrower_count")] == [""] * 11
    assert (row["new_lending_by_guarantee"], row["new_lending_by_tag"]) == ({}, {})


@pytest.mark.parametrize(("untold", "status"), [(5, "ok"), (6, "not_determinable")])
def test_new_lending_is_judged_by_the_new_lending_that_is_untold(untold: int, status: str) -> None:
    stored = StoredTotals()
    bank(stored, 1000 * YI, 1000 * YI)
    stored.lending("A", "2021Q2", Population.INCLUSIVE, 95 * YI, 400_000)
    stored.lending("A", "2021Q2", LINES, untold * YI, 400_000)
    stored.lending("A", "2021Q4", Population.INCLUSIVE, 95 * YI, 400_000)

    results = stored.results()
    asked = {"population": Population.INCLUSIVE, "bank_id": "A"}
    (spring,) = rate_rows(results, quarter=Quarter(2021, 2), **asked)
    (winter,) = rate_rows(results, quarter=Q4, **asked)

    assert spring["new_rate_status"] == status
    assert spring["outstanding_rate_status"] == "ok"
    # The year holds the quarter in which it was not told; the quarter after does not.
    assert (winter["new_rate_status"], winter["ytd_rate_status"]) == ("ok", status)
    if status != "ok":
        assert winter["ytd_rate_status_zh"] == "无法判定（授信未报）"


def test_a_position_counts_where_events_do_not_tell() -> None:
    stored = StoredTotals()
    bank(stored, YI, YI)
    lend(stored, "A", "2020Q3", LINES, 50 * YI)
    for quarter, balance in (("2020Q4", 40), ("2021Q4", 44)):
        facts = {"borrower_count": 70, "new_lending_minor": YI, "new_lending_rate_mbp": 450_000}
        stored.position("A", quarter, balance * YI, **facts)

    row, rates = growth_row(stored), rate_row(stored)

    assert (row["growth_percent"], row["source"]) == ("10.0", "position")
    assert (row["latest_minor"], row["borrower_count"]) == (44 * YI, 70)
    assert (rates["new_rate_percent"], rates["source"]) == ("4.50", "position")
    assert rates["outstanding_rate_status"] == "not_determinable"


def with_untold(untold: int, **register) -> StoredTotals:
    """One bank of 950 亿元 that tells everything, and one of 10 that leaves ``untold`` open."""
    stored = StoredTotals()
    bank(stored, 950 * YI, 1045 * YI, "A")
    bank(stored, 10 * YI, 10 * YI, "open", **register)
    lend(stored, "open", "2020Q3", PERSONS, untold * YI)
    return stored


@pytest.mark.parametrize(
    ("untold", "coverage", "status"), [(40, "95.00", "ok"), (41, "94.91", "coverage_too_low")]
)
def test_an_aggregate_leaves_such_a_bank_out_and_weighs_it_by_the_most_it_may_hold(
    untold: int, coverage: str, status: str
) -> None:
    row = growth_row(with_untold(untold), "region:province")

    assert (row["coverage_percent"], row["status"]) == (coverage, status)
    assert (row["is_preliminary"], row["unknown_weight_bank_count"]) == (True, 0)
    assert row["growth_percent"] == ("10.0" if status == "ok" else "")
    # The gap is over the same banks, although the other one's loans are known in all.
    assert row["gap_to_all_pp"] == ("0.0" if status == "ok" else "")
    assert row["base_minor"] == (950 * YI if status == "ok" else "")
    assert row["missing"] == [
        {"zh": "open银行（无法判定）", "en": "Bank open (cannot be determined)"}
    ]
    assert row["new_banks"] == []


def test_the_rates_of_an_aggregate_leave_such_a_bank_out_too() -> None:
    stored = StoredTotals()
    bank(stored, 950 * YI, 950 * YI)
    bank(stored, 10 * YI, 10 * YI, "open")
    lend(stored, "open", "2020Q3", PERSONS, 40 * YI)
    stored.lending("A", "2021Q4", Population.INCLUSIVE, YI, 400_000)
    stored.lending("open", "2021Q4", Population.INCLUSIVE, YI, 900_000)

    row = rate_row(stored, "region:province")

    assert (row["new_rate_percent"], row["coverage_percent"]) == ("4.00", "95.00")
    assert [name["zh"] for name in row["missing"]] == ["open银行（无法判定）"]


def test_a_bank_that_tells_only_now_has_a_base_that_nobody_knows_and_is_not_new() -> None:
    stored = with_untold(40)
    lend(stored, "open", "2021Q4", PERSONS, -40 * YI)

    row = growth_row(stored, "region:province")

    assert (row["new_banks"], row["base_minor"]) == ([], 950 * YI)
    assert [name["en"] for name in row["missing"]] == ["Bank open (cannot be determined)"]
    # At the latest end alone the bank is there: its rates count.
    assert rate_row(stored, "region:province")["missing"] == []


def test_a_bank_without_a_base_is_new_whatever_it_leaves_untold() -> None:
    stored = StoredTotals()
    bank(stored, 950 * YI, 1045 * YI)
    stored.bank("new", "2021-12-31", opened_on="2021-05-01")
    stored.total("new", "2021Q2", Population.ALL, balance_change_minor=60 * YI)
    lend(stored, "new", "2021Q2", PERSONS, 60 * YI)

    row = growth_row(stored, "region:province")

    assert [name["zh"] for name in row["new_banks"]] == ["new银行"]
    assert (row["missing"], row["coverage_percent"]) == ([], "100.00")


def test_a_bank_that_closed_with_a_base_that_nobody_knows_is_missing() -> None:
    row = growth_row(with_untold(40, closed_on="2021-06-30"), "region:province")

    assert (row["closed_banks"], row["coverage_percent"]) == ([], "95.00")
    assert [name["en"] for name in row["missing"]] == ["Bank open (cannot be determined)"]


def test_where_no_bank_tells_the_aggregate_cannot_be_determined_either() -> None:
    stored = StoredTotals()
    bank(stored, YI, YI)
    lend(stored, "A", "2020Q3", PERSONS, 99 * YI)
    results = stored.results()

    row, rates = growth_row(stored, "region:province"), rate_row(stored, "region:province")
    province, by_bank_row = (
        next(
            row
            for row in coverage_rows(results, quarter=Q4, population=Population.INCLUSIVE)
            if row["bank_id"] == code
        )
        for code in ("region:province", "A")
    )

    assert (row["status"], row["latest_status"]) == ("not_determinable", "not_determinable")
    assert (row["latest_minor"], row["borrower_count"]) == ("", "")
    assert row["borrower_count_status"] == "not_determinable"
    for name in ("new_rate", "outstanding_rate", "lpr_spread", "non_performing"):
        assert rates[f"{name}_status"] == "not_determinable", name
    assert province["coverage_status_zh"] == "无法判定"
    # The bank is not late: it has reported.
    assert (by_bank_row["is_present"], by_bank_row["source"]) == (True, "loan_level")


class NoCounts:
    def counts(self, groups, population: Population) -> list[tuple[int, int]]:
        return [(0, 0) for _ in groups]


def test_borrowers_are_not_counted_once_each_where_they_are_not_told() -> None:
    stored = StoredTotals()
    bank(stored, YI, YI)
    lend(stored, "A", "2020Q3", PERSONS, 99 * YI)

    rows = distinct_rows(stored.results(), NoCounts(), Q4)

    assert rows[Population.INCLUSIVE] == []
    assert len(rows[Population.PRIVATE]) > 0


@pytest.mark.parametrize(("since", "status"), [("2020Q4", "not_determinable"), ("2021Q1", "ok")])
def test_there_is_no_bridge_from_or_to_a_balance_that_is_not_told(since: str, status: str) -> None:
    stored = StoredTotals()
    bank(stored, 100 * YI, 110 * YI)
    lend(stored, "A", since, LINES, 50 * YI)
    lend(stored, "A", "2021Q3", LINES, -50 * YI)
    asked = {"quarter": Q4, "population": Population.INCLUSIVE, "basis": Basis.YTD}

    (row,) = bridge_rows(stored.results(), **asked)

    assert row["status"] == status
    assert (row["opening_minor"] == "") == (status != "ok")
    if status != "ok":
        assert row["status_en"] == "Cannot be determined (credit line not reported)"


def test_a_bank_whose_graded_figure_is_not_told_is_not_rated_and_the_reason_says_what() -> None:
    stored = eight()
    add_graded(stored, "open", 99)
    lend(stored, "open", "2021Q4", PERSONS, 50 * YI)

    graded = by_bank(run_of(stored))["open"]

    assert graded.grade == Grade.NOT_RATED
    assert [reason.zh for reason in graded.reasons] == [
        "小微企业贷款增速（较年初）：无法判定（经营者类型未报），不予评级。",
        "小微企业新发放贷款利率：无法判定（经营者类型未报），不予评级。",
    ]
    assert graded.reasons[0].en == (
        "Growth of lending to small and micro firms since the start of the year: cannot be "
        "determined (kind of person not reported), so the bank is not rated."
    )


def test_untold_loans_are_an_input_of_the_grading_that_they_decide() -> None:
    run = run_of(eight())
    persons, lines = eight(), eight()
    lend(persons, "B0", "2021Q4", PERSONS, 1)
    lend(lines, "B0", "2021Q4", LINES, 1)

    assert run_of(persons).run_id != run.run_id
    # No graded population needs a credit line.
    assert grade(lines.results(), load_methodology(), Q4).run_id == run.run_id
