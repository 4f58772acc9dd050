"""Borrowers of an aggregate: over the banks of the balance beside them, or not at all."""

from infra.distinct_answers import distinct_rows
from schemas.codes import Basis, Population
from schemas.quarter import Quarter
from tests.processors.test_aggregates import Q4, YI, add, aggregate
from tests.stored_totals import StoredTotals


def never(*_asked: object) -> int:
    raise AssertionError("nobody can count these borrowers once each")


def by_events_only(bank_ids, *_asked: object) -> int:
    assert list(bank_ids) == ["A"]
    return 55


def with_position(**facts: int) -> StoredTotals:
    """One bank known by events, and one by positions."""
    stored = StoredTotals()
    add(stored, "A", 100, 120)
    stored.bank("P", peer_group="policy")
    stored.position("P", "2020Q4", 100 * YI, **facts)
    stored.position("P", "2021Q4", 110 * YI, **facts)
    return stored


class FakeCounted:
    """Counts 10 borrowers at every bank, of which one is at all of them."""

    def counts(self, groups, population: Population) -> list[tuple[int, int]]:
        assert population in Population
        return [(10 * len(banks), 9 * len(banks) + 1) for banks in groups]


def test_borrowers_are_added_up_over_the_banks_of_the_balance() -> None:
    stored = StoredTotals()
    add(stored, "A", 100, 120)
    stored.bank("new", "2021-12-31", opened_on="2021-05-01")
    stored.balance("new", "2021Q2", 500 * YI, 70)

    row = aggregate(stored)
    assert (row["latest_minor"], row["borrower_count"]) == (120 * YI, 60)
    row = aggregate(stored, basis=Basis.QOQ)
    assert (row["latest_minor"], row["borrower_count"]) == (620 * YI, 130)


def test_where_no_balance_is_shown_there_are_no_borrowers_either() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2021Q4", 300 * YI, 70)
    stored.bank("late")

    row = aggregate(stored)

    assert (row["latest_minor"], row["latest_status"]) == ("", "not_reported")
    assert (row["borrower_count"], row["borrower_count_status"]) == ("", "not_reported")
    assert (row["borrower_change_ytd"], row["borrower_change_yoy"]) == ("", "")


def test_under_the_printed_coverage_neither_balance_nor_borrowers_are_shown() -> None:
    stored = StoredTotals()
    add(stored, "A", 900, 1000)
    add(stored, "late", 100, None)

    row = aggregate(stored, distinct=never)

    shown = ("base_minor", "latest_minor", "borrower_count", "distinct_borrower_count")
    assert [row[key] for key in shown] == [""] * 4
    statuses = ("status", "latest_status", "borrower_count_status", "distinct_borrower_status")
    assert {row[key] for key in statuses} == {"coverage_too_low"}


def test_borrowers_that_one_bank_did_not_tell_leave_the_sum_open() -> None:
    row = aggregate(with_position(), distinct=by_events_only)

    assert row["latest_minor"] == 230 * YI
    assert (row["borrower_count"], row["borrower_count_status"]) == ("", "not_reported")
    assert row["distinct_borrower_status"] == "not_reported"


def test_borrowers_known_by_a_position_are_not_counted_once_each() -> None:
    stored = with_position(borrower_count=40)

    for code, count in (("region:province", 100), ("peer:policy", 40)):
        row = aggregate(stored, code, distinct=by_events_only)
        assert row["borrower_count"] == count
        assert row["distinct_borrower_count"] == ""
        assert row["distinct_borrower_status"] == "not_determinable"
    row = aggregate(stored, "peer:rural", distinct=by_events_only)
    assert (row["distinct_borrower_count"], row["distinct_borrower_status"]) == (55, "ok")


def test_the_pages_count_the_banks_of_the_sum_and_leave_out_what_cannot_be_counted() -> None:
    stored = with_position(borrower_count=40)
    stored.bank("new", "2021-12-31", opened_on="2021-05-01")
    stored.balance("new", "2021Q2", 500 * YI, 70)

    rows = distinct_rows(stored.results(), FakeCounted(), Q4)[Population.INCLUSIVE]

    found = {(row["bank_id"], row["basis"]): row for row in rows}
    assert not [key for key in found if key[0] == "peer:policy"]
    assert ("region:province", "ytd") not in found
    assert found["region:province", "qoq"]["counted_bank_count"] == 2  # There P is missing.
    assert found["peer:rural", "ytd"]["counted_bank_count"] == 1
    assert found["peer:rural", "qoq"]["distinct_borrower_count"] == 19
    before = distinct_rows(stored.results(), FakeCounted(), Quarter(1999, 1))
    assert before[Population.INCLUSIVE] == []
