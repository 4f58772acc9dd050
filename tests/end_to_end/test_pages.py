"""The pages in a real browser: what a supervisor sees is what was published, and nothing else.

Results come from the real evaluation of an invented province; ``LiveView.publish`` stands for
the end of a batch. Screenshots are written to the folder in PUHUI_SHOTS, if that is set.
"""

import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from infra.web.app import create_app
from infra.web.live import LiveView
from tests.infra.web_story import (
    LATE_BANK,
    NEW_BANK,
    POSITION_BANK,
    TINY_BANK,
    YI,
    graded,
    id_of,
    results_of,
)

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWS = ("overview", "institutions", "grades", "attention", "coverage")
MINUS = "\u2212"


class DemoVerbs:
    """A demo that only remembers what the page told it."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, Any]]] = []

    def run(self, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        raise LookupError(verb)

    def import_file(self, path: str, options: Mapping[str, Any]) -> dict[str, Any]:
        raise ValueError(path)

    def demo(self, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self.told.append((verb, body))
        return {}


class Served:
    """A server in this process, on a port of its own."""

    def __init__(
        self, live: LiveView, operations: Any = None, *, is_synthetic: bool = True, port: int = 0
    ) -> None:
        self.live = live
        app = create_app(live, operations=operations, token="t" * 32, is_synthetic=is_synthetic)
        config = uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 15
        while not self._server.started:
            assert self._thread.is_alive(), "the server ended before it served"
            assert time.monotonic() < deadline, "the server took more than 15 s to start"
            time.sleep(0.02)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.live.close()
        self._server.should_exit = True
        self._thread.join(15)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not shutil.which(CHROMIUM):
        pytest.fail(
            "no Chromium: run `apt-get update && apt-get install -y chromium fonts-noto-cjk`"
        )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def served() -> Iterator[Served]:
    live = LiveView()
    live.publish(results_of(), {"grading_runs": {"2021Q4": graded()}})
    server = Served(live)
    yield server
    server.stop()


class Visit:
    """One reader: a page, and what went wrong in it."""

    def __init__(self, browser: Browser, served: Served, **options: Any) -> None:
        options = {
            "viewport": {"width": 1280, "height": 860},
            "reduced_motion": "no-preference",
            **options,
        }
        self.context: BrowserContext = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.served = served
        self.faults: list[str] = []
        self.foreign: list[str] = []
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self._see(request.url))

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.faults.append(text)

    def _see(self, url: str) -> None:
        if not url.startswith((self.served.origin, "data:", "blob:")):
            self.foreign.append(url)

    def go(self, address: str) -> Page:
        self.page.goto(self.served.origin + address)
        self.page.wait_for_selector("main[data-version]")
        return self.page

    def rows(self, route: str) -> dict[str, dict[str, Any]]:
        """What the API says, by bank."""
        answer = self.context.request.get(f"{self.served.origin}/api/{route}").json()
        return {row["bank_id"]: row for row in answer["rows"]}


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Visit]:
    reader = Visit(browser, served)
    yield reader
    reader.context.close()
    assert reader.faults == []
    assert reader.foreign == []


def cell(page: Page, table: str, bank_id: str, column: str) -> str:
    found = page.locator(f'#{table} tr[data-key="{bank_id}"] [data-column="{column}"]')
    return found.inner_text().strip()


def printed_yi(amount_minor: int) -> str:
    """亿元 with one decimal, half up, the way a person would check it."""
    tenths = (amount_minor * 10 + YI // 2) // YI
    return f"{tenths // 10:,}.{tenths % 10}"


def signed(text: str) -> str:
    return text.replace("-", MINUS) if text.startswith("-") or not text.strip("0.") else f"+{text}"


def wait_for_version(page: Page, version: int, *, seconds: float = 5) -> None:
    page.wait_for_selector(f'main[data-version="{version}"]', timeout=seconds * 1000)


def test_the_figures_shown_are_those_of_the_api_at_the_same_version(visit: Visit) -> None:
    page = visit.go("/institutions?population=private&basis=yoy")

    growth = visit.rows("growth?population=private&basis=yoy")
    rates = visit.rows("rates?population=private")
    banks = [row for row in growth.values() if row["kind"] == "bank"]
    assert page.locator("main").get_attribute("data-version") == "1007"
    assert page.locator("#growth tbody tr").count() == len(banks) == 23
    for row in banks:
        bank = row["bank_id"]
        if row["status"] == "ok":
            assert cell(page, "growth", bank, "latest_minor") == printed_yi(row["latest_minor"])
            assert cell(page, "growth", bank, "growth_percent") == signed(row["growth_percent"])
        else:
            assert cell(page, "growth", bank, "growth_percent") == row["status_zh"]
        rate = rates[bank]
        shown = rate["new_rate_percent"] or rate["new_rate_status_zh"]
        assert cell(page, "rates", bank, "new_rate_percent") == shown


def test_what_is_not_known_is_said_in_words_and_never_as_zero(visit: Visit) -> None:
    page = visit.go("/institutions")

    assert cell(page, "growth", id_of(LATE_BANK), "latest_minor") == "未报送"
    assert cell(page, "growth", id_of(LATE_BANK), "growth_percent") == "未报送"
    assert cell(page, "growth", id_of(TINY_BANK), "growth_percent") == "基数过小"
    assert cell(page, "growth", id_of(POSITION_BANK), "source") == "报表"
    assert cell(page, "growth", id_of(NEW_BANK), "growth_percent") == "未报送"


def test_aggregates_name_who_is_missing_and_hide_what_covers_too_little(visit: Visit) -> None:
    page = visit.go("/overview")

    province = visit.rows("growth")["region:province"]
    head = page.locator('#groups tr[data-key="region:province"] th').inner_text()
    assert "初步" in head
    assert (
        cell(page, "groups", "region:province", "coverage_percent") == province["coverage_percent"]
    )
    assert cell(page, "groups", "region:province", "missing") == "示例股份制银行乙"
    assert cell(page, "groups", "peer:joint_stock", "growth_percent") == "覆盖率不足"
    assert cell(page, "groups", "peer:joint_stock", "latest_minor") == "覆盖率不足"
    assert cell(page, "groups", "peer:joint_stock", "borrower_count") == "覆盖率不足"
    assert cell(page, "group_rates", "peer:joint_stock", "new_lending_minor") == "覆盖率不足"
    assert cell(page, "published", "all_banking_institutions", "latest_minor") == "190,747.3"
    assert cell(page, "published", "all_banking_institutions", "growth_percent") == "+24.9"


def test_the_source_of_a_hidden_aggregate_does_not_show_it_either(visit: Visit) -> None:
    page = visit.go("/overview?bank=peer:joint_stock&figure=latest_minor")

    panel = page.locator("#panel")
    expect(panel.locator(".figure")).to_contain_text("覆盖率不足")
    balance = visit.rows("growth")["peer:joint_stock"]["latest_minor"]
    assert f"{balance // 100:,}" not in panel.inner_text()
    assert "示例股份制银行乙" in panel.inner_text()


def test_the_page_moves_within_a_second_of_a_batch_and_only_where_figures_moved(
    visit: Visit,
) -> None:
    page = visit.go("/institutions")
    # A page that stands; while it opens, reading the chart library takes the browser's time.
    page.wait_for_selector("#history .point", state="attached")
    bank = id_of("B01")
    before = cell(page, "growth", bank, "latest_minor")
    page.evaluate(
        "window.moved = []; new MutationObserver((all) => all.forEach((one) => one.target.classList"
        "?.contains('is-moved') && window.moved.push(one.target.closest('tr').dataset.key)))"
        ".observe(document.querySelector('#growth'), {attributes: true, subtree: true})"
    )
    page.evaluate("scrollTo(0, 300)")
    top = page.evaluate("scrollY")
    assert top > 100
    results = results_of(extra_minor=25 * YI, version=1500)

    begin = time.monotonic()
    visit.served.live.publish(results, visit.served.live.current.extra)
    wait_for_version(page, 1507)
    elapsed_s = time.monotonic() - begin

    assert elapsed_s < 1.0
    after = visit.rows("growth")[bank]
    assert cell(page, "growth", bank, "latest_minor") == printed_yi(after["latest_minor"]) != before
    assert page.locator("#version").inner_text() == "1,507"
    assert set(page.evaluate("window.moved")) == {bank}
    assert page.evaluate("scrollY") == top


def test_a_storm_of_batches_ends_with_the_newest_figures(visit: Visit) -> None:
    page = visit.go("/institutions")
    versions = [results_of(extra_minor=n * YI, version=2000 + n) for n in range(12)]

    for results in versions:
        visit.served.live.publish(results)
        time.sleep(0.03)

    wait_for_version(page, 2018)
    newest = visit.rows("growth")[id_of("B01")]
    assert cell(page, "growth", id_of("B01"), "latest_minor") == printed_yi(newest["latest_minor"])


def test_the_language_switch_keeps_the_place(visit: Visit) -> None:
    page = visit.go(
        f"/institutions?quarter=2021Q3&population=private&basis=yoy&bank={id_of('B02')}&sort=growth.growth_percent.desc"
    )
    order = page.locator("#growth tbody tr").evaluate_all(
        "rows => rows.map((row) => row.dataset.key)"
    )

    page.get_by_role("link", name="English").click()
    page.wait_for_selector("html[lang=en]")
    expect(page.locator("h1")).to_have_text("Banks")
    expect(page.locator(".subject").first).to_have_text("2021Q3 · Private firms · On a year before")

    assert "lang=en" in page.url
    for part in (
        "quarter=2021Q3",
        "population=private",
        "basis=yoy",
        f"bank={id_of('B02')}",
        "sort=",
    ):
        assert part in page.url
    assert (
        page.locator("#growth tbody tr").evaluate_all("rows => rows.map((row) => row.dataset.key)")
        == order
    )
    assert page.locator("#growth tr.is-chosen").get_attribute("data-key") == id_of("B02")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text("机构")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Banks")


def test_the_header_stays_when_pages_change(visit: Visit) -> None:
    page = visit.go("/overview")

    page.locator("#choose-quarter").select_option("2021Q2")
    page.locator("#choose-population").select_option("small_micro")
    for name in ("机构", "数据", "评估", "总览"):
        page.locator("nav").get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_have_text(name)
        assert page.locator("#choose-quarter").input_value() == "2021Q2"
        assert page.locator("#choose-population").input_value() == "small_micro"
    assert page.url.endswith("/overview?quarter=2021Q2&population=small_micro")


def test_a_figure_leads_to_the_bridge_behind_it_which_closes(visit: Visit) -> None:
    page = visit.go("/institutions")
    bank = id_of("B01")

    page.locator(f'#growth tr[data-key="{bank}"] [data-column="growth_percent"] a').click()
    panel = page.locator("#panel")
    expect(panel.locator(".figure")).to_contain_text(
        signed(visit.rows("growth")[bank]["growth_percent"])
    )

    lines = panel.locator(".bridge tbody tr .num").all_inner_texts()
    fen = [
        int(text.replace(",", "").replace(".", "").replace(MINUS, "-").replace("+", ""))
        for text in lines
    ]
    bridge = visit.rows(f"bridge?bank={bank}&basis=ytd")[bank]
    assert fen[0] == bridge["opening_minor"]
    assert fen[-1] == bridge["closing_minor"]
    assert sum(fen[:-1]) == fen[-1]
    assert "docs/method.md#growth" in panel.inner_text()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('tr')?.dataset.key") == bank


def test_an_open_panel_follows_the_figures(visit: Visit) -> None:
    bank = id_of("B01")
    page = visit.go(f"/institutions?bank={bank}&figure=latest_minor")
    before = page.locator("#panel .figure").inner_text()

    visit.served.live.publish(results_of(extra_minor=25 * YI, version=1500))
    wait_for_version(page, 1507)
    expect(page.locator("#panel .figure")).not_to_have_text(before)

    latest = visit.rows("growth")[bank]["latest_minor"]
    expect(page.locator("#panel .figure")).to_contain_text(printed_yi(latest))


def test_a_click_on_a_head_sorts_and_rows_without_a_figure_come_last(visit: Visit) -> None:
    page = visit.go("/institutions")
    column = page.locator('#growth [data-column="growth_percent"]')

    for direction in ("descending", "ascending"):
        page.locator("#growth-growth_percent").click()
        expect(page.locator("#growth th[aria-sort]")).to_have_attribute("aria-sort", direction)
        texts = column.all_inner_texts()
        figures = [float(text.replace(MINUS, "-")) for text in texts if text[-1].isdigit()]
        assert figures == sorted(figures, reverse=direction == "descending")
        assert all(text[-1].isdigit() for text in texts[: len(figures)])


def test_grades_carry_a_word_and_a_shape_and_say_that_they_are_examples(visit: Visit) -> None:
    page = visit.go("/grades")

    grades = page.locator("#board [data-column=grade]").all_inner_texts()
    assert grades == ["●优秀", "△勉励", "–不予评级"]
    expect(page.locator("main").get_by_text("示例", exact=True)).to_be_visible()
    assert cell(page, "board", id_of("B01"), "points") == "91.25"
    assert cell(page, "board", id_of(TINY_BANK), "points") == "不予评级"
    page.goto(f"{visit.served.origin}/grades?quarter=2021Q1")
    expect(page.locator(".empty b")).to_have_text("本季度尚未评估")


def test_coverage_names_gaps_and_alerts_appear_in_the_navigation_only_when_there_are_some(
    visit: Visit,
) -> None:
    page = visit.go("/coverage")

    assert cell(page, "coverage", id_of(LATE_BANK), "missing_sequences") == "通道 0: 序号 41-42"
    assert cell(page, "coverage", id_of(LATE_BANK), "is_present") == "未报送"
    assert page.locator("nav").get_by_role("link", name="预警").count() == 0

    visit.served.live.publish(results_of(complete_to="2022-01-28", version=3000))
    page.locator("nav").get_by_role("link", name="预警").click()
    expect(page.locator("#attention tbody tr").first).to_contain_text("示例股份制银行乙")


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


def test_the_page_steers_the_demo(browser: Browser) -> None:
    live = LiveView()
    demo = {"phase": "live", "day": "2022-01-05", "is_paused": False, "days_per_s": 1.0}
    live.publish(results_of(), {"demo": demo})
    verbs = DemoVerbs()
    served = Served(live, verbs)
    visit = Visit(browser, served)
    page = visit.go("/overview")
    expect(page.locator(".demo-day")).to_have_text("2022-01-05")

    for name in ("暂停", "单步", "×5"):
        page.locator("#demo").get_by_role("button", name=name).click()
        expect(page.locator("#demo button[disabled]")).to_have_count(0)
    live.publish(live.current.results, {"demo": demo | {"is_paused": True}})

    expect(page.locator(".demo-day")).to_have_text("2022-01-05 · 已暂停")
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
