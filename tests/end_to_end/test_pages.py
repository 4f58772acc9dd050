"""The pages in a real browser: what a supervisor sees is what was published, and nothing else.

Results come from the real evaluation of an invented province; ``LiveView.publish`` stands for
the end of a batch.
"""

import time

import msgspec
from playwright.sync_api import expect

from tests.end_to_end.browsing import MINUS, Visit, cell, printed_yi, signed, wait_for_version
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


def test_a_known_balance_is_shown_although_there_is_no_growth(visit: Visit) -> None:
    page = visit.go(f"/institutions?bank={id_of(NEW_BANK)}&figure=latest_minor")

    balance = visit.rows("growth")[id_of(NEW_BANK)]["latest_minor"]
    assert cell(page, "growth", id_of(NEW_BANK), "latest_minor") == printed_yi(balance)
    assert cell(page, "growth", id_of(NEW_BANK), "source") == "逐笔"
    assert cell(page, "rates", id_of(NEW_BANK), "new_rate_change_yoy_bp") == "未报送"
    expect(page.locator("#panel .figure")).to_contain_text(printed_yi(balance))
    assert f"{balance // 100:,}" in page.locator("#panel").inner_text()


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


def test_a_bank_whose_lending_cannot_be_determined_is_named_with_the_figure(visit: Visit) -> None:
    page = visit.go("/overview?quarter=2021Q2&population=private")
    row = visit.rows("rates?quarter=2021Q2&population=private")["peer:rural"]
    named = "示例农村商业银行丙（无法判定）"

    assert row["missing"] == []
    assert named in cell(page, "group_rates", "peer:rural", "missing")
    shown = page.locator('#group_rates tr[data-key="peer:rural"] [data-column="new_rate_percent"]')
    expect(shown).to_have_attribute("title", f"缺此数机构：{named}")
    visit.go("/overview?quarter=2021Q2&population=private&bank=peer:rural&figure=new_rate_percent")
    expect(page.locator("#panel dl")).to_contain_text(named)


def test_an_english_page_names_missing_and_new_banks_in_english(visit: Visit) -> None:
    page = visit.go("/overview?lang=en")
    assert cell(page, "groups", "region:province", "missing") == "Example Joint-stock Bank B"

    page = visit.go("/coverage?lang=en")
    assert cell(page, "group_coverage", "region:province", "new_banks") == "Example Rural Bank C"
    visit.go("/overview?lang=en&bank=peer:joint_stock&figure=growth_percent")
    expect(page.locator("#panel")).to_contain_text("Example Joint-stock Bank B")


def test_the_source_of_a_hidden_aggregate_does_not_show_it_either(visit: Visit) -> None:
    page = visit.go("/overview?bank=peer:joint_stock&figure=latest_minor")

    panel = page.locator("#panel")
    expect(panel.locator(".figure")).to_contain_text("覆盖率不足")
    assert visit.rows("growth")["peer:joint_stock"]["latest_minor"] == ""
    assert visit.rows("growth")["peer:joint_stock"]["borrower_count"] == ""
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


def test_an_aggregate_leads_to_the_banks_that_it_adds_up(visit: Visit) -> None:
    page = visit.go("/overview")
    page.locator('#groups tr[data-key="region:province"] [data-column="growth_percent"] a').click()
    members = page.locator("#members tbody tr")
    expect(members).to_have_count(21)  # One is late and one began this year.

    province = visit.rows("growth")["region:province"]
    for column, key in ((0, "base_minor"), (1, "latest_minor")):
        texts = members.locator(f".num:nth-child({column + 2})").all_inner_texts()
        fen = sum(int(text.replace(",", "").replace(".", "")) for text in texts)
        assert fen == province[key]
    assert id_of(LATE_BANK) not in page.locator("#members").inner_html()
    members.get_by_role("link", name="示例大型银行甲").click()
    expect(page.locator("#panel h2")).to_have_text("示例大型银行甲")
    expect(page.locator("#panel .bridge tbody tr").first).to_contain_text("期初余额")


def test_a_rate_of_an_aggregate_leads_to_the_banks_that_have_it(visit: Visit) -> None:
    address = "/overview?lang=en&bank=peer:rural&figure="
    page = visit.go(f"{address}new_rate_percent")
    expect(page.locator("#members thead")).to_contain_text("Bank (6)")
    lent = [
        row["amount_minor"]
        for row in visit.rows("members?bank=peer:rural&figure=new_rate_percent").values()
    ]
    assert sum(lent) == visit.rows("rates")["peer:rural"]["new_lending_minor"]

    page = visit.go("/overview?lang=en&bank=peer:joint_stock&figure=new_rate_percent")
    expect(page.locator("#panel")).to_contain_text("cover too little for a sum to be printed")
    expect(page.locator("#members")).not_to_contain_text("Example Joint-stock Bank B")


def test_a_figure_leads_to_its_formula_in_the_method(visit: Visit) -> None:
    page = visit.go(f"/institutions?bank={id_of('B01')}&figure=growth_restored_percent")

    page.locator("#panel .formula a").click()

    expect(page.locator("h1")).to_have_text("计算方法")
    expect(page.locator("#growth-restored")).to_be_in_viewport()
    expect(page.locator("#panel")).to_be_hidden()
    assert page.url.endswith("/method#growth-restored")
    page.go_back()
    expect(page.locator("#panel .figure")).to_be_visible()


def test_the_rate_of_new_loans_is_drawn_beside_the_lpr(visit: Visit) -> None:
    page = visit.go(f"/institutions?bank={id_of('B03')}&lang=en")
    page.wait_for_selector("#rate_history .point", state="attached")

    latest = visit.rows(f"history?bank={id_of('B03')}&quarter=2021Q4")[id_of("B03")]
    box = page.locator(".chart-box", has=page.locator("#rate_history"))
    assert box.locator("h2").inner_text() == "Example Large Bank C · New-lending rate by quarter"
    assert box.locator(".chart-note").inner_text() == (
        f"2021Q4: New-lending rate {latest['new_rate_percent']}%, 1-year LPR 3.80%"
    )
    assert page.locator("#rate_history .scatterlayer .trace").count() == 2


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
    expect(page.locator("main .summary")).to_contain_text("评估办法：示例办法。")
    assert cell(page, "board", id_of("B01"), "points") == "91.25"
    assert cell(page, "board", id_of(TINY_BANK), "points") == "不予评级"
    page.goto(f"{visit.served.origin}/grades?quarter=2021Q1")
    expect(page.locator(".empty b")).to_have_text("本季度尚未评估")


def test_values_of_indicators_carry_signs_and_not_the_names_of_units(visit: Visit) -> None:
    rate = msgspec.structs.replace(
        graded().banks[0].indicators[0],
        code="I030",
        name="private_new_rate",
        unit="percent_a_year",
        value="4.07",
    )
    run = graded()
    run.banks[0].indicators.append(rate)
    visit.served.live.publish(results_of(version=2500), {"grading_runs": {"2021Q4": run}})

    for lang, signs in (("zh", ["23.6%", "4.07%/年"]), ("en", ["23.6%", "4.07% a year"])):
        page = visit.go(f"/grades?lang={lang}")
        row = page.locator(f'#board tr[data-key="{id_of("B01")}"]')
        expect(row.locator("td.indicator .value")).to_have_text(signs)


def test_coverage_names_gaps_and_alerts_appear_in_the_navigation_only_when_there_are_some(
    visit: Visit,
) -> None:
    page = visit.go("/coverage")

    assert cell(page, "coverage", id_of(LATE_BANK), "missing_sequences") == "通道 0: 序号 41-42"
    assert cell(page, "coverage", id_of(LATE_BANK), "is_present") == "未报送"
    assert cell(page, "group_coverage", "region:province", "coverage_status") == "初步"
    assert cell(page, "group_coverage", "peer:joint_stock", "coverage_status") == "不列示"
    assert cell(page, "group_coverage", "peer:rural", "coverage_status") == "列示"
    assert page.locator("nav").get_by_role("link", name="预警").count() == 0

    visit.served.live.publish(results_of(complete_to="2022-01-28", version=3000))
    page.locator("nav").get_by_role("link", name="预警").click()
    expect(page.locator("#attention tbody tr").first).to_contain_text("示例股份制银行乙")
