"""A quarter from the cut to what is published and revised, on a data folder, by persons."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra.grading import check_run, grade_quarter
from processors.quarter_rules import ActRefusedError
from schemas.quarter import Quarter
from streams.grading_run import read_run
from tests.quarter_desk import AGENCIES, METHODOLOGY, Q4, Desk, desk_at, graded
from tests.told_province import BANKS, sent


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_at(tmp_path / "data") as desk:
        yield desk


@pytest.fixture
def penalties(tmp_path: Path) -> str:
    path = tmp_path / "with-penalty.toml"
    path.write_text(METHODOLOGY, encoding="utf-8")
    return str(path)


def test_a_quarter_goes_from_the_cut_to_what_is_published(desk: Desk) -> None:
    opened = desk.to_comments()
    assert (opened["state"], opened["comments_due"]) == ("commenting", "2022-01-17")
    desk.close()
    published = desk.to_published("鲁金监发〔2022〕5号")

    assert (published["state"], published["published"][0]["run_id"]) == (
        "published",
        opened["run_id"],
    )
    assert published["published"][0]["document_number"] == "鲁金监发〔2022〕5号"
    assert desk.life()["broken_at"] == 0
    (row,) = desk.operations.read("quarter_list", {})["rows"]
    assert (row["quarter"], row["state"], row["published_version"]) == (Q4, "published", 1)


def test_what_comes_in_after_the_cut_moves_neither_the_trial_nor_what_is_published(
    desk: Desk,
) -> None:
    opened = desk.to_comments()
    desk.close()
    desk.late()

    assert desk.to_published()["published"][0]["run_id"] == opened["run_id"]


def test_late_events_open_a_second_version_and_the_first_stays(desk: Desk) -> None:
    desk.to_comments()
    desk.close()
    first = desk.to_published()["published"][0]
    assert desk.act("chen", "quarter_revise", quarter=Q4)["is_changed"] is False

    desk.clock.set("2022-01-20")
    desk.late()
    told = desk.act("chen", "quarter_revise", quarter=Q4, is_dry_run=True)
    assert (told["is_changed"], desk.life()["version"]) == (True, 1)
    told = desk.act("chen", "quarter_revise", quarter=Q4)
    (own,) = [row for row in told["rows"] if row["bank_id"] == BANKS[0]]
    assert own["why"] == "values"
    assert [(v["value_before"], v["value"]) for v in own["values"]][:1] == [("5.0", "9.0")]
    assert desk.life()["acts"][-1]["body"]["found_run_id"] == told["found_run_id"]

    desk.to_comments()
    desk.close("2022-02-10")
    life = desk.to_published("8")
    assert [one["version"] for one in life["published"]] == [1, 2]
    assert life["published"][0] == first
    assert graded(desk, first["run_id"]).indicators[0].value == "5.0"
    assert graded(desk, life["published"][1]["run_id"]).indicators[0].value == "9.0"


def test_only_a_checker_reopens_by_a_revision(desk: Desk) -> None:
    desk.to_comments()
    desk.close()
    desk.to_published()

    with pytest.raises(ActRefusedError, match="expected a checker"):
        desk.act("ming", "quarter_revise", quarter=Q4)


def test_a_quarter_that_is_not_over_cannot_be_cut(desk: Desk) -> None:
    with pytest.raises(ValueError, match="expected a day after the quarter's end, 2022-03-31"):
        desk.act("mei", "quarter_act", quarter="2022Q1", act="cut")
    with pytest.raises(ValueError, match="not after today"):
        desk.do("mei", "cut", as_of="2022-01-11")


def test_a_day_that_is_not_over_is_no_cut(desk: Desk) -> None:
    with pytest.raises(ValueError, match="a day that is not over"):
        desk.do("mei", "cut", as_of="2022-01-10")


def test_a_file_edited_after_a_run_used_it_cannot_be_cut(desk: Desk, penalties: str) -> None:
    desk.do("mei", "cut", methodology=penalties)
    path = Path(penalties)
    edited = METHODOLOGY.replace('label_en = "', 'label_en = "Another ', 1)
    assert edited != METHODOLOGY
    path.write_text(edited, encoding="utf-8")

    with pytest.raises(ValueError, match="give the change a higher version"):
        desk.do("mei", "cut", methodology=penalties)


def test_the_board_shows_what_was_published_whatever_is_graded_beside_it(desk: Desk) -> None:
    desk.to_comments()
    desk.close()
    published = desk.to_published()["published"][0]["run_id"]
    desk.clock.set("2022-01-20")
    desk.late()
    desk.act("chen", "quarter_revise", quarter=Q4, is_dry_run=True)

    assert desk.operations.read("board", {"quarter": Q4})["run"]["run_id"] == published


def test_a_published_circular_stays_as_it_was_though_more_comes_in(desk: Desk) -> None:
    # Graded before the cut: the run keeps its body, which names no cut.
    desk.operations.run("grade", {"quarter": Q4})
    desk.to_comments()
    desk.close()
    desk.to_published()
    asked = {"quarter": Q4, "edition": "public"}
    before = desk.operations.read("circular", asked)["circular"]

    desk.clock.set("2022-01-20")
    desk.late()

    after = desk.operations.read("circular", asked)["circular"]
    assert after["blocks"] == before["blocks"]


def test_what_is_worked_out_is_never_taken_from_who_asks(desk: Desk) -> None:
    with pytest.raises(ValueError, match="not for this act"):
        desk.do("mei", "cut", agencies=["mine"])
    desk.do("mei", "cut")
    desk.do("chen", "check", reason="known")
    with pytest.raises(ValueError, match="not for this act"):
        desk.do("mei", "trial", run_id="0" * 64)


def test_a_value_by_hand_counts_in_the_trial_once_it_is_confirmed(
    desk: Desk, penalties: str
) -> None:
    desk.do("mei", "cut", methodology=penalties)
    desk.do("chen", "check", reason="known")
    run_id = desk.do("mei", "trial")["run_id"]
    assert graded(desk, run_id, 3).total_points == "80.00"

    entered = desk.act(
        "mei", "manual_enter", quarter=Q4, bank_id=BANKS[3], column="penalty", value="15",
        reason="fined", evidence_sha256=desk.keep("mei"),
    )  # fmt: skip
    assert desk.do("mei", "trial")["run_id"] == run_id
    (row,) = entered["rows"]
    with pytest.raises(ActRefusedError, match="another person"):
        desk.act("mei", "manual_confirm", quarter=Q4, number=row["number"])
    desk.act("ming", "manual_confirm", quarter=Q4, number=row["number"])

    with pytest.raises(ActRefusedError, match="make the trial again"):
        desk.do("chen", "open_comments")
    now = graded(desk, desk.do("mei", "trial")["run_id"], 3)
    assert (now.total_points, now.grade_zh) == ("65.00", "良好")
    (listed,) = desk.operations.read("manual_list", {"quarter": Q4})["rows"]
    assert (listed["state_zh"], listed["confirmed_by"]) == ("已复核", "ming")


def test_as_of_a_moment_before_it_was_confirmed_a_value_by_hand_is_not_known(
    desk: Desk, penalties: str
) -> None:
    desk.do("mei", "cut", methodology=penalties)
    entered = desk.act(
        "mei", "manual_enter", quarter=Q4, bank_id=BANKS[3], column="penalty", value="15",
        reason="fined", evidence_sha256=desk.keep("mei"),
    )  # fmt: skip
    desk.clock.set("2022-01-12")
    desk.act("ming", "manual_confirm", quarter=Q4, number=entered["rows"][0]["number"])

    quarter = Quarter.parse(Q4)
    then = grade_quarter(desk.node, quarter, penalties, as_of="2022-01-11")
    now = grade_quarter(desk.node, quarter, penalties)
    totals = [graded(desk, run.run_id, 3).total_points for run in (then, now)]
    assert totals == ["80.00", "65.00"]


def test_a_value_by_hand_needs_a_column_a_value_and_a_file_that_fit(
    desk: Desk, penalties: str
) -> None:
    desk.do("mei", "cut", methodology=penalties)
    asked = {"quarter": Q4, "bank_id": BANKS[3], "reason": "fined", "column": "penalty"}
    asked |= {"value": "15", "evidence_sha256": desk.keep("mei")}
    for wrong, told in (
        ({"evidence_sha256": "0" * 64}, "no such file is kept"),
        ({"value": "many"}, "expected a number"),
        ({"column": "nothing"}, "expected one of private_growth_ytd, penalty"),
        ({"column": "private_growth_ytd"}, "entered by hand"),
    ):
        with pytest.raises(ValueError, match=told):
            desk.act("mei", "manual_enter", **(asked | wrong))
    assert desk.life()["manual"] == []


def test_a_conferred_change_is_a_value_with_its_clause(desk: Desk) -> None:
    opened = desk.to_comments()
    desk.close()
    with pytest.raises(ValueError, match="expected a number"):
        desk.do("mei", "change", BANKS[0], column="private_growth_ytd", value="x", clause="9", minutes="3")  # fmt: skip
    with pytest.raises(ValueError, match="has no such bank"):
        desk.do("mei", "change", "nobody", column="private_growth_ytd", value="9", clause="9", minutes="3")  # fmt: skip
    desk.do("mei", "change", BANKS[0], column="private_growth_ytd", value="9", clause="9", minutes="3")  # fmt: skip
    life = desk.to_published()

    run_id = life["published"][0]["run_id"]
    assert run_id != opened["run_id"]
    found = graded(desk, run_id).indicators[0]
    assert (found.value, found.source, found.before_exact != "") == ("9.0", "conferred", True)
    # Whoever checks the stored run again finds the same one.
    check_run(desk.node, read_run(desk.node.store, run_id))


def test_a_decision_holds_a_grade_down_and_the_run_shows_its_clause(
    desk: Desk, penalties: str
) -> None:
    desk.to_comments(penalties)
    desk.close()
    desk.do("mei", "change", BANKS[3], grade_at_most="fair", clause="第九条", minutes="纪要3")
    found = graded(desk, desk.to_published()["run_id"], 3)

    assert (found.grade, found.total_points) == ("fair", "80.00")
    (cap,) = found.caps
    assert (cap.clause, cap.before, cap.after) == ("第九条", "good", "fair")
    assert "纪要3" in cap.zh


def test_without_a_change_by_a_clause_nothing_else_may_be_conferred(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.to_comments()
    desk.close()
    other = read_run(desk.node.store, desk.life()["run_id"])
    forged = msgspec.structs.replace(other, run_id="f" * 64)
    monkeypatch.setattr("infra.quarter_grading.grade_quarter", lambda *_a, **_k: forged)
    with pytest.raises(ActRefusedError, match="nothing was changed by a clause"):
        desk.do("chen", "confer", minutes_number="3", minutes_sha256=desk.keep("chen"))


def test_what_the_stored_data_do_not_give_any_more_is_not_published(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.to_comments()
    desk.close()
    with monkeypatch.context() as patched:
        patched.setattr(desk, "do", _without_publishing(desk.do))
        desk.to_published()
    other = msgspec.structs.replace(
        read_run(desk.node.store, desk.life()["run_id"]), run_id="f" * 64
    )
    monkeypatch.setattr("infra.quarter_grading.grade_quarter", lambda *_a, **_k: other)

    with pytest.raises(ActRefusedError, match="is not what the stored data give"):
        desk.do("mei", "publish", document_number="5")
    assert desk.life()["state"] == "signed"


def _without_publishing(do: Any) -> Any:
    return lambda who, act, *rest, **body: {} if act == "publish" else do(who, act, *rest, **body)


def test_the_open_findings_are_listed_with_the_act_that_closes_the_checks(desk: Desk) -> None:
    desk.node.ingest.take_drafts([sent([], 0, 5, "2021-12-31")])
    desk.do("mei", "cut")
    with pytest.raises(ActRefusedError, match="findings are open"):
        desk.do("chen", "check")
    life = desk.do("chen", "check", reason="asked the bank")

    (finding, *_) = life["acts"][-1]["body"]["findings"]
    assert (finding["bank_id"], finding["kind"]) == (BANKS[0], "gaps")
    assert "3" in finding["zh"]


def test_the_chain_of_acts_names_the_quarter_it_is_about(desk: Desk) -> None:
    life = desk.do("mei", "cut")

    assert Quarter.parse(life["acts"][0]["quarter"]) == Quarter(2021, 4)
    assert life["acts"][0]["body"]["agencies"] == list(AGENCIES)
