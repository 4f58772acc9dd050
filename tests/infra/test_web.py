"""The web application without a browser: what it answers, whom it answers, and how it wakes pages."""

import asyncio
import csv
import io
import itertools
import re
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from infra import answers
from infra.web.app import create_app
from infra.web.csv_rows import csv_of
from infra.web.guard import host_name
from infra.web.live import LiveSnapshot, LiveView
from schemas.codes import Basis, Population
from schemas.quarter import Quarter
from tests.infra.web_story import LATEST, graded, id_of, results_of

TOKEN = "a-token-of-the-lock-file"
STATIC = Path("infra/web/static")


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


@pytest.fixture(scope="module")
def reader() -> TestClient:
    return client_of(live_with({"grading_runs": {"2021Q4": graded()}}))


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def page_token(client: TestClient) -> str:
    return re.search(r'page-token" content="([^"]*)"', client.get("/").text)[1]


# What is read


def test_rows_are_those_of_the_answers_at_the_version_they_name(reader: TestClient) -> None:
    told = reader.get("/api/growth?quarter=2021Q3&population=private&basis=yoy&decimals=2").json()

    expected = answers.growth_rows(
        results_of(),
        quarter=Quarter(2021, 3),
        population=Population.PRIVATE,
        basis=Basis.YOY,
        decimals=2,
    )
    assert told["data_version"] == 1007
    assert told["rows"] == expected


def test_without_a_choice_the_newest_quarter_and_the_usual_definition_are_read(
    reader: TestClient,
) -> None:
    told = reader.get("/api/rates").json()

    assert (told["quarter"], told["population"], told["basis"]) == ("2021Q4", "inclusive", "ytd")
    assert {row["quarter"] for row in told["rows"]} == {"2021Q4"}


def test_one_bank_can_be_asked_for(reader: TestClient) -> None:
    bank = id_of("B03")

    for route in ("growth", "rates", "bridge", "coverage", "grades"):
        rows = reader.get(f"/api/{route}?bank={bank}").json()["rows"]
        assert {row["bank_id"] for row in rows} <= {bank}, route
    assert len(reader.get(f"/api/bridge?bank={bank}").json()["rows"]) == 1


def test_history_runs_from_the_oldest_quarter_to_the_one_asked_for(reader: TestClient) -> None:
    rows = reader.get("/api/history?bank=region:province&quarter=2020Q4").json()["rows"]

    assert [row["quarter"] for row in rows] == ["2019Q4", "2020Q1", "2020Q2", "2020Q3", "2020Q4"]


def test_status_says_how_new_the_data_are_and_what_there_is_to_choose(reader: TestClient) -> None:
    status = reader.get("/api/status").json()

    assert status["data_version"] == 1007
    assert status["vector"] == {"0": 1000, "1": 7}
    assert status["quarters"][0] == "2019Q4"
    assert status["latest_quarter"] == status["quarters"][-1] == "2021Q4"
    assert status["complete_to"] == "2021-12-31"
    assert status["graded_quarters"] == ["2021Q4"]
    assert {
        "code": "inclusive",
        "zh": "普惠型小微企业贷款",
        "en": "Inclusive small and micro loans",
    } in status["populations"]


def test_grades_are_those_of_the_run_and_a_quarter_without_a_run_has_none(
    reader: TestClient,
) -> None:
    board = reader.get("/api/grades?quarter=2021Q4").json()["rows"]

    assert [row["grade"] for row in board] == ["excellent", "encouraged", "not_rated"]
    assert reader.get("/api/grades?quarter=2021Q3").json()["rows"] == []


def test_the_newest_grades_are_those_of_the_newest_graded_quarter() -> None:
    extra = {"grading_runs": {"2021Q3": graded(), "2021Q2": graded()}}

    told = client_of(live_with(extra)).get("/api/grades").json()

    assert told["quarter"] == "2021Q3"
    assert len(told["rows"]) == 3


def test_before_the_first_data_every_route_answers_with_no_rows() -> None:
    client = client_of(LiveView())

    assert client.get("/api/status").json()["data_version"] == 0
    for route in (
        "overview",
        "growth",
        "rates",
        "bridge",
        "coverage",
        "grades",
        "history",
        "attention",
    ):
        assert client.get(f"/api/{route}").json()["rows"] == [], route


def test_a_new_snapshot_is_read_at_once_and_not_the_kept_rows_of_the_old_one() -> None:
    live = live_with()
    client = client_of(live)
    before = client.get(f"/api/growth?bank={id_of('B01')}").json()

    live.publish(results_of(extra_minor=10**12, version=2000))

    after = client.get(f"/api/growth?bank={id_of('B01')}").json()
    assert after["data_version"] == 2007
    assert after["rows"][0]["latest_minor"] - before["rows"][0]["latest_minor"] == 10**12


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("quarter=2021Q5", "bad_quarter"),
        ("quarter=1999Q4", "bad_quarter"),
        ("population=everyone", "bad_population"),
        ("basis=daily", "bad_basis"),
        ("decimals=9", "bad_decimals"),
        ("decimals=²", "bad_decimals"),
        ("format=xml", "bad_format"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_both_languages(
    reader: TestClient, query: str, code: str
) -> None:
    answer = reader.get(f"/api/growth?{query}")

    told = answer.json()
    assert answer.status_code == 400
    assert told["code"] == code
    assert "应为" in told["zh"]
    assert "expected" in told["en"]


def test_a_failure_of_ours_tells_no_details_to_the_page() -> None:
    live = LiveView()
    live.publish(results_of(), {"grading_runs": {"2021Q4": "no run at all"}})

    answer = client_of(live).get("/api/grades")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "str" not in answer.text


# CSV


def test_csv_holds_the_rows_and_says_that_they_are_synthetic(reader: TestClient) -> None:
    answer = reader.get("/api/growth?format=csv")

    table = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    rows = reader.get("/api/growth").json()["rows"]
    assert answer.content.startswith("\ufeff".encode())
    assert "puhui_synthetic_growth_2021Q4" in answer.headers["content-disposition"]
    assert [line["growth_percent"] for line in table] == [row["growth_percent"] for row in rows]
    assert {line["note"] for line in table} == {"模拟数据 synthetic data"}
    assert {line["data_version"] for line in table} == {"1007"}


def test_csv_of_real_data_is_not_called_synthetic() -> None:
    answer = client_of(live_with(), is_synthetic=False).get("/api/growth?format=csv")

    assert "synthetic" not in answer.text
    assert "synthetic" not in answer.headers["content-disposition"]


def test_a_name_that_looks_like_a_formula_is_not_run_by_a_spreadsheet() -> None:
    rows = [
        {
            "bank_name": "=HYPERLINK(1)",
            "gap_to_all_pp": "-1.5",
            "missing": ["甲", "乙"],
            "is_to_date": True,
        }
    ]

    line = csv_of(rows, data_version=1, is_synthetic=False).decode().splitlines()[1]

    assert line == "'=HYPERLINK(1),-1.5,甲; 乙,yes,1,"


# Who may ask


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


# Files


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


# Waking pages


def follow_for(
    live: LiveView, act: Callable[[], None], *, seconds: float
) -> list[tuple[float, LiveSnapshot | None]]:
    """What a follower got, and after how many seconds, while ``act`` ran in another thread."""

    async def run() -> list[tuple[float, LiveSnapshot | None]]:
        got: list[tuple[float, LiveSnapshot | None]] = []
        begin = time.monotonic()

        async def listen() -> None:
            async for snapshot in live.follow():
                got.append((time.monotonic() - begin, snapshot))  # noqa: PERF401 - told as it comes

        task = asyncio.create_task(listen())
        await asyncio.sleep(0)
        thread = threading.Thread(target=act)
        thread.start()
        await asyncio.sleep(seconds)
        task.cancel()
        thread.join()
        return got

    return asyncio.run(run())


def test_a_snapshot_published_in_another_thread_wakes_a_follower_at_once() -> None:
    live = LiveView()

    got = follow_for(live, lambda: live.publish("results"), seconds=0.3)

    assert [snapshot.results for _, snapshot in got if snapshot] == ["results"]
    assert got[0][0] < 0.15


def test_many_snapshots_become_few_messages_and_the_newest_is_never_left_out() -> None:
    live = LiveView()

    def burst() -> None:
        for n in range(1, 101):
            live.publish(n)
            time.sleep(0.005)

    got = follow_for(live, burst, seconds=1.4)

    told = [snapshot.results for _, snapshot in got if snapshot]
    assert told == sorted(set(told))
    assert told[-1] == 100
    assert len(told) <= 5
    gaps = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(got)]
    assert min(gaps) > 0.2


def test_a_stream_without_changes_beats() -> None:
    live = LiveView(beat_s=0.05)

    got = follow_for(live, lambda: None, seconds=0.3)

    assert len(got) >= 3
    assert {snapshot for _, snapshot in got} == {None}


def test_closing_ends_every_stream() -> None:
    live = LiveView()

    async def follow_to_the_end() -> str:
        asyncio.get_running_loop().call_later(0.05, live.close)
        async for _ in live.follow():
            pass
        return "ended"

    assert asyncio.run(asyncio.wait_for(follow_to_the_end(), 2)) == "ended"


def test_a_follower_that_left_is_forgotten_and_a_closed_loop_stops_no_publisher() -> None:
    live = LiveView()
    follow_for(live, lambda: None, seconds=0.05)

    assert live._followers == {}

    loop = asyncio.new_event_loop()
    live._followers[asyncio.Event()] = loop
    loop.close()
    live.publish("still published")
    assert live.current.results == "still published"


def test_what_is_published_cannot_be_changed_afterwards() -> None:
    live = LiveView()
    extra = {"events": 1}

    live.publish("results", extra)
    extra["events"] = 2

    assert live.current.extra == {"events": 1}
    with pytest.raises(TypeError):
        live.current.extra["events"] = 3  # type: ignore[index]


def test_the_stream_tells_the_state_at_once() -> None:
    live = live_with()
    client = client_of(live)
    live.close()

    text = client.get("/api/live").text

    assert "event: version" in text
    assert '"data_version":1007' in text
    assert f'"latest_quarter":"{LATEST}"' in text
