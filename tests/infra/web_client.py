"""A client of the web application without a browser, and commands that only remember."""

import re
from collections.abc import Mapping
from typing import Any

from litestar.testing import TestClient

from infra.web.app import create_app
from infra.web.live import LiveView
from tests.infra.web_story import results_of

TOKEN = "a-token-of-the-lock-file"


class Verbs:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, Any]]] = []

    def run(self, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if verb == "fly":
            raise LookupError("verb was 'fly', expected grade")
        if not body:
            raise ValueError("body was empty, expected a quarter")
        self.told.append((verb, body))
        return {"done": verb}

    def import_file(self, path: str, options: Mapping[str, Any]) -> dict[str, Any]:
        self.told.append((f"import {path}", options))
        return {"events": 3}


class DemoVerbs(Verbs):
    def demo(self, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self.told.append((verb, body))
        return {"is_paused": True}


def client_of(
    live: LiveView, *, operations: Verbs | None = None, is_synthetic: bool = True
) -> TestClient:
    app = create_app(live, operations=operations, token=TOKEN, is_synthetic=is_synthetic)
    return TestClient(app, base_url="http://127.0.0.1:8000")


def live_with(extra: Mapping[str, Any] | None = None, **story: Any) -> LiveView:
    live = LiveView()
    live.publish(results_of(**story), extra)
    return live


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def page_token(client: TestClient) -> str:
    return re.search(r'page-token" content="([^"]*)"', client.get("/").text)[1]
