"""What the verbs about runs answer, on a small province told loan by loan."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.grading import grade_quarter
from infra.operations import Operations
from infra.verb import AccessError
from infra.wiring import Node
from schemas.grading_tables import GRADING_RUNS
from schemas.quarter import Quarter
from tests.published_acts import publish
from tests.told_province import BANKS, YI, SetClock, loan, openings, sent

Q4 = Quarter(2021, 4)
METHOD = Path("infra/methodologies/illustrative-quarterly-v2.toml")
VALUE = f'[[values]]\nbank_id = "{BANKS[0]}"\ncolumn = "private_growth_ytd"\nvalue = 9\n'


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """The first bank's late loan lifts it from the last place in growth to the first."""
    clock = SetClock("2022-01-10")
    with Node(tmp_path / "data", clock=clock, future_days_max=None) as node:
        node.ingest.take_drafts(openings())
        grade_quarter(node, Q4)
        clock.set("2022-01-20")
        node.ingest.take_drafts([sent([loan("late", 0, "2021-12-30", 4 * YI)], 0, 2)])
        clock.set("2022-01-21")
        grade_quarter(node, Q4)
        yield node


@pytest.fixture
def verbs(node: Node) -> Operations:
    return Operations(node)


def ids(verbs: Operations) -> list[str]:
    """Oldest first."""
    return [row["run_id"] for row in reversed(verbs.read("runs_list", {})["rows"])]


def row_of(answer: dict[str, Any], bank: int = 0) -> dict[str, Any]:
    return next(row for row in answer["rows"] if row["bank_id"] == BANKS[bank])


def test_grading_is_for_whoever_runs_the_system_and_tells_the_pages(node: Node) -> None:
    told: list[int] = []
    verbs = Operations(node, on_graded=lambda: told.append(1))

    answer = verbs.run("grade", {"quarter": "2021Q4", "as_of": "2022-01-19"})

    assert (answer["as_of"], answer["is_what_if"], told) == ("2022-01-19", False, [1])
    assert answer["run_id"] == ids(verbs)[0]
    with pytest.raises(AccessError):
        verbs.read("grade", {"quarter": "2021Q4"})


def test_runs_are_listed_newest_first_with_what_was_published(node: Node) -> None:
    verbs = Operations(node)
    first, second = ids(verbs)
    run = grade_quarter(node, Q4, as_of="2022-01-19")
    publish(node.store, run)

    rows = verbs.read("runs_list", {"quarter": "2021Q4"})["rows"]

    assert [row["run_id"] for row in rows] == [second, first]
    assert [row["published_versions"] for row in rows] == [[], [1]]
    assert [row["graded_at"] for row in rows] == [
        "2022-01-21T12:00:00+08:00",
        "2022-01-10T12:00:00+08:00",
    ]
    assert sum(grade["bank_count"] for grade in rows[0]["grades"]) == rows[0]["bank_count"] == 4
    assert verbs.read("runs_list", {"quarter": "2020Q4"})["rows"] == []


def test_a_run_is_shown_by_the_beginning_of_its_id(verbs: Operations) -> None:
    first, _ = ids(verbs)

    shown = verbs.read("runs_show", {"run_id": first[:10]})

    assert (shown["run_id"], len(shown["rows"]), shown["data_version"]) == (first, 4, 4)
    with pytest.raises(ValueError, match="0 runs have an id that begins so"):
        verbs.read("runs_show", {"run_id": "nothing"})


def test_comparing_says_what_moved_the_bank_and_which_events_came_meanwhile(
    verbs: Operations,
) -> None:
    first, second = ids(verbs)

    answer = verbs.read("runs_compare", {"before": first[:8], "after": second[:8]})
    row = row_of(answer)
    moved = {one["name"]: one for one in row["indicators"]}["private_growth_ytd"]

    assert answer["rows"][0] == row
    assert (moved["value_before"], moved["value_after"]) == ("5.0", "9.0")
    # Last of four, first afterwards: 60 points, then 100 of the level; no year before.
    assert (moved["points_before"], moved["points_after"]) == ("60.00", "100.00")
    assert moved["inputs"] == [
        {
            "name": "latest_minor",
            "name_zh": "期末余额",
            "name_en": "balance",
            "before": 105 * YI,
            "after": 109 * YI,
            "moved": 4 * YI,
        }
    ]
    assert [cause["zh"] for cause in row["causes"]] == ["数据变动"]
    assert row["late_event_count"] == 1
    assert row["late_events"][0]["event_id"] == "told-province-late"
    assert row["late_events"][0]["amount_cny_minor"] == 4 * YI
    assert row["reason_zh"].startswith("民营企业贷款增速（较年初）由5.0%变为9.0%（数据变动）")
    other = row_of(answer, 3)
    assert [cause["name"] for cause in other["causes"]] == ["peers"]
    assert (other["late_event_count"], other["late_events"]) == (0, [])
    assert sum(part["bank_count"] for part in answer["transitions"]) == 4


def test_one_bank_can_be_compared_alone(verbs: Operations) -> None:
    first, second = ids(verbs)
    asked = {"before": first, "after": second}

    assert len(verbs.read("runs_compare", asked | {"bank_id": BANKS[2]})["rows"]) == 1
    with pytest.raises(ValueError, match="neither run grades it"):
        verbs.read("runs_compare", asked | {"bank_id": "nobody"})


def test_a_what_if_moves_the_bank_says_so_everywhere_and_stores_nothing(
    node: Node, verbs: Operations
) -> None:
    first, _ = ids(verbs)
    stored = node.store.read(GRADING_RUNS, columns=("run_id",))["run_id"].to_list()

    answer = verbs.read("what_if", {"run_id": first, "supposed": VALUE})

    assert answer["run_id"].startswith("whatif-")
    assert (answer["base_run_id"], answer["is_what_if"]) == (first, True)
    assert (answer["notice_zh"], answer["notice_en"]) == (
        "假设试算，不作为正式结果",
        "what-if, not official",
    )
    for rows in (answer["rows"], answer["changes"]):
        assert all(row["is_what_if"] and row["notice_zh"] and row["notice_en"] for row in rows)
    assert answer["supposed_zh"] == ["假设 示例0银行 的“民营企业贷款增速（较年初）”为 9%"]
    (moved,) = [row for row in answer["changes"] if row["bank_id"] == BANKS[0]]
    assert moved["indicators"][0]["value_after"] == "9.0"
    assert [cause["name"] for cause in moved["causes"]] == ["supposed"]
    assert node.store.read(GRADING_RUNS, columns=("run_id",))["run_id"].to_list() == stored


def test_a_bank_that_is_not_rated_any_more_is_told_for_want_of_what(verbs: Operations) -> None:
    missing = VALUE.replace("value = 9", "is_missing = true")

    answer = verbs.read("what_if", {"quarter": "2021Q4", "supposed": missing})

    (row,) = [row for row in answer["changes"] if row["bank_id"] == BANKS[0]]
    assert (row["direction"], row["direction_zh"]) == ("unrated", "不再参评")
    assert row["reason_zh"].startswith("民营企业贷款增速（较年初）")
    assert row["reason_zh"].endswith("不予评级。")


def test_a_what_if_of_a_quarter_starts_from_its_figures_as_of_the_day(verbs: Operations) -> None:
    first, second = ids(verbs)
    asked = {"quarter": "2021Q4", "supposed": VALUE}

    assert verbs.read("what_if", asked)["base_run_id"] == second
    assert verbs.read("what_if", asked | {"as_of": "2022-01-19"})["base_run_id"] == first
    with pytest.raises(ValueError, match="either run_id or quarter"):
        verbs.read("what_if", {"supposed": VALUE})
    with pytest.raises(ValueError, match="either run_id or quarter"):
        verbs.read("what_if", asked | {"run_id": first})


def test_two_methodologies_are_compared_on_the_same_figures(verbs: Operations) -> None:
    text = METHOD.read_text(encoding="utf-8").replace("weight_percent = 20", "weight_percent = 10")
    text = text.replace("weight_percent = 30", "weight_percent = 40")

    answer = verbs.read("methods_compare", {"quarter": "2021Q4", "other_text": text})

    assert answer["is_other_method"]
    assert {cause["name"] for row in answer["rows"] for cause in row["causes"]} == {"method"}
    assert answer["before"]["run_id"] == ids(verbs)[1]
    assert answer["moved_count"] > 0
    same = verbs.read(
        "methods_compare",
        {"quarter": "2021Q4", "methodology": "illustrative-quarterly@2", "other": ""},
    )
    assert (same["is_same_run"], same["moved_count"]) == (True, 0)


@pytest.mark.parametrize("name", [str(METHOD), "../methodologies/illustrative-quarterly", "x@1"])
def test_a_verb_of_the_pages_opens_no_file_that_a_reader_names(
    verbs: Operations, name: str
) -> None:
    with pytest.raises(ValueError, match=r"expected one of .*illustrative-quarterly"):
        verbs.read("methods_compare", {"quarter": "2021Q4", "other": name})


def test_the_history_takes_what_was_published_else_the_newest(
    node: Node, verbs: Operations
) -> None:
    first, second = ids(verbs)

    before = verbs.read("grade_history", {"bank_id": BANKS[0]})["rows"]
    publish(node.store, grade_quarter(node, Q4, as_of="2022-01-19"))
    after = verbs.read("grade_history", {"bank_id": BANKS[0]})["rows"]

    assert [(row["quarter"], row["run_id"], row["published_version"]) for row in before] == [
        ("2021Q4", second, "")
    ]
    assert [(row["run_id"], row["published_version"]) for row in after] == [(first, 1)]
    with pytest.raises(ValueError, match="no run grades it"):
        verbs.read("grade_history", {"bank_id": "nobody"})


def test_versions_that_were_published_are_compared_by_their_names(
    node: Node, verbs: Operations
) -> None:
    first, second = ids(verbs)
    publish(node.store, grade_quarter(node, Q4, as_of="2022-01-19"), number=1, at_ms=1)
    publish(node.store, grade_quarter(node, Q4), number=2, at_ms=2)

    answer = verbs.read("runs_compare", {"before": "2021Q4@1", "after": "2021Q4@2"})

    assert [answer[when]["run_id"] for when in ("before", "after")] == [first, second]
    assert row_of(answer)["late_event_count"] == 1
    assert verbs.read("runs_show", {"run_id": "2021Q4"})["run_id"] == second
    with pytest.raises(ValueError, match="known are 2021Q4@1, 2021Q4@2"):
        verbs.read("runs_show", {"run_id": "2021Q4@3"})
    with pytest.raises(ValueError, match="was not graded"):
        verbs.read("runs_show", {"run_id": "2020Q4"})
