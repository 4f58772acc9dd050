"""The board of a stored run: where each bank stands, where it stood, and what is missing to more."""

import csv
import io

import msgspec
import pytest
from litestar.testing import TestClient

from infra.grade_answers import grade_rows
from infra.web.app import create_app
from infra.web.live import LiveView
from schemas.grading import TOTAL_SCALE, AppliedCap, GradingRun
from tests.infra.grading_story import GradingVerbs, graded_store, newest_run, run_before
from tests.infra.web_story import results_of
from tests.processors.test_grading import RULE

replaced = msgspec.structs.replace


def rows_of(run: GradingRun, before: GradingRun | None = None) -> dict[str, dict]:
    rows = grade_rows(run, grading=RULE.grading, before=before)
    return {row["bank_id"]: row for row in rows}


def client_of(run: GradingRun, *stored: GradingRun) -> TestClient:
    live = LiveView()
    live.publish(results_of(), {"grading_runs": {run.quarter: run}})
    verbs = GradingVerbs(graded_store(*stored), {})
    app = create_app(live, operations=verbs, token="t" * 32, is_synthetic=True)
    return TestClient(app, base_url="http://127.0.0.1:8000")


def test_a_row_tells_rank_parts_and_place_of_the_grade() -> None:
    best, fourth = rows_of(newest_run())["B7"], rows_of(newest_run())["B4"]

    assert (best["rank"], best["regular_points"], best["level_place"]) == (1, "100.00", 1)
    assert (fourth["rank"], fourth["points"], fourth["level_place"]) == (4, "82.86", 2)
    assert (best["level_count"], best["deduction_points"], best["caps"]) == (4, "0.00", [])


def test_the_distance_to_the_next_grade_is_rounded_up_so_that_zero_means_reached() -> None:
    run = newest_run()
    bank = replaced(run.banks[0], grade="good", total_hundred_millionths=84 * TOTAL_SCALE - 1)

    row = rows_of(replaced(run, banks=[bank]))[bank.bank_id]
    assert (row["to_next_points"], row["next_grade_zh"]) == ("0.01", "优秀")
    assert rows_of(run)["B4"]["to_next_points"] == "1.15"  # 84 − 82.857142…
    assert rows_of(run)["B7"]["to_next_points"] == ""  # The best already.


def test_a_bank_held_down_by_a_cap_is_told_the_clause_and_no_distance() -> None:
    run = newest_run()
    cap = AppliedCap(
        clause="第九条", zh="重大处罚", en="major penalty", before="优秀", after="良好"
    )
    bank = replaced(run.banks[-1], grade="good", caps=[cap])

    row = rows_of(replaced(run, banks=[bank]))[bank.bank_id]
    assert row["to_next_points"] == ""
    assert row["caps"][0]["clause"] == "第九条"
    assert row["uncapped_points"] == "100.00"


def test_a_movement_is_told_from_the_quarter_before_and_never_of_a_bank_that_was_not_rated() -> (
    None
):
    run = newest_run()
    before = run_before(run)
    unrated = [replaced(bank, grade="not_rated") for bank in before.banks[:1]]
    rows = rows_of(run, replaced(before, banks=[*unrated, *before.banks[1:]]))

    assert (rows["B7"]["movement"], rows["B7"]["last_grade_zh"]) == ("up", "良好")
    assert rows["B6"]["movement"] == "same"
    assert (rows["B0"]["movement"], rows["B0"]["last_grade"]) == ("", "not_rated")
    assert rows["B7"]["last_quarter"] == "2021Q3"


def test_without_an_earlier_run_no_last_grade_is_made_up() -> None:
    row = rows_of(newest_run())["B7"]

    assert (row["last_grade"], row["last_quarter"], row["movement"]) == ("", "", "")


def test_the_board_says_which_run_it_shows_and_which_others_there_are() -> None:
    run = newest_run()
    as_known = replaced(run, run_id="c" * 64, as_of="2022-01-31")
    told = client_of(run, run_before(run), run, as_known).get("/api/grades").json()

    assert told["run"]["run_id"] == run.run_id  # Not the newer one, which knew less.
    assert [one["run_id"] for one in told["runs"]] == ["c" * 64, run.run_id]
    assert [level["name"] for level in told["levels"]][:2] == ["excellent", "good"]
    assert {row["last_quarter"] for row in told["rows"]} == {"2021Q3"}


def test_another_run_is_shown_by_the_beginning_of_its_id() -> None:
    run = newest_run()
    client = client_of(run, run_before(run), run)

    told = client.get("/api/grades?quarter=2021Q4&run=bbbb").json()
    assert (told["quarter"], told["run"]["run_id"]) == ("2021Q3", "b" * 64)


@pytest.mark.parametrize("given", ["ffff", "zz"])
def test_a_run_that_is_not_there_is_an_answer_in_words(given: str) -> None:
    run = newest_run()

    answer = client_of(run, run).get(f"/api/grades?run={given}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_run"
    assert "没有此次评估" in answer.json()["zh"]


def test_the_file_of_a_board_holds_what_the_board_shows() -> None:
    run = newest_run()
    client = client_of(run, run_before(run), run)

    text = client.get(f"/api/grades?run={run.run_id}&format=csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    told = client.get(f"/api/grades?run={run.run_id}").json()["rows"]
    assert [row["bank_id"] for row in rows] == [row["bank_id"] for row in told]
    assert [row["points"] for row in rows] == [row["points"] for row in told]
    assert {row["note"] for row in rows} == {"模拟数据 synthetic data"}


def test_the_pages_are_told_what_they_may_ask_for() -> None:
    run = newest_run()

    assert client_of(run, run).get("/api/status").json()["verbs"] == ["board"]
