"""One Chromium for a module, and for each test a server with the story and a reader."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from infra.web.live import LiveView
from tests.end_to_end.browsing import ARGUMENTS, CHROMIUM, Served, Visit
from tests.infra.web_story import graded, results_of


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


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Visit]:
    reader = Visit(browser, served)
    yield reader
    reader.context.close()
    assert reader.faults == []
    assert reader.foreign == []
