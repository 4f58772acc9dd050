"""The pages about gradings in a real browser: what graders see is what was graded, and marked so.

The board is the real verb over stored runs of the real kernel; explanations and the like are told.
"""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.web.live import LiveView
from tests.end_to_end.browsing import Served, Visit, cell
from tests.end_to_end.test_page_states import PALE_TEXT, SMALL_TEXT
from tests.infra.grading_story import (
    LONG_NAME,
    GradingVerbs,
    graded_store,
    newest_run,
    run_before,
    told_answers,
)
from tests.infra.web_story import results_of

RUN = newest_run()
BEFORE = run_before(RUN)
VIEWS = (
    "/grades?",
    "/grade?bank=B3",
    f"/compare?run={BEFORE.run_id}&other={RUN.run_id}",
    "/what_if?",
    "/apply?",
    "/methodologies?",
    "/desk?",
)


def served_with(told: dict) -> Served:
    live = LiveView()
    live.publish(results_of(), {"grading_runs": {"2021Q3": BEFORE, "2021Q4": RUN}})
    return Served(live, GradingVerbs(graded_store(BEFORE, RUN), told))


@pytest.fixture
def graded_visit(browser: Browser) -> Iterator[Visit]:
    served = served_with(told_answers(RUN))
    reader = Visit(browser, served)
    yield reader
    reader.context.close()
    served.stop()
    assert reader.faults == []
    assert reader.foreign == []


@pytest.fixture
def verbs(graded_visit: Visit) -> GradingVerbs:
    return graded_visit.served.operations


def test_the_board_shows_what_the_api_says_with_last_grade_distance_and_stability(
    graded_visit: Visit,
) -> None:
    page = graded_visit.go("/grades")
    expect(page.locator('#board tr[data-key="B7"] [data-column="stability"]')).to_have_text("87.5")
    expect(page.locator(".life")).to_contain_text("征求意见 · 第2版")

    for bank, row in graded_visit.rows("grades").items():
        assert cell(page, "board", bank, "points") == row["points"]
        assert cell(page, "board", bank, "grade").endswith(row["grade_zh"])
        assert cell(page, "board", bank, "rank").startswith(f"{row['rank']} / 8")
        growth = row["indicators"][0]
        shown = cell(page, "board", bank, f"i_{growth['name']}")
        assert shown.split("\n") == [f"{growth['value']}%", f"{growth['points']} 分"]
    assert cell(page, "board", "B7", "last_grade") == "良好 ▲ 上升"
    assert cell(page, "board", "B5", "last_grade") == "优秀"
    assert cell(page, "board", "B4", "to_next_points") == "1.15"
    assert cell(page, "board", "B7", "to_next_points") == "已最高"
    expect(page.locator("main")).to_contain_text("仅供评估人员")


def test_a_board_of_an_older_run_is_chosen_by_its_address(graded_visit: Visit) -> None:
    page = graded_visit.go(f"/grades?quarter=2021Q3&run={BEFORE.run_id}")

    assert cell(page, "board", "B7", "grade").endswith("良好")
    assert page.locator('#board [data-column="last_grade"]').count() == 0  # Nothing before it.


def test_the_way_from_a_grade_to_its_figures_opens_and_has_an_address(graded_visit: Visit) -> None:
    page = graded_visit.go("/grades")
    page.get_by_role("link", name=LONG_NAME).click()
    expect(page.locator("h1")).to_have_text("评估说明")
    expect(page.locator("#reasons tbody tr").first).to_be_visible()

    total = page.locator('#tree details[data-path="grade.total"]')
    expect(total.locator("> summary")).to_contain_text("540/7")
    total.locator("> summary .here").click()
    expect(total.locator("> summary")).to_have_class("node is-chosen")
    assert "node=grade.total" in page.url
    graded_visit.go(page.url.removeprefix(graded_visit.served.origin) + ".weight")
    expect(page.locator("#tree .is-chosen")).to_contain_text("权重")
    expect(page.locator("#tree .is-chosen")).to_be_in_viewport()


def test_an_explanation_is_given_as_a_workbook(graded_visit: Visit, verbs: GradingVerbs) -> None:
    page = graded_visit.go("/grade?bank=B3")

    with page.expect_download() as download:
        page.locator("#explain-file").click()
    assert download.value.suggested_filename == "explanation.xlsx"
    assert Path(download.value.path()).read_bytes() == b"PK"
    asked = [body for verb, body in verbs.asked if verb == "explain_file"]
    assert [(body["run_id"], body["bank_id"]) for body in asked] == [(RUN.run_id, "B3")]


def test_two_runs_side_by_side_say_who_moved(graded_visit: Visit) -> None:
    page = graded_visit.go(f"/compare?run={BEFORE.run_id}&other={RUN.run_id}")

    matrix = page.locator("#transition")
    expect(matrix.locator('[data-from="good"][data-to="excellent"]')).to_have_text("1")
    total = sum(int(text) for text in matrix.locator("td").all_inner_texts())
    assert total == len(RUN.banks)
    assert cell(page, "compared", "B7", "movement") == "▲ 上升"
    assert page.locator("#compared tbody tr").first.get_attribute("data-key") == "B7"


def test_a_supposition_is_written_computed_and_called_unofficial_on_the_page_and_in_print(
    graded_visit: Visit, verbs: GradingVerbs
) -> None:
    page = graded_visit.go("/what_if")
    page.locator("#cut-off-excellent").fill("95")
    page.locator("#what-if-go").click()

    expect(page.locator("#result .unofficial")).to_contain_text("不作为正式结果")
    expect(page.locator("#result .unofficial")).to_contain_text("优秀分数线 95")
    assert cell(page, "supposed", "B6", "movement") == "▼ 下降"
    assert cell(page, "supposed", "B7", "movement") == "不变"
    asked = [body for verb, body in verbs.asked if verb == "what_if"]
    assert asked[0]["run_id"] == RUN.run_id
    page.emulate_media(media="print")
    expect(page.locator(".watermark")).to_be_visible()
    expect(page.locator(".watermark")).to_have_text("不作为正式结果")


def test_a_table_is_graded_without_a_program_and_its_errors_are_told_by_line(
    browser: Browser,
) -> None:
    served = served_with(told_answers(RUN))
    visit = Visit(browser, served)  # A refused table is told in the console too.
    page = visit.go("/apply")
    text = page.locator("#table-text")
    text.fill("bank_id,peer_group,growth\nN1,rural,12\nN2,rural,zero\n")
    page.locator("#apply-go").click()
    expect(page.locator("#faults tbody tr td").first).to_have_text("3")
    expect(page.locator("#faults")).to_contain_text("found 'zero', expected a number")

    text.fill("N1,rural,12\n")
    page.locator("#template").click()
    expect(text).to_have_value("bank_id,peer_group,growth\nN1,rural,12\n")
    page.locator("#apply-go").click()
    assert cell(page, "applied", "N1", "points") == "88.50"
    expect(page.locator("#result .flags")).to_contain_text("示例")
    expect(page.locator("#result .unofficial")).to_have_text("不作为正式结果")
    with page.expect_download() as download:
        page.locator("#save-csv").click()
    saved = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert saved[0].startswith("bank_id,points,grade")
    assert saved[1].startswith("N1,88.50,excellent")
    assert saved[1].endswith("不作为正式结果 · not official · 示例 illustrative")
    visit.context.close()
    served.stop()


def test_nobody_acts_without_a_token_and_who_does_is_named_by_it(
    graded_visit: Visit, verbs: GradingVerbs
) -> None:
    page = graded_visit.go("/desk")
    expect(page.locator('[data-state="commenting"]')).to_have_class("is-now")
    expect(page.locator("#act-table")).to_contain_text("zhang")
    expect(page.locator("#step-close_comments button")).to_be_disabled()

    page.locator("#token").fill("a-token-of-li")
    page.get_by_role("button", name="登录").click()
    expect(page.locator("#signed-in")).to_be_visible()
    page.locator("#step-close_comments textarea").fill("到期")
    page.locator("#step-close_comments button").click()
    expect(page.locator('[data-state="commenting"]')).to_be_visible()
    assert verbs.acts == [
        (
            "quarter_act",
            {
                "quarter": "2021Q4",
                "act": "close_comments",
                "body": {"reason": "到期"},
                "bank_id": "",
                "after": 1,
            },
            "a-token-of-li",
        )
    ]
    assert page.evaluate("Object.values(localStorage).join()").count("a-token-of-li") == 0
    page.locator("#sign-out").click()
    expect(page.locator("#step-close_comments button")).to_be_disabled()


def test_an_appeal_shows_which_other_banks_would_move(graded_visit: Visit) -> None:
    page = graded_visit.go("/desk")
    page.locator('[data-trial="7"]').click()

    movers = page.locator('[data-movers="B3"] tbody tr')
    expect(movers).to_have_count(2)
    expect(movers.nth(1)).to_contain_text("良好 → 一般")
    expect(page.locator("#replies .unofficial")).to_have_text("试算，不作为正式结果")


def test_what_a_server_does_not_offer_is_said_in_words(browser: Browser) -> None:
    served = served_with({})
    visit = Visit(browser, served)
    for view, lang in ((view, lang) for view in VIEWS for lang in ("zh", "en")):
        page = visit.go(f"{view}&lang={lang}")
        if not view.startswith(("/grades", "/compare")):
            words = "此功能尚未安装" if lang == "zh" else "Not available here"
            expect(page.locator("main .not-here").first).to_contain_text(words)
    assert visit.faults == []
    visit.context.close()
    served.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_about_gradings_is_too_small_too_pale_or_too_wide(
    browser: Browser, graded_visit: Visit, scheme: str, lang: str
) -> None:
    visit = Visit(browser, graded_visit.served, color_scheme=scheme)
    folder = os.environ.get("PUHUI_SHOTS", "")
    for view in VIEWS:
        page = visit.go(f"{view}&lang={lang}")
        expect(page.get_by_text("模拟数据")).to_be_visible()
        settle(page)
        name = view.split("?")[0].strip("/")
        if folder:
            page.screenshot(path=Path(folder) / f"grading_{name}_{lang}_{scheme}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
        assert page.evaluate(SMALL_TEXT) == [], view
        assert page.evaluate(PALE_TEXT) == [], view
    assert visit.faults == []
    visit.context.close()


def settle(page: Page) -> None:
    # Not wait_for_function: it polls by eval, which the page's own policy refuses.
    expect(page.locator("main")).not_to_contain_text("…")


def test_the_keyboard_opens_a_node_of_an_explanation(graded_visit: Visit) -> None:
    page = graded_visit.go("/grade?bank=B3")
    summary = page.locator('#tree details[data-path="grade.total"] > summary')
    summary.focus()
    page.keyboard.press("Enter")

    expect(page.locator("#tree").get_by_text("100 × 77.14 ÷ 100")).to_be_visible()
    assert summary.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"


def test_evidence_of_a_reply_is_kept_before_the_reply_names_it(browser: Browser) -> None:
    kept = {"sha256": "e" * 64, "file_name": "proof.pdf", "size_bytes": 4}
    told = told_answers(RUN) | {"file_keep": kept, "reply_say": {}, "reply_answer": {}}
    served = served_with(told)
    visit = Visit(browser, served)
    page = visit.go("/desk")
    page.locator("#token").fill("a-token-of-b3")
    page.get_by_role("button", name="登录").click()
    expect(page.locator("#signed-in")).to_be_visible()
    page.get_by_text("提交意见", exact=False).first.click()
    page.locator("#say-text").fill("见附件")
    page.locator("#say-evidence").set_input_files(
        {"name": "proof.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}
    )
    page.locator("#say button").click()
    expect(page.locator("#say-text")).to_have_value("")

    (keep, file, token), (say, reply, _) = served.operations.acts
    assert (keep, say, token) == ("file_keep", "reply_say", "a-token-of-b3")
    assert base64.b64decode(file["content_base64"]) == b"%PDF"
    assert (reply["evidence_sha256"], reply["text"]) == ("e" * 64, "见附件")
    assert visit.faults == []
    visit.context.close()
    served.stop()
