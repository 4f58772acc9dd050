"""What the web application tells: the rows of the newest snapshot, whole, in JSON and CSV."""

import csv
import io

import pytest
from litestar.testing import TestClient

from infra import answers
from infra.web.csv_rows import csv_of
from infra.web.live import LiveView
from infra.web.reader import HISTORY_RATES
from schemas.codes import Basis, Population
from schemas.quarter import Quarter
from tests.infra.web_client import client_of, live_with
from tests.infra.web_story import LATEST, graded, id_of, results_of


@pytest.fixture(scope="module")
def reader() -> TestClient:
    return client_of(live_with({"grading_runs": {"2021Q4": graded()}}))


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


@pytest.mark.parametrize("bank", ["region:province", "", id_of("B03")])
def test_history_has_the_rate_of_every_quarter_beside_the_lpr(
    reader: TestClient, bank: str
) -> None:
    rows = reader.get(f"/api/history?bank={bank}&population=private").json()["rows"]

    assert rows
    for row in rows:
        asked = f"quarter={row['quarter']}&population=private&bank={row['bank_id']}"
        rates = reader.get(f"/api/rates?{asked}").json()["rows"]
        expected = rates[0] if rates else dict.fromkeys(HISTORY_RATES, "")
        assert {name: row[name] for name in HISTORY_RATES} == {
            name: expected[name] for name in HISTORY_RATES
        }


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
        "members",
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
            "missing": [{"zh": "甲", "en": "A"}, {"zh": "乙", "en": "乙"}],
            "is_to_date": True,
        }
    ]

    line = csv_of(rows, data_version=1, is_synthetic=False).decode().splitlines()[1]

    assert line == "'=HYPERLINK(1),-1.5,甲 / A; 乙,yes,1,"


def test_the_stream_tells_the_state_at_once() -> None:
    live = live_with()
    client = client_of(live)
    live.close()

    text = client.get("/api/live").text

    assert "event: version" in text
    assert '"data_version":1007' in text
    assert f'"latest_quarter":"{LATEST}"' in text
