"""Whom the web application answers, what a browser may do with it, and who may give commands."""

import re
from pathlib import Path

import pytest
from litestar.testing import TestClient

from infra.web.guard import host_name
from tests.infra.web_client import TOKEN, DemoVerbs, Verbs, bearer, client_of, live_with, page_token

STATIC = Path("infra/web/static")


@pytest.fixture(scope="module")
def reader() -> TestClient:
    return client_of(live_with())


def test_a_foreign_host_name_is_refused(reader: TestClient) -> None:
    answer = reader.get("/api/status", headers={"host": "rebound.example:8000"})

    assert answer.status_code == 421
    assert answer.json()["code"] == "foreign_host"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8137", "[::1]:8137", "LOCALHOST:1"])
def test_every_name_of_this_machine_is_answered(reader: TestClient, host: str) -> None:
    assert reader.get("/api/status", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1.example", "", "[::1", "localhost.example:80"])
def test_what_only_looks_like_this_machine_is_no_name_of_it(host: str) -> None:
    assert host_name(host) not in {"localhost", "127.0.0.1", "::1"}


@pytest.mark.parametrize(
    "path", ["/", "/api/status", "/static/app.js", "/nowhere", "/api/growth?basis=x", "/api/live"]
)
def test_every_answer_forbids_foreign_hosts_and_inline_scripts(path: str) -> None:
    live = live_with()
    client = client_of(live)
    live.close()  # Else the stream would never end.
    headers = client.get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


def test_a_command_needs_the_token() -> None:
    verbs = Verbs()
    client = client_of(live_with(), operations=verbs)

    for headers in (
        {},
        bearer("wrong"),
        bearer(""),
        {"authorization": TOKEN},
        {"authorization": b"Bearer \xe4\xbb\xa4"},
    ):
        assert (
            client.post("/api/run/grade", json={"quarter": "2021Q4"}, headers=headers).status_code
            == 401
        )
        assert client.post("/api/import", json={"path": "x"}, headers=headers).status_code == 401
    assert verbs.told == []


def test_a_command_with_the_token_is_done_and_its_answer_given_back() -> None:
    verbs = Verbs()
    client = client_of(live_with(), operations=verbs)

    done = client.post("/api/run/grade", json={"quarter": "2021Q4"}, headers=bearer(TOKEN))
    imported = client.post(
        "/api/import", json={"path": "a.csv", "options": {"x": 1}}, headers=bearer(TOKEN)
    )

    assert (done.status_code, done.json()) == (200, {"done": "grade"})
    assert imported.json() == {"events": 3}
    assert verbs.told == [("grade", {"quarter": "2021Q4"}), ("import a.csv", {"x": 1})]


@pytest.mark.parametrize(
    ("verb", "body", "status", "says"),
    [
        ("fly", b"{}", 404, "expected grade"),
        ("grade", b"{}", 400, "expected a quarter"),
        ("grade", b"[1]", 400, "JSON object"),
        ("grade", b"{", 400, "JSON object"),
    ],
)
def test_a_command_that_does_not_fit_says_why(
    verb: str, body: bytes, status: int, says: str
) -> None:
    client = client_of(live_with(), operations=Verbs())

    answer = client.post(f"/api/run/{verb}", content=body, headers=bearer(TOKEN))

    assert answer.status_code == status
    assert says in answer.json()["en"]


def test_a_page_of_another_origin_cannot_give_commands_even_with_the_token() -> None:
    client = client_of(live_with(), operations=Verbs())

    headers = bearer(TOKEN) | {"origin": "http://elsewhere.example"}
    answer = client.post("/api/run/grade", json={"quarter": "2021Q4"}, headers=headers)

    assert answer.status_code == 401


def test_the_page_may_steer_the_demo_and_nothing_else() -> None:
    verbs = DemoVerbs()
    client = client_of(live_with(), operations=verbs)
    token = page_token(client)

    assert client.post("/api/demo/pause", headers=bearer(token)).json() == {"is_paused": True}
    assert client.post("/api/demo/erase", headers=bearer(token)).status_code == 404
    assert client.post("/api/demo/pause").status_code == 401
    assert (
        client.post("/api/run/grade", json={"quarter": "2021Q4"}, headers=bearer(token)).status_code
        == 401
    )
    assert verbs.told == [("pause", {})]


@pytest.mark.parametrize("operations", [None, Verbs()])
def test_without_a_demo_the_page_holds_no_token_and_there_is_no_demo_route(
    operations: Verbs | None,
) -> None:
    client = client_of(live_with(), operations=operations)

    assert page_token(client) == ""
    assert client.post("/api/demo/pause", headers=bearer("")).status_code == 404


def test_the_chart_library_is_the_installed_one_and_kept_by_its_etag(reader: TestClient) -> None:
    first = reader.get("/static/plotly.js")

    again = reader.get("/static/plotly.js", headers={"if-none-match": first.headers["etag"]})

    assert len(first.content) > 10**6
    assert (again.status_code, again.content) == (304, b"")
    assert list(STATIC.rglob("*plotly*")) == []


def test_files_outside_the_folder_of_the_page_are_not_served(reader: TestClient) -> None:
    for name in ("shell.html", "../app.py", "%2e%2e/app.py", "views", "none.js"):
        assert reader.get(f"/static/{name}").status_code == 404, name


def test_the_pages_name_no_other_host_and_no_module_is_too_long() -> None:
    for path in STATIC.rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        hosts = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text)) - {"http://www.w3.org"}
        assert hosts == set(), path
        assert len(text.splitlines()) <= 400, path


def test_the_page_says_that_data_are_synthetic_before_any_script_runs() -> None:
    shown = client_of(live_with()).get("/").text
    real = client_of(live_with(), is_synthetic=False).get("/").text

    assert re.search(r'class="synthetic" >', shown)
    assert re.search(r'class="synthetic" hidden>', real)


def test_the_method_is_served_as_it_stands(reader: TestClient) -> None:
    assert reader.get("/api/method").text == Path("docs/method.md").read_text(encoding="utf-8")
