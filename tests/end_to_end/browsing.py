"""A server in this process and a reader in a real browser, who notes what goes wrong."""

import threading
import time
from typing import Any

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page

from infra.web.app import create_app
from infra.web.live import LiveView
from infra.web.reconciled import OFF
from tests.infra.web_story import YI

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
VIEWS = ("overview", "institutions", "grades", "attention", "coverage", "method")
MINUS = "\u2212"


class Served:
    """A server in this process, on a port of its own."""

    def __init__(
        self,
        live: LiveView,
        operations: Any = None,
        *,
        is_synthetic: bool = True,
        port: int = 0,
        distinct: Any = None,
        reconcile: Any = lambda: OFF,
    ) -> None:
        self.live = live
        self.operations = operations
        app = create_app(
            live,
            operations=operations,
            token="t" * 32,
            is_synthetic=is_synthetic,
            distinct=distinct,
            reconcile=reconcile,
        )
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
