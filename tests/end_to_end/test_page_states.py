"""The pages when something is missing, broken or chosen: no charts, no server, no data, a theme.

Screenshots are written to the folder in PUHUI_SHOTS, if that is set.
"""

import os
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from infra.web.live import LiveView
from tests.end_to_end.browsing import VIEWS, Served, Visit, cell, wait_for_version
from tests.infra.web_client import DemoVerbs
from tests.infra.web_story import YI, graded, id_of, results_of
from tests.stored_totals import FEN_PER_YI, StoredTotals


def test_a_page_works_without_its_charts(browser: Browser, served: Served) -> None:
    visit = Visit(browser, served)
    visit.page.route("**/static/plotly.js", lambda route: route.abort())

    page = visit.go("/institutions")

    expect(page.locator("#growth tbody tr")).to_have_count(23)
    expect(page.get_by_text("图表未能载入").first).to_be_visible()
    assert all("plotly" in fault or "ERR_FAILED" in fault for fault in visit.faults)
    visit.context.close()


def test_charts_show_every_bank_that_has_growth(visit: Visit) -> None:
    page = visit.go("/institutions")

    page.wait_for_selector("#dots .point", state="attached")
    known = [
        row
        for row in visit.rows("growth").values()
        if row["kind"] == "bank" and row["growth_percent"]
    ]
    assert page.locator("#dots .point").count() == len(known) == 20
    page.wait_for_selector("#history .point", state="attached")
    with page.expect_download() as saved:
        page.get_by_role("link", name="下载 PNG").first.click()
    assert Path(saved.value.path()).read_bytes().startswith(b"\x89PNG")


def test_a_table_can_be_taken_away_as_csv(visit: Visit) -> None:
    page = visit.go("/institutions?quarter=2021Q3&population=private")

    with page.expect_download() as saved:
        page.get_by_role("link", name="下载 CSV").first.click()

    assert saved.value.suggested_filename == "puhui_synthetic_growth_2021Q3_private_ytd.csv"
    assert Path(saved.value.path()).read_text(encoding="utf-8-sig").count("\n") > 23


def test_the_theme_that_was_chosen_stays(visit: Visit) -> None:
    page = visit.go("/overview")
    ground = "getComputedStyle(document.querySelector('main')).backgroundColor"
    light = page.evaluate(ground)

    button = page.get_by_role("button", name="主题")
    button.click()
    button.click()
    page.reload()

    page.wait_for_selector("html[data-theme=dark]")
    assert page.evaluate(ground) != light


def test_a_lost_connection_is_said_with_the_age_of_the_figures_and_healed(browser: Browser) -> None:
    live = LiveView()
    live.publish(results_of())
    first = Served(live)
    visit = Visit(browser, first)
    page = visit.go("/institutions")
    shown = cell(page, "growth", id_of("B01"), "latest_minor")

    first.stop()
    expect(page.locator("#notice")).to_contain_text("连接中断, 数据截至", timeout=5000)
    assert cell(page, "growth", id_of("B01"), "latest_minor") == shown
    again = LiveView()
    again.publish(results_of(extra_minor=9 * YI, version=1800))
    second = Served(again, port=first.port)

    wait_for_version(page, 1807, seconds=15)
    expect(page.locator("#notice")).to_be_hidden()
    assert cell(page, "growth", id_of("B01"), "latest_minor") != shown
    visit.context.close()
    second.stop()


def test_before_the_first_data_the_page_says_so_and_fills_by_itself(browser: Browser) -> None:
    live = LiveView()
    served = Served(live)
    visit = Visit(browser, served)

    for view in ("overview", "institutions", "coverage"):
        page = visit.go(f"/{view}")
        expect(page.locator(".empty b")).to_have_text("尚无数据")
    live.publish(results_of())

    expect(page.locator("#coverage tbody tr")).to_have_count(23)
    expect(page.locator(".empty")).to_be_hidden()
    assert page.locator("#choose-quarter option").count() == 10
    assert visit.faults == []
    visit.context.close()
    served.stop()


def test_published_totals_alone_are_shown_with_what_to_do_about_the_rest(
    browser: Browser,
) -> None:
    stored = StoredTotals()
    stored.published("all_banking_institutions", "2021Q4", 190_000 * FEN_PER_YI)
    live = LiveView()
    live.publish(stored.results())
    served = Served(live)
    visit = Visit(browser, served)

    page = visit.go("/overview?lang=en")

    expect(page.locator("#published tbody tr")).to_have_count(1)
    expect(page.locator(".empty:visible b")).to_have_text("Published totals only")
    expect(page.locator("#groups")).to_be_hidden()
    expect(page.locator("#group_rates")).to_be_hidden()
    visit.context.close()
    served.stop()


def test_what_cannot_be_drawn_is_told_in_words_without_an_empty_frame(visit: Visit) -> None:
    page = visit.go("/overview")
    first = page.locator("#choose-quarter option").last.get_attribute("value")

    page = visit.go(f"/overview?quarter={first}")

    note = page.locator(".chart-box", has=page.locator("#history")).locator(".chart-note")
    expect(note).to_contain_text("尚无可绘制的数据")
    expect(page.locator("#history")).to_be_hidden()


def test_in_the_first_quarter_the_page_says_that_there_is_nothing_earlier(visit: Visit) -> None:
    page = visit.go("/overview?quarter=2019Q4")
    for column in ("growth_percent", "gap_to_all_pp", "borrower_change_ytd", "coverage_percent"):
        assert cell(page, "groups", "region:qingdao", column) == "无上期数据", column

    page = visit.go("/institutions?quarter=2019Q4&lang=en")
    assert cell(page, "growth", id_of("B01"), "growth_percent") == "No earlier data"
    assert cell(page, "growth", id_of("B01"), "borrower_change_ytd") == "No earlier data"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("view", ["overview", "institutions"])
def test_no_table_is_cut_off_at_1280_pixels(visit: Visit, view: str, lang: str) -> None:
    page = visit.go(f"/{view}?lang={lang}")

    widths = page.locator(".scroll:visible").evaluate_all(
        "frames => frames.map((frame) => [frame.scrollWidth, frame.clientWidth])"
    )
    assert widths
    assert all(inner <= outer for inner, outer in widths), widths


def test_a_refused_request_says_what_is_wrong_and_leads_back(
    browser: Browser, served: Served
) -> None:
    visit = Visit(browser, served)

    page = visit.page
    page.goto(f"{served.origin}/institutions?quarter=1999Q4")
    expect(page.locator("#notice")).to_contain_text("参数 quarter 为 '1999Q4'")
    page.locator("#notice a").click()

    expect(page.locator("#growth tbody tr")).to_have_count(23)
    expect(page.locator("#notice")).to_be_hidden()
    visit.context.close()


def test_invented_figures_are_called_so_on_every_page_and_real_ones_are_not(
    browser: Browser, visit: Visit
) -> None:
    for view in VIEWS:
        expect(visit.go(f"/{view}").get_by_text("模拟数据")).to_be_visible()
    live = LiveView()
    live.publish(results_of())
    real = Served(live, is_synthetic=False)
    other = Visit(browser, real)

    expect(other.go("/overview").get_by_text("模拟数据")).to_be_hidden()
    other.context.close()
    real.stop()


def pressed(page: Page) -> list[str]:
    return page.locator("#demo button[aria-pressed=true]").all_inner_texts()


def test_the_page_steers_the_demo(browser: Browser) -> None:
    live = LiveView()
    demo = {"phase": "live", "day": "2022-01-05", "is_paused": False, "factor": 1.0}
    live.publish(results_of(), {"demo": demo})
    verbs = DemoVerbs()
    served = Served(live, verbs)
    visit = Visit(browser, served)
    page = visit.go("/overview")
    expect(page.locator(".demo-day")).to_have_text("2022-01-05")

    for name in ("暂停", "单步", "×5"):
        page.locator("#demo").get_by_role("button", name=name).click()
        expect(page.locator("#demo button[disabled]")).to_have_count(0)
    assert pressed(page) == ["继续", "×1"]
    live.publish(live.current.results, {"demo": demo | {"is_paused": True, "factor": 5.0}})

    expect(page.locator(".demo-day")).to_have_text("2022-01-05 · 已暂停")
    assert pressed(page) == ["暂停", "×5"]
    assert verbs.told == [("pause", {}), ("step", {}), ("speed", {"factor": 5})]
    assert visit.faults == []
    visit.context.close()
    served.stop()


def test_the_keyboard_reaches_a_figure_and_shows_where_it_is(visit: Visit) -> None:
    page = visit.go("/institutions")
    page.locator("#growth-latest_minor").focus()

    for _ in range(60):
        page.keyboard.press("Tab")
        if (
            page.evaluate("document.activeElement.closest('td')?.dataset.column")
            == "growth_percent"
        ):
            break

    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('#panel') !== null")


def test_motion_is_left_out_for_who_asks_for_none(browser: Browser, served: Served) -> None:
    visit = Visit(browser, served, reduced_motion="reduce")
    page = visit.go("/institutions")

    page.locator("#growth td").first.evaluate("(cell) => cell.classList.add('is-moved')")

    assert (
        page.locator("#growth td").first.evaluate("(cell) => getComputedStyle(cell).animationName")
        == "none"
    )
    visit.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_is_too_small_too_pale_or_too_wide(
    browser: Browser, served: Served, scheme: str, lang: str
) -> None:
    visit = Visit(browser, served, color_scheme=scheme)
    folder = os.environ.get("PUHUI_SHOTS", "")
    for view in VIEWS:
        page = visit.go(f"/{view}?lang={lang}")
        if view in {"overview", "institutions"}:
            page.wait_for_selector("#history .point", state="attached")
        if folder:
            page.screenshot(path=Path(folder) / f"{view}_{lang}_{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
        assert page.evaluate(SMALL_TEXT) == [], view
        assert page.evaluate(PALE_TEXT) == [], view
    assert visit.faults == []
    visit.context.close()


SMALL_TEXT = """() => [...document.querySelectorAll('body *')]
  .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .filter((one) => one.checkVisibility() && parseFloat(getComputedStyle(one).fontSize) < 12)
  .map((one) => one.outerHTML.slice(0, 80))"""

# Contrast of text on its ground, by the formula of WCAG 2.
PALE_TEXT = """() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *:not(svg *, option)')]
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((one) => one.checkVisibility())
    .map((one) => {
      const [a, b] = [light(parts(getComputedStyle(one).color)), light(ground(one))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), one.outerHTML.slice(0, 80)];
    })
    .filter(([ratio]) => ratio < 4.5);
}"""


def test_a_grading_of_a_quarter_that_is_not_over_says_that_it_is_a_trial(visit: Visit) -> None:
    page = visit.go("/grades")
    expect(page.locator("#trial")).to_be_hidden()

    trial = msgspec.structs.replace(graded(), is_to_date=True)
    visit.served.live.publish(results_of(version=4000), {"grading_runs": {"2021Q4": trial}})
    expect(page.locator("#trial")).to_have_text("截至目前: 该季度尚未结束, 仅供试算, 不得通报。")
