"""The right of reply: a bank sees itself and speaks for itself; appeals show who would move."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.verb import AccessError
from tests.quarter_desk import Q4, Desk, desk_at, graded
from tests.told_province import BANKS


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_at(tmp_path / "data") as desk:
        yield desk


def test_a_bank_sees_itself_and_nobody_else(desk: Desk) -> None:
    desk.do("mei", "cut")
    assert desk.act("bank-0", "reply_show", quarter=Q4)["grade"] == {}
    desk.do("chen", "check", reason="known")
    desk.do("mei", "trial")
    assert desk.act("bank-0", "reply_show", quarter=Q4)["grade"] == {}
    desk.do("chen", "open_comments")
    desk.say(1, "comment", text="bank one's secret")
    shown = desk.say(0, "comment", text="bank nought's words")

    assert shown["grade"]["bank_id"] == BANKS[0]
    assert [row["text"] for row in shown["rows"]] == ["bank nought's words"]
    text = str(shown)
    assert not any(bank in text for bank in BANKS[1:])
    assert "secret" not in text
    assert len(desk.operations.read("reply_list", {"quarter": Q4})["rows"]) == 2


def test_a_bank_acts_for_itself_only(desk: Desk) -> None:
    desk.to_comments()

    # What these two answer tells of every bank.
    with pytest.raises(AccessError, match="a bank speaks for itself"):
        desk.do("bank-0", "comment", BANKS[1], text="as somebody else")
    with pytest.raises(AccessError, match="a bank speaks for itself"):
        desk.act("bank-0", "quarter_revise", quarter=Q4, is_dry_run=True)
    with pytest.raises(AccessError, match="for banks"):
        desk.act("mei", "reply_show", quarter=Q4)


def test_a_bank_is_given_only_files_of_its_own(desk: Desk) -> None:
    desk.to_comments()
    own, other = desk.keep("bank-0", "own"), desk.keep("mei", "other")
    desk.say(0, "comment", text="see there", evidence_sha256=own)

    given = desk.act("bank-0", "file_give", sha256=own)
    assert base64.b64decode(given["content_base64"]) == b"own"
    with pytest.raises(AccessError, match="in no act of this bank"):
        desk.act("bank-0", "file_give", sha256=other)
    with pytest.raises(AccessError, match="in no act of this bank"):
        desk.act("bank-1", "file_give", sha256=own)
    assert desk.act("mei", "file_give", sha256=other)["file_name"] == "e.txt"


def test_an_appeal_shows_who_would_move_and_accepted_makes_the_next_version(desk: Desk) -> None:
    desk.to_comments()
    desk.close()
    first = desk.to_published()["published"][0]
    shown = desk.say(0, "appeal", column="private_growth_ytd", value="9", text="one was left out")
    number = shown["rows"][0]["number"]

    trial = desk.operations.read("appeal_trial", {"quarter": Q4, "number": number})
    assert (trial["is_what_if"], trial["label_zh"]) == (True, "试算，不作为正式结果")
    why = {row["bank_id"]: row["why"] for row in trial["rows"]}
    assert why[BANKS[0]] == "values"
    assert set(why.values()) == {"values", "others"}
    assert desk.life()["run_id"] == first["run_id"]

    desk.act("mei", "reply_answer", quarter=Q4, number=number, text="so it is", proposal="accept")
    decided = desk.act(
        "chen", "reply_decide", quarter=Q4, number=number, is_accepted=True, text="ok", clause="5"
    )
    assert decided["moved"] == trial["rows"]
    assert "reopen" in decided["to_do_en"]
    desk.do("chen", "reopen", reason="appeal accepted")
    desk.to_comments()
    desk.close("2022-02-10")
    life = desk.to_published("8")

    assert life["published"][0] == first
    second = graded(desk, life["published"][1]["run_id"]).indicators[0]
    assert (second.value, second.source) == ("9.0", "conferred")
