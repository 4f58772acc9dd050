"""A difference between two ways of counting is on every page, and explained on one."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from infra.web.live import LiveView
from schemas.quarter import FIRST_ORDINAL, Quarter
from schemas.words import Words
from streams.reconcile import Check, differs, row_of, standing
from tests.end_to_end.browsing import Served, Visit
from tests.infra.web_story import id_of, results_of

CHECK = Check(
    "events_cells",
    Words("逐笔事件与账户累计", "Events and the sums of accounts"),
    Words("按事件计算", "from events"),
    Words("累计", "cells"),
    Words("以 puhui replay 重建", "rebuild with puhui replay"),
    step=5,
)
QUARTER = Quarter(2021, 3).ordinal - FIRST_ORDINAL


class Reconciled:
    """What the running reconciliation tells, set by a test."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {"state": "checking", "differences": 0, "checked_at_ms": 0}

    def __call__(self) -> dict[str, Any]:
        return self.told

    def find(self, *, is_lost: bool) -> None:
        lost = differs(
            CHECK,
            "repaid_minor",
            9_007_199_254_740_993,
            0,
            where="lending[0]",
            bank_id=id_of("B03"),
            quarter=QUARTER,
        )
        found = standing(CHECK, [lost] if is_lost else [], where="lending[0]")
        self.told = {
            "state": "difference" if is_lost else "ok",
            "differences": int(is_lost),
            "checked_at_ms": 1_640_995_200_000,
            "rows": [row_of(finding) for finding in found],
        }


@pytest.mark.parametrize(
    ("lang", "head", "said"),
    [
        ("zh", "差异 1", "2021Q3 收回（分）：按事件计算 9007199254740993，累计 0（lending[0]）"),
        ("en", "differences: 1", "2021Q3 repaid, fen: from events 9007199254740993, cells 0"),
    ],
)
def test_a_difference_is_on_every_page_and_gone_when_it_is_mended(
    browser: Browser, lang: str, head: str, said: str
) -> None:
    live, reconciled = LiveView(), Reconciled()
    live.publish(results_of())
    reconciled.find(is_lost=False)
    served = Served(live, reconcile=reconciled)
    visit = Visit(browser, served)
    page = visit.go(f"/coverage?lang={lang}")
    expect(page.locator("#differences")).to_be_hidden()
    expect(page.locator("#reconcile")).to_be_hidden()
    expect(page.locator("#reconciled")).to_contain_text("2022-01-01")

    reconciled.find(is_lost=True)
    live.publish(results_of())

    expect(page.locator("#reconcile tbody tr")).to_have_count(1)
    expect(page.locator("#reconcile")).to_contain_text(said)
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"reconciled_{lang}.png", full_page=True)
    page = visit.go(f"/overview?lang={lang}")
    expect(page.locator("#differences")).to_have_text(head)
    page.locator("#differences").click()
    expect(page.locator("#reconcile")).to_be_visible()

    reconciled.find(is_lost=False)
    live.publish(results_of())

    expect(page.locator("#reconcile")).to_be_hidden()
    expect(page.locator("#differences")).to_be_hidden()
    visit.context.close()
    served.stop()
    assert visit.faults == []
