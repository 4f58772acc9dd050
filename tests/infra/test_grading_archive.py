"""An archive holds everything about one bank in one quarter, and names what there is nothing of."""

import base64
import datetime as dt
import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from infra.archive_part import csv_file
from infra.grading import grade_quarter
from infra.grading_archive import PARTS, archive_of
from infra.imports.pboc.archive import Filing
from infra.operations import Operations
from infra.repeatable_zip import parts_of_zip, sha256_of
from infra.wiring import Node
from schemas.grading_tables import GRADING_ACTS, GRADING_FILES
from schemas.quarter import Quarter
from schemas.tables import FILING_FINDINGS, RECEIPTS
from schemas.words import Words
from streams.grading_run import store_run
from tests.infra.story_node import StoryNode
from tests.processors.test_grading import RULE, eight, run_of
from tests.told_province import BANKS, SetClock, openings

Q4 = Quarter(2021, 4)
EVIDENCE = b"what the bank handed in"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with Node(tmp_path / "data", clock=SetClock("2022-01-10"), future_days_max=None) as node:
        node.ingest.take_drafts(openings())
        yield node


def act(node: Any, number: int, name: str, bank_id: str = "", /, **body: Any) -> None:
    node.store.insert(
        GRADING_ACTS,
        {
            "quarter": ["2021Q4"], "number": np.array([number]), "act": [name],
            "person": ["li"], "role": ["maker"], "bank_id": [bank_id],
            "at_ms": np.array([1_642_000_000_000 + number]),
            "body": [msgspec.json.encode(body).decode()],
            "previous_sha256": [""], "sha256": [""], "version": np.array([1]),
        },
    )  # fmt: skip


def keep(node: Any, content: bytes, file_name: str, hashed: str = "") -> str:
    digest = hashed or sha256_of(content)
    node.store.insert(
        GRADING_FILES,
        {
            "sha256": [digest], "file_name": [file_name], "content": [content],
            "size_bytes": np.array([len(content)]), "version": np.array([1]),
        },
    )  # fmt: skip
    return digest


def archived(node: Any, bank_id: str = BANKS[0], run_id: str = "") -> dict[str, bytes]:
    content, _ = archive_of(node, bank_id, Q4, run_id)
    return parts_of_zip(content)


def index_of(files: dict[str, bytes]) -> dict[str, Any]:
    return {part["name"]: part for part in json.loads(files["index.json"])["parts"]}


def test_every_part_is_in_the_index_and_those_without_files_say_why(node: Node) -> None:
    grade_quarter(node, Q4)
    files = archived(node)
    parts = index_of(files)

    assert len(parts) == len(PARTS) == 17
    assert [part.place for part in PARTS] == list(range(1, 18))
    for part in parts.values():
        assert part["is_present"] or (part["remark_zh"] and part["remark_en"]), part["name"]
    assert parts["04-explanation"]["is_present"]
    assert parts["16-revisions"]["remark_zh"] == "尚未通报，没有修订"
    page = files["index.html"].decode()
    assert all(escape(part["zh"]) in page for part in parts.values())
    assert all(escape(part["en"]) in page for part in parts.values())


def test_the_index_names_every_file_with_its_hash(node: Node) -> None:
    grade_quarter(node, Q4)
    files = archived(node)
    listed = {file["name"]: file for part in index_of(files).values() for file in part["files"]}

    assert set(files) - set(listed) == {"index.json", "index.html"}
    for name, file in listed.items():
        assert (file["sha256"], file["size_bytes"]) == (sha256_of(files[name]), len(files[name]))


def test_the_same_store_gives_the_same_bytes(node: Node) -> None:
    grade_quarter(node, Q4)

    assert archive_of(node, BANKS[0], Q4)[0] == archive_of(node, BANKS[0], Q4)[0]


def test_a_quarter_that_nobody_graded_is_archived_all_the_same(node: Node) -> None:
    parts = index_of(archived(node))

    assert parts["04-explanation"]["remark_en"] == "the quarter has not been graded"
    assert parts["02-receipts"]["is_present"]


def test_a_bank_that_nothing_is_known_of_is_told_who_is(node: Node) -> None:
    with pytest.raises(LookupError, match="expected a bank_id such as 9137"):
        archive_of(node, "nobody", Q4)


def test_what_was_sent_found_and_receipted_for_the_quarter_is_in_it(node: Node) -> None:
    january = node.clock.now_ms()
    for batch, period in ((1, "2021-10-31"), (1, "2022-01-31")):
        filing = Filing(
            BANKS[0],
            "DWDKFS",
            dt.date.fromisoformat(period),
            batch,
            "x.dat",
            "1",
            "ab",
            4,
            1,
            "",
            january,
        )
        node.archive.mark([filing])
    node.store.insert(
        FILING_FINDINGS,
        {
            "bank_id": [BANKS[0]] * 2, "table_code": ["DWDKFS"] * 2,
            "period": ["2021-10-31", "2022-01-31"], "batch": np.array([1, 1]),
            "number": np.array([1, 1]), "line": np.array([7, 8]), "field": ["rate"] * 2,
            "rule": ["R1"] * 2, "level": ["error"] * 2, "found": ["=1+1", "9"],
            "expected": ["a rate"] * 2, "version": np.array([1, 1]),
        },
    )  # fmt: skip
    node.store.insert(
        RECEIPTS,
        {
            "bank_id": [BANKS[0]] * 2, "lane": np.array([0, 0]), "seq": np.array([1, 2]),
            "lanes": np.array([1, 1]), "sha256": ["a", "b"],
            "complete_to": ["2021-12-31", "2022-03-31"],
            "body": [b'{"signed":1}', b'{"signed":2}'], "version": np.array([-1, -2]),
        },
    )  # fmt: skip
    files = archived(node)

    assert [one["period"] for one in json.loads(files["01-filings/filings.json"])] == ["2021-10-31"]
    assert files["02-receipts/receipt-000-000001.json"] == b'{"signed":1}'
    assert "02-receipts/receipt-000-000002.json" not in files
    found = files["03-findings/file-findings.csv"].decode("utf-8-sig")
    assert found.splitlines()[1:] == ["DWDKFS,2021-10-31,1,1,7,rate,R1,error,'=1+1,a rate"]


def test_acts_stand_in_their_part_with_the_files_that_were_handed_in(node: Node) -> None:
    evidence = keep(node, EVIDENCE, "../evidence 1.pdf")
    changed = keep(node, b"changed since", "minutes.pdf", "a" * 64)
    act(node, 1, "comment", BANKS[0], text="不同意", evidence_sha256=evidence)
    act(node, 2, "appeal", BANKS[0], text="申诉", column="x")
    act(node, 3, "answer", BANKS[0], number=2, text="受理")
    act(node, 4, "confer", minutes_number="7", minutes_sha256=changed)
    act(node, 5, "sign", agency="甲", evidence_sha256="b" * 64)
    files = archived(node)

    def told(part: str) -> list[int]:
        return [one["number"] for one in json.loads(files[f"{part}/acts.json"])]

    assert (told("10-comments"), told("11-appeals")) == ([1], [2, 3])
    assert files[f"10-comments/{evidence[:12]}-_evidence_1.pdf"] == EVIDENCE
    listed = {file["name"]: file["en"] for file in index_of(files)["13-minutes"]["files"]}
    assert listed["13-minutes/aaaaaaaaaaaa-minutes.pdf"] == "a file that is NOT what was handed in"
    assert files["14-signatures/bbbbbbbbbbbb-missing.txt"] == b"b" * 64 + b"\n"


def test_nothing_of_another_bank_is_in_it(node: Node) -> None:
    grade_quarter(node, Q4)
    act(node, 1, "comment", BANKS[1], text="其他银行的话")
    findings = [{"bank_id": BANKS[1], "zh": "其他"}, {"bank_id": BANKS[0], "zh": "本行"}]
    act(node, 2, "check", findings=findings)
    files = archived(node)

    everything = b"".join(files.values()).decode("utf-8", "replace")
    assert "其他" not in everything
    assert BANKS[1] not in everything
    (check,) = json.loads(files["05-cut/cut.json"])["acts"]
    assert check["body"]["left_out_of_other_banks_count"] == 1
    assert [one["zh"] for one in check["body"]["findings"]] == ["本行"]


def test_the_run_that_was_published_counts_and_every_version_is_told(node: Node) -> None:
    first = grade_quarter(node, Q4)
    grade_quarter(node, Q4, "illustrative-quarterly@2")
    act(node, 1, "publish", run_id=first.run_id, document_number="鲁〔2022〕1号")
    files = archived(node)

    assert json.loads(files["index.json"])["run_id"] == first.run_id
    versions = files["16-revisions/versions.csv"].decode("utf-8-sig").splitlines()
    assert versions[1].startswith(f"1,{first.run_id},鲁〔2022〕1号,")
    assert index_of(files)["16-revisions"]["remark_en"] == "never revised"


def test_peers_are_told_without_names_and_only_where_there_are_five(tmp_path: Path) -> None:
    stored = eight()
    node = StoryNode(stored.write(), tmp_path)
    run = run_of(stored)
    store_run(node.store, run, RULE, node.clock)
    files = archived(node, "B3", run.run_id)

    group = files["08-peers/group.csv"].decode("utf-8-sig").splitlines()
    assert group[1] == "private_growth_ytd,8,10.0,13.5,17.0"
    values = json.loads(files["08-peers/values.json"])
    assert values["private_growth_ytd"] == [f"{n}.0" for n in range(10, 18)]
    assert b"B2" not in b"".join(files.values())

    few = [msgspec.structs.replace(bank, group=f"{n // 4}") for n, bank in enumerate(run.banks)]
    small = msgspec.structs.replace(run, run_id="d" * 64, banks=few)
    store_run(node.store, small, RULE, node.clock)
    part = index_of(archived(node, "B3", small.run_id))["08-peers"]
    assert not part["is_present"]
    assert part["remark_zh"] == "比较组“0”不足 5 家，不列同组数值"


def test_the_explanation_says_what_every_paper_must(tmp_path: Path) -> None:
    stored = eight()
    (tmp_path / "demo.json").write_text("{}")
    node = StoryNode(stored.write(), tmp_path)
    store_run(node.store, run_of(stored), RULE, node.clock)
    text = archived(node, "B7")["04-explanation/explanation.txt"].decode("utf-8-sig")

    assert "※ 模拟数据；示例办法，非官方规则 / synthetic data; illustrative" in text
    assert "档次 / Grade: 优秀 / Excellent" in text
    assert "总分 / Total: 100.00" in text


def test_the_verb_answers_a_file_and_its_contents(node: Node) -> None:
    grade_quarter(node, Q4)
    answer = Operations(node).run("archive", {"bank_id": BANKS[0], "quarter": "2021Q4"})

    assert answer["file_name"] == f"{BANKS[0]}-2021Q4.archive.zip"
    assert sha256_of(base64.b64decode(answer["content_base64"])) == answer["sha256"]
    assert [row["part"] for row in answer["rows"]][:2] == ["01-filings", "02-receipts"]
    run_id = index_run(answer)
    with pytest.raises(ValueError, match="expected one of 2021Q3"):
        archive_of(node, BANKS[0], Quarter(2021, 3), run_id)


def index_run(answer: dict[str, Any]) -> str:
    files = parts_of_zip(base64.b64decode(answer["content_base64"]))
    return str(json.loads(files["index.json"])["run_id"])


@pytest.mark.parametrize(
    ("value", "written"),
    [("=A1", "'=A1"), ("+x", "'+x"), ("-1.5", "-1.5"), ("-61/7", "-61/7"), (3, "3"), ("@x", "'@x")],
)
def test_a_table_holds_no_formula(value: object, written: str) -> None:
    content = csv_file("x.csv", ("a",), [(value,)], Words("", "")).content

    assert content.decode("utf-8-sig").splitlines()[1] == written
