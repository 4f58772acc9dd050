"""Distinct borrowers on the overview: they come later than the rest and never hold it up."""

from playwright.sync_api import Browser, expect

from infra.web.distinct import NOTHING, Counted
from infra.web.live import LiveView
from tests.end_to_end.browsing import Served, Visit, cell
from tests.infra.web_story import results_of

ROW = {"bank_id": "region:province", "borrower_count": 900_000, "distinct_borrower_count": 654_321}


class Counts:
    """Answers what a test puts in."""

    def __init__(self) -> None:
        self.answer = NOTHING

    def counted(self, data_version: int, quarter: str, population: str) -> Counted:
        return self.answer


def test_the_page_says_counting_then_the_older_count_with_its_version_then_the_newest(
    browser: Browser,
) -> None:
    live, counts = LiveView(), Counts()
    live.publish(results_of())
    served = Served(live, distinct=counts)
    visit = Visit(browser, served)
    try:
        page = visit.go("/overview")
        shown = page.locator(
            '#groups tr[data-key="region:province"] [data-column="distinct_borrower_count"]'
        )
        expect(shown).to_have_text("计算中")
        summed = visit.rows("growth")["region:province"]["borrower_count"]
        assert cell(page, "groups", "region:province", "borrower_count") == f"{summed:,}"

        counts.answer = Counted("counting", 990, [ROW])
        expect(shown).to_have_text("654,321")
        expect(page.locator("#distinct-age")).to_have_text("去重户数: 数据版本 990, 计算中")
        assert cell(page, "groups", "peer:joint_stock", "distinct_borrower_count") == "覆盖率不足"

        counts.answer = Counted("current", 1007, [ROW | {"distinct_borrower_count": 655_000}])
        expect(shown).to_have_text("655,000")
        expect(page.locator("#distinct-age")).to_be_hidden()
        assert visit.faults == []
    finally:
        visit.context.close()
        served.stop()


def test_a_server_that_counts_nothing_leaves_the_column_in_words(visit: Visit) -> None:
    page = visit.go("/overview?lang=en")

    column = page.locator(
        '#groups tr[data-key="region:qingdao"] [data-column=distinct_borrower_count]'
    )
    expect(column).to_have_text("Not counted")
