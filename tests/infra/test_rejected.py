"""What was rejected can be seen, and after a correction it is sent again and counts once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result

import schemas.checks
from infra.cli import cli
from infra.ingest import Outgoing
from infra.operations import Operations
from infra.reference_data import load_lpr
from infra.rejected import Choice, read_entries
from infra.wiring import Node
from schemas.message import (
    CONTENT_ARROW,
    CONTENT_NDJSON,
    RELEASE,
    Draft,
    Message,
    control_of,
    draft_of,
    lane_of,
    readmission_of,
)
from schemas.tables import EVENTS, REJECTED, SUBMISSIONS
from schemas.wire import encode
from schemas.wire_fields import FLAT_FIELDS
from streams.copies import as_first_received, copy_of
from streams.digest import state_digest, table_digests
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from tests.event_stories import random_events, submissions
from tests.identities import firm_id
from tests.job import run_job, stored
from tests.quarantine_stories import kept_out, revalued
from tests.schemas.decoding import BANK, draw


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with Node(tmp_path / "data", future_days_max=None) as node:
        yield node


def send(node: Node, drafts: list[Draft]) -> None:
    node.ingest.send([draft._replace(partition=0) for draft in drafts])


def run(node: Node, verb: str, **asked: Any) -> dict[str, Any]:
    return Operations(node).run(f"rejected_{verb}", asked)


def places(node: Node, **asked: Any) -> list[str]:
    return [row["place"] for row in run(node, "list", **asked)["rows"]]


def story_of(content_type: str, seed: int = 3) -> list[Draft]:
    """Sound events of two banks in two lanes each."""
    return [
        draft._replace(headers={**draft.headers, "content-type": content_type})
        for draft in submissions(
            random_events(seed, 160, banks=2, borrowers=8),
            seed,
            lanes=2,
            encode=lambda events: encode(events, content_type),
        )
    ]


@pytest.fixture
def mistaken(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A version of puhui that refuses every event of 2019 and of 2024; undo() corrects it."""
    right = schemas.checks._check_dates

    def wrong(flat: Any, dates: Any, verdicts: Any) -> None:
        texts = flat.text("occurred_on")
        is_refused = np.array(
            [str(text)[:4] in {"2019", "2024"} for text in texts.dictionary.to_pylist()], np.bool_
        )
        verdicts.refuse(is_refused[texts.codes], "bad_date", "occurred_on", texts.at, "another")
        right(flat, dates, verdicts)

    with monkeypatch.context() as patched:
        patched.setattr(schemas.checks, "_check_dates", wrong)
        yield patched


def sums_by_bank(node: Node) -> dict[str, dict[str, int]]:
    """Events by what became of them, of submissions and of what was sent again."""
    sums: dict[str, dict[str, int]] = {}
    names = ("bank_id", "outcome", "event_count", "stored_count", "duplicate_count")
    for bank_id, outcome, sent, kept, known in stored(node.store, SUBMISSIONS, *names):
        of_bank = sums.setdefault(bank_id, {"sent": 0, "stored": 0, "duplicate": 0})
        of_bank["sent"] += sent if outcome == "accepted" else 0
        of_bank["stored"] += kept
        of_bank["duplicate"] += known
    return sums


@pytest.mark.parametrize("content_type", [CONTENT_NDJSON, CONTENT_ARROW])
def test_after_a_correction_everything_that_was_sent_is_counted(
    node: Node, mistaken: pytest.MonkeyPatch, content_type: str
) -> None:
    drafts = story_of(content_type)
    send(node, drafts)
    rejected = run(node, "list")
    assert len(rejected["rows"]) > 30
    assert run(node, "replay", is_dry_run=True)["counts"] == [
        {"bank_id": row["bank_id"], "rejected_count": row["count"], "readmitted_count": 0,
         "duplicate_count": 0, "still_refused_count": row["count"], "settled_count": 0}
        for row in of_one_code(rejected["summary"], "bad_date")
    ]  # fmt: skip

    mistaken.undo()
    done = run(node, "replay")

    for row in done["counts"]:
        fates = (row["readmitted_count"], row["duplicate_count"], row["still_refused_count"])
        assert sum(fates) == row["rejected_count"]
        assert row["readmitted_count"] > 0
    left = run(node, "list")["summary"]
    for bank_id, sums in sums_by_bank(node).items():
        still = sum(row["count"] for row in left if row["bank_id"] == bank_id)
        assert sums["sent"] == sums["stored"] + sums["duplicate"] + still
    # What could not be judged without the past was judged in the order in which it came now.
    assert {row["code"] for row in left} <= {"second_reversal"}
    clean = table_digests(run_job([draft._replace(partition=0) for draft in drafts]))
    now = table_digests(node.store)
    for name in ("cells", "tag_cells", "profiles", "credit_lines", "registers", "totals"):
        assert now[name] == clean[name], name


def of_one_code(summary: list[dict[str, Any]], code: str) -> list[dict[str, Any]]:
    """The summary where all that was rejected is one code's; a bank's other codes are added."""
    counts: dict[str, int] = {}
    for row in summary:
        counts[row["bank_id"]] = counts.get(row["bank_id"], 0) + row["count"]
    assert code in {row["code"] for row in summary}
    return [{"bank_id": bank_id, "count": count} for bank_id, count in sorted(counts.items())]


def test_sending_again_twice_changes_nothing(node: Node, mistaken: pytest.MonkeyPatch) -> None:
    send(node, story_of(CONTENT_NDJSON))
    mistaken.undo()
    before = set(places(node))
    first = run(node, "replay")
    digest = state_digest(node.store)
    open_still = set(places(node))

    again = run(node, "replay")
    named = run(node, "replay", places=sorted(before))

    assert state_digest(node.store) == digest
    assert {row["place"] for row in again["rows"]} == open_still
    assert {row["fate"] for row in again["rows"]} <= {"still_refused"}
    assert sum(row["readmitted_count"] for row in first["counts"]) > 30
    assert {row["fate"] for row in named["rows"]} <= {"settled", "still_refused"}
    assert before <= set(places(node, is_all=True))


def test_an_event_that_its_bank_sent_again_itself_counts_once(
    node: Node, mistaken: pytest.MonkeyPatch
) -> None:
    bad = draw(occurred_on="2024-03-15", matures_on="2025-03-15")
    one = draft_of(encode([bad], CONTENT_NDJSON), bank_id=BANK, seq=1, complete_to=None)
    send(node, [one])
    mistaken.undo()
    send(node, [one._replace(headers={**one.headers, "seq": "2"})])

    (counts,) = run(node, "replay")["counts"]

    assert (counts["readmitted_count"], counts["duplicate_count"]) == (0, 1)
    assert stored(node.store, EVENTS, "event_id") == [(bad.event_id,)]
    assert places(node) == []


def test_an_event_in_the_wrong_lane_is_sent_to_its_own(node: Node) -> None:
    borrower_id = firm_id(1)
    right = lane_of(borrower_id, 4)
    wrong = draft_of(
        encode([draw(borrower_id=borrower_id)], CONTENT_NDJSON),
        bank_id=BANK,
        seq=1,
        complete_to=None,
        lane=(right + 1) % 4,
        lanes=4,
    )
    send(node, [wrong])
    (entry,) = run(node, "list", code="wrong_lane")["rows"]
    assert entry["lane"] == (right + 1) % 4

    run(node, "replay", places=[entry["place"]])

    assert stored(node.store, EVENTS, "borrower_id") == [(borrower_id,)]
    lanes = stored(node.store, SUBMISSIONS, "lane", "lanes", "seq", "outcome")
    assert lanes[-1] == (right, 4, 0, "readmitted")


def test_a_quarantined_lane_must_be_released_before_anything_is_sent_again(node: Node) -> None:
    send(node, kept_out(3))
    with pytest.raises(ValueError, match=f"puhui rejected release {BANK} --lane 0"):
        run(node, "replay", code="bank_quarantined")
    assert stored(node.store, EVENTS) == []

    assert run(node, "release", bank_id=BANK)["rows"] == [{"bank_id": BANK, "lane": 0}]
    (counts,) = run(node, "replay", code="bank_quarantined")["counts"]

    assert (counts["rejected_count"], counts["readmitted_count"]) == (3, 3)
    assert len(stored(node.store, EVENTS)) == 3
    assert run(node, "list")["summary"] == [{"bank_id": BANK, "code": "not_json", "count": 200}]
    assert node.ingest.take([Outgoing(BANK, b"")]).messages[0].headers["seq"] == "5"


def test_submissions_that_a_bank_sent_again_after_the_release_are_no_more_open(node: Node) -> None:
    drafts = kept_out(2)
    send(node, drafts)
    send(node, [control_of(RELEASE, bank_id=BANK, lane=0), *drafts[1:]])

    (counts,) = run(node, "replay", code="bank_quarantined")["counts"]

    assert (counts["duplicate_count"], counts["readmitted_count"]) == (2, 0)
    assert places(node, code="bank_quarantined") == []


def test_nothing_to_release_is_said(node: Node) -> None:
    send(node, [draft_of(b"", bank_id=BANK, seq=1, complete_to=None)])
    with pytest.raises(ValueError, match="quarantined lanes are none"):
        run(node, "release", bank_id=BANK)


def test_a_table_whose_seq_was_seen_is_sent_again_event_by_event(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column that this version does not know: the bytes are whole, and no seq is missing."""
    events = [draw(event_id=f"event-{n:016}", loan_id=f"L{n}") for n in range(3)]
    table = draft_of(
        encode(events, CONTENT_ARROW),
        bank_id=BANK,
        seq=1,
        complete_to=None,
        content_type=CONTENT_ARROW,
    )
    with monkeypatch.context() as patched:
        older = {name: field for name, field in FLAT_FIELDS.items() if name != "rate_mbp"}
        patched.setattr("schemas.wire_arrow.FLAT_FIELDS", older)
        send(node, [table])
    (entry,) = run(node, "list")["rows"]
    assert (entry["code"], entry["place"]) == ("unknown_column", "lending/0/0/-1")

    (counts,) = run(node, "replay")["counts"]

    assert counts["readmitted_count"] == 1
    assert len(stored(node.store, EVENTS)) == 3
    assert places(node) == []


def test_damaged_bytes_stay_refused_and_are_named(node: Node) -> None:
    one = draft_of(encode([draw()], CONTENT_NDJSON), bank_id=BANK, seq=1, complete_to=None)
    damaged = one._replace(value=one.value[:-3])
    second = revalued(one, b"{not an event")
    send(node, [damaged, second._replace(headers={**second.headers, "seq": "2"})])

    done = run(node, "replay")

    assert [(row["code"], row["fate"]) for row in done["rows"]] == [
        ("sha256_mismatch", "still_refused"),
        ("not_json", "still_refused"),
    ]
    assert all(row["sentence_zh"] and row["sentence_en"] for row in done["rows"])
    assert len(stored(node.store, SUBMISSIONS)) == 2, "nothing was sent"


def test_in_a_topic_of_copies_what_was_mended_before_is_mended_still() -> None:
    """What was sent again names the place in the first topic, and so does every copy."""
    store, topic = MemoryStore(), "lending.g1"
    bad = draft_of(b"{}", bank_id=BANK, seq=1, complete_to=None)
    mended = readmission_of(
        encode([draw()], CONTENT_NDJSON), bank_id=BANK, lane=0, lanes=1, origin="lending/3/17/0"
    )
    other = draft_of(b"{}", bank_id=BANK, seq=2, complete_to=None)
    first = [
        Message("lending", 3, 17 + n, n, d.headers, d.value) for n, d in enumerate([bad, other])
    ]
    copies = [copy_of(message) for message in first]
    messages = [
        as_first_received(Message(topic, 0, offset, 10, draft.headers, draft.value))
        for offset, draft in enumerate([*copies, mended])
    ]
    Pipeline(store, lpr=load_lpr(), is_log_kept=True).handle(messages)

    def listed(*, is_all: bool) -> list[str]:
        entries = read_entries(store, 0, topic, Choice(), is_all=is_all)
        return [str(entry.place) for entry in entries]

    assert listed(is_all=True) == ["lending.g1/0/0/0", "lending.g1/0/1/0"]
    assert listed(is_all=False) == ["lending.g1/0/1/0"]


def test_an_unknown_place_is_refused(node: Node) -> None:
    for verb in ("show", "replay"):
        asked = {"place": "lending/0/9/9"} if verb == "show" else {"places": ["lending/0/9/9"]}
        with pytest.raises(ValueError, match="lending/0/9/9: nothing was rejected there"):
            run(node, verb, **asked)
    with pytest.raises(ValueError, match="expected topic/partition/offset/position"):
        run(node, "show", place="17")


def test_bytes_are_shown_safely(node: Node) -> None:
    clear = "370102196001011239"
    value = b'{"\x1b[2J\x07":"' + clear.encode() + b'"}' + b"\xff" + b" " * 5_000
    send(node, [draft_of(value, bank_id=BANK, seq=1, complete_to=None)])

    (shown,) = run(node, "show", place="lending/0/0/0")["rows"]

    assert "\x1b" not in shown["raw"]
    assert "\\x1b[2J\\x07" in shown["raw"]
    assert clear not in json.dumps(shown)
    assert shown["headers"]["bank"] == BANK
    assert len(shown["raw"]) < 4_200


# The commands.


def puhui(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Node(tmp_path / "data", future_days_max=None) as node:
        send(node, kept_out(2))
    return tmp_path / "data"


def test_the_commands_list_show_release_and_send_again(folder: Path) -> None:
    listed = puhui("rejected", "list", "--code", "bank_quarantined", "--data", folder)
    assert "lending/0/1/-1" in listed.stdout
    assert "请先更正系统差错" in listed.stdout
    assert listed.stdout.splitlines()[-1].split() == [BANK, "bank_quarantined", "2"]
    english = puhui("rejected", "list", "--lang", "en", "--data", folder).stdout
    assert "the lane sent too much that was wrong" in english

    shown = puhui("rejected", "show", "lending/0/1/-1", "--data", folder)
    assert "seq: 2" in shown.stdout
    assert "loan_disbursed" in shown.stdout

    refused = puhui("rejected", "replay", "--bank", BANK, "--data", folder)
    assert refused.exit_code == 1
    assert f"puhui rejected release {BANK} --lane 0" in refused.output

    assert puhui("rejected", "release", BANK, "--lane", "0", "--data", folder).exit_code == 0
    dry = puhui("rejected", "replay", "--dry-run", "--json", "--data", folder)
    done = puhui("rejected", "replay", "--json", "--data", folder)
    assert msgspec.json.decode(dry.stdout)["counts"] == msgspec.json.decode(done.stdout)["counts"]
    (counts,) = msgspec.json.decode(done.stdout)["counts"]
    assert (counts["readmitted_count"], counts["still_refused_count"]) == (2, 200)
    left = puhui("rejected", "list", "--code", "bank_quarantined", "--json", "--data", folder)
    assert msgspec.json.decode(left.stdout) == {"rows": [], "summary": []}


def test_nothing_rejected_is_an_empty_table(tmp_path: Path) -> None:
    with Node(tmp_path / "data") as node:
        assert stored(node.store, REJECTED) == []
    assert puhui("rejected", "list", "--data", tmp_path / "data").exit_code == 0
