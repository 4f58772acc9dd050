from infra.answers import bridge_rows
from schemas.codes import Basis, Population
from schemas.quarter import Quarter
from tests.stored_totals import FEN_PER_YI, StoredTotals

YI = FEN_PER_YI


def test_the_bridge_closes_and_names_a_difference_that_it_finds() -> None:
    stored = StoredTotals()
    stored.bank("A", "2021-12-31")
    stored.balance("A", "2020Q4", 100 * YI, 60)
    stored.balance("A", "2021Q2", 30 * YI)
    stored.balance("A", "2021Q4", -20 * YI)
    stored.total("A", "2021Q4", reclassified_minor=-3 * YI, balance_change_minor=-3 * YI)
    stored.total("A", "2021Q4", moved_out_minor=2 * YI, balance_change_minor=-2 * YI)
    asked = {"quarter": Quarter(2021, 4), "population": Population.INCLUSIVE}

    quarter = bridge_rows(stored.results(), **asked)[0]
    year = bridge_rows(stored.results(), **asked, basis=Basis.YTD, bank_id="A")[0]

    assert (quarter["opening_minor"], quarter["closing_minor"]) == (130 * YI, 105 * YI)
    assert (quarter["repaid_minor"], quarter["reclassified_minor"]) == (20 * YI, -3 * YI)
    assert (year["opening_minor"], year["disbursed_minor"]) == (100 * YI, 30 * YI)
    assert [row["difference_minor"] for row in (quarter, year)] == [0, 0]

    stored.total("A", "2021Q4", repaid_minor=1)
    assert bridge_rows(stored.results(), **asked)[0]["difference_minor"] == -1
    assert bridge_rows(stored.results(), **asked, bank_id="B") == []
