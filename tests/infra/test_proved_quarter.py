"""A published quarter, with values by hand and decisions, is certified and archived."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.certificate import signing_key_of
from infra.certificate_checking import verify
from infra.repeatable_zip import parts_of_zip
from tests.quarter_desk import BANKS, METHODOLOGY, Q4, Desk, desk_at


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_at(tmp_path / "data") as desk:
        yield desk


@pytest.fixture
def penalties(tmp_path: Path) -> str:
    file = tmp_path / "with-penalty-v1.toml"
    file.write_text(METHODOLOGY, encoding="utf-8")
    return str(file)


def published(desk: Desk, penalties: str) -> str:
    """Publish a quarter with a value by hand, a conferred value and a grade held down."""
    desk.say(0, "self_assessment", text="自评")
    desk.do("mei", "cut", methodology=penalties)
    entered = desk.act(
        "mei", "manual_enter", quarter=Q4, bank_id=BANKS[2], column="penalty", value="15",
        reason="fined", evidence_sha256=desk.keep("mei"),
    )  # fmt: skip
    desk.act("ming", "manual_confirm", quarter=Q4, number=entered["rows"][0]["number"])
    desk.do("chen", "check", reason="known")
    desk.do("mei", "trial")
    desk.do("chen", "open_comments")
    desk.say(0, "comment", text="本行的意见")
    desk.say(1, "comment", text="他行的意见")
    desk.late()
    desk.close()
    conferred = {"clause": "第九条", "minutes": "纪要3"}
    desk.do("mei", "change", BANKS[0], column="private_growth_ytd", value="9", **conferred)
    desk.do("mei", "change", BANKS[3], grade_at_most="fair", **conferred)
    return str(desk.to_published()["published"][0]["run_id"])


def given(desk: Desk, verb: str, **asked: object) -> bytes:
    return base64.b64decode(desk.operations.run(verb, asked)["content_base64"])


@pytest.mark.parametrize("has_events", [False, True])
def test_what_persons_decided_is_in_the_pack_and_computed_again(
    desk: Desk, penalties: str, *, has_events: bool
) -> None:
    run_id = published(desk, penalties)
    certificate = given(desk, "certificate", run_id=run_id, has_events=has_events)
    pack = given(desk, "pack", run_id=run_id)
    found = verify(certificate, pack, signing_key_of(desk.node).public)

    assert found.is_ok, found.steps[-1]
    listed = json.loads(parts_of_zip(pack)["given.json"])
    cells = {(one["column"][:7], one["bank_id"]): one["value"] for one in listed}
    assert cells["penalty", BANKS[2]] == "15"
    assert cells["private", BANKS[0]] == "9"
    assert len([one for one in cells if one[1] == BANKS[3]]) == 1


def test_the_archive_of_a_bank_tells_its_whole_quarter_and_nothing_of_others(
    desk: Desk, penalties: str
) -> None:
    run_id = published(desk, penalties)
    files = parts_of_zip(given(desk, "archive", bank_id=BANKS[0], quarter=Q4))
    index = json.loads(files["index.json"])
    present = {part["name"][3:] for part in index["parts"] if part["is_present"]}

    assert index["run_id"] == run_id
    assert {"cut", "self-assessment", "comments", "minutes", "signatures", "notices"} <= present
    assert "revisions" in present
    everything = b"".join(files.values()).decode("utf-8", "replace")
    assert "本行的意见" in everything
    assert "他行的意见" not in everything
    assert BANKS[1] not in everything
    (minutes,) = [name for name in files if name.startswith("13-minutes/") and "acts" not in name]
    assert files[minutes] == b"minutes"
