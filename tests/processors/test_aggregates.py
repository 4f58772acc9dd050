import pytest

from infra.answers import coverage_rows, growth_rows, rate_rows
from schemas.codes import Basis, Population
from schemas.quarter import Quarter
from tests.stored_totals import FEN_PER_YI, StoredTotals

YI = FEN_PER_YI
Q4 = Quarter(2021, 4)


def add(stored: StoredTotals, bank_id: str, base: int, latest: int | None, **register) -> None:
    """Add a bank in 亿元; one whose latest is None stopped reporting in September."""
    stored.bank(bank_id, "2021-09-30" if latest is None else "2021-12-31", **register)
    stored.balance(bank_id, "2020Q4", base * YI, 60)
    if latest is not None:
        stored.balance(bank_id, "2021Q4", (latest - base) * YI)


def aggregate(stored: StoredTotals, code: str = "region:province", **asked) -> dict:
    rows = growth_rows(stored.results(), quarter=Q4, population=Population.INCLUSIVE, **asked)
    return next(row for row in rows if row["bank_id"] == code)


def named(bank: str) -> dict[str, str]:
    return {"zh": f"{bank}银行", "en": f"Bank {bank}"}


def test_a_late_bank_does_not_look_like_a_fall_in_lending() -> None:
    stored = StoredTotals()
    add(stored, "A", 990, 1089)
    add(stored, "B", 10, None)

    row = aggregate(stored)

    assert (row["growth_percent"], row["coverage_percent"]) == ("10.0", "99.00")
    assert (row["missing"], row["is_preliminary"], row["status"]) == ([named("B")], False, "ok")
    assert (row["base_minor"], row["unit_count"]) == (990 * YI, 1)


@pytest.mark.parametrize(
    ("present", "missing", "is_preliminary", "status"),
    [
        (9_900, 100, False, "ok"),
        (9_899, 101, True, "ok"),
        (9_500, 500, True, "ok"),
        (9_499, 501, True, "coverage_too_low"),
    ],
)
def test_coverage_is_decided_on_integers(
    present: int, missing: int, is_preliminary: bool, status: str
) -> None:
    stored = StoredTotals()
    add(stored, "A", present, present)
    add(stored, "B", missing, None)

    row = aggregate(stored)

    assert (row["is_preliminary"], row["status"]) == (is_preliminary, status)
    assert (row["growth_percent"] == "") == (status != "ok")


def test_a_missing_bank_of_unknown_weight_leaves_the_figure_preliminary() -> None:
    stored = StoredTotals()
    add(stored, "A", 1000, 1100)
    stored.bank("silent")

    row = aggregate(stored)

    assert (row["growth_percent"], row["coverage_percent"]) == ("10.0", "100.00")
    assert (row["missing"], row["new_banks"]) == ([named("silent")], [])
    assert (row["is_preliminary"], row["unknown_weight_bank_count"]) == (True, 1)
    covered = coverage_rows(stored.results(), quarter=Q4, population=Population.INCLUSIVE)
    province = next(row for row in covered if row["bank_id"] == "region:province")
    assert (province["coverage_status"], province["unknown_weight_bank_count"]) == (
        "preliminary",
        1,
    )
    rates = rate_rows(stored.results(), quarter=Q4, population=Population.INCLUSIVE)
    province = next(row for row in rates if row["bank_id"] == "region:province")
    assert (province["is_preliminary"], province["unknown_weight_bank_count"]) == (True, 1)


def test_a_missing_bank_whose_base_is_known_to_be_zero_has_a_weight() -> None:
    stored = StoredTotals()
    add(stored, "A", 1000, 1100)
    stored.bank("empty")
    stored.position("empty", "2020Q4", 0)

    row = aggregate(stored)

    assert (row["missing"], row["is_preliminary"]) == ([named("empty")], False)
    assert row["unknown_weight_bank_count"] == 0


def test_a_new_bank_is_named_and_outside_both_sides() -> None:
    stored = StoredTotals()
    add(stored, "A", 1000, 1100)
    stored.bank("new", "2021-12-31", opened_on="2021-05-01")
    stored.balance("new", "2021Q2", 500 * YI, 60)

    row = aggregate(stored)

    assert (row["growth_percent"], row["coverage_percent"]) == ("10.0", "100.00")
    assert (row["new_banks"], row["missing"]) == ([named("new")], [])


def test_a_bank_that_closed_in_between_counts_with_its_base_and_nothing_now() -> None:
    stored = StoredTotals()
    add(stored, "A", 900, 1100)  # Took over 150 of the bank that closed.
    add(stored, "gone", 100, None, closed_on="2021-11-30")

    row = aggregate(stored)

    assert (row["growth_percent"], row["coverage_percent"]) == ("10.0", "100.00")
    assert (row["closed_banks"], row["missing"]) == ([named("gone")], [])


def test_a_bank_that_closed_before_the_base_is_in_nothing() -> None:
    stored = StoredTotals()
    add(stored, "A", 1000, 1100)
    stored.bank("old", "2020-06-30", closed_on="2020-06-30")
    stored.balance("old", "2020Q1", 500 * YI, 60)

    row = aggregate(stored)

    assert (row["missing"], row["closed_banks"], row["new_banks"]) == ([], [], [])
    rows = growth_rows(stored.results(), quarter=Q4, population=Population.INCLUSIVE)
    assert "old" not in [row["bank_id"] for row in rows]


def test_qingdao_the_city_and_the_peer_group_are_read_from_the_register() -> None:
    stored = StoredTotals()
    add(stored, "A", 100, 120)
    add(stored, "B", 100, 110, is_qingdao=True, city="370200", peer_group="city_commercial")

    found = {
        code: aggregate(stored, code)["growth_percent"]
        for code in (
            "region:province",
            "region:province_ex_qingdao",
            "region:qingdao",
            "peer:rural",
            "peer:city_commercial",
            "city:370100",
            "city:370200",
        )
    }

    assert list(found.values()) == ["15.0", "20.0", "10.0", "20.0", "10.0", "20.0", "10.0"]
    assert aggregate(stored, "city:370200")["bank_name"] == "青岛市"


def test_a_bank_that_is_not_registered_is_shown_but_in_no_aggregate() -> None:
    stored = StoredTotals()
    add(stored, "A", 100, 120)
    add(stored, "wild", 100, 900, is_registered=False)

    rows = growth_rows(stored.results(), quarter=Q4, population=Population.INCLUSIVE)
    wild = next(row for row in rows if row["bank_id"] == "wild")

    assert (wild["growth_percent"], wild["is_registered"]) == ("800.0", False)
    assert aggregate(stored)["growth_percent"] == "20.0"


def test_units_of_both_sources_add_up_and_the_source_says_so() -> None:
    stored = StoredTotals()
    add(stored, "A", 100, 120)
    stored.bank("B")
    stored.position("B", "2020Q4", 100 * YI)
    stored.position("B", "2021Q4", 110 * YI)

    row = aggregate(stored)

    assert (row["growth_percent"], row["source"]) == ("15.0", "mixed")
    assert row["restored_status"] == "not_reported"


def test_published_totals_are_never_summed() -> None:
    stored = StoredTotals()
    add(stored, "A", 100, 120)
    stored.published("rural", "2020Q4", 100 * YI)
    stored.published("rural", "2021Q4", 900 * YI)

    assert aggregate(stored, "peer:rural")["growth_percent"] == "20.0"
    assert aggregate(stored, "rural")["growth_percent"] == "800.0"


def test_distinct_borrowers_are_counted_by_whoever_can() -> None:
    stored = StoredTotals()
    add(stored, "A", 100, 120)
    add(stored, "B", 100, 120)
    add(stored, "late", 1, None)

    def distinct(bank_ids, population, quarter) -> int:
        assert (list(bank_ids), population, quarter) == (["A", "B"], Population.INCLUSIVE, Q4)
        return 90

    row = aggregate(stored, distinct=distinct)

    assert (row["borrower_count"], row["distinct_borrower_count"]) == (120, 90)
    assert row["distinct_borrower_status"] == "ok"
    row = aggregate(stored)
    assert (row["distinct_borrower_count"], row["distinct_borrower_status"]) == ("", "")


def test_the_gap_of_an_aggregate_needs_the_same_banks_on_both_sides() -> None:
    stored = StoredTotals()
    add(stored, "A", 100, 120)
    assert aggregate(stored)["gap_to_all_pp"] == "0.0"

    stored.bank("B")
    stored.position("B", "2020Q4", 100 * YI)
    stored.position("B", "2021Q4", 110 * YI)
    row = aggregate(stored)
    assert (row["gap_to_all_pp"], row["gap_status"]) == ("", "not_reported")


def test_a_bank_that_opens_later_is_not_missing_yet() -> None:
    stored = StoredTotals()
    add(stored, "A", 1000, 1100)
    stored.bank("next", opened_on="2022-01-01")

    row = aggregate(stored)

    assert (row["missing"], row["new_banks"]) == ([], [])


@pytest.mark.parametrize("silent_since", ["2021-09-30", "2021-06-30", "2021-03-31"])
def test_a_bank_that_has_long_been_silent_still_weighs_what_it_last_said(silent_since: str) -> None:
    stored = StoredTotals()
    for bank, complete_to, balance in (("A", "2021-12-31", 5), ("B", silent_since, 95)):
        stored.bank(bank, complete_to)
        stored.balance(bank, "2020Q4", balance * YI, 60)

    asked = {"quarter": Q4, "population": Population.INCLUSIVE}
    growth = growth_rows(stored.results(), basis=Basis.QOQ, **asked)
    rates = rate_rows(stored.results(), **asked)

    for rows in (growth, rates):
        (row,) = [row for row in rows if row["bank_id"] == "region:province"]
        assert row["coverage_percent"] == "5.00"
    assert next(row for row in growth if row["bank_id"] == "region:province")["status"] == (
        "coverage_too_low"
    )
