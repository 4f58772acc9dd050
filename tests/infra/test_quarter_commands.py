"""The life of a quarter on the command line: who acts is whoever's token is in the environment."""

import json
from pathlib import Path

import pytest

from infra.wiring import Node
from tests.infra.test_cli import puhui
from tests.told_province import BANKS, SetClock, openings

Q4 = "2021Q4"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("quarter") / "data"
    with Node(path, clock=SetClock("2022-01-10"), future_days_max=None) as node:
        node.ingest.take_drafts(openings())
    return path


@pytest.fixture(scope="module")
def tokens(folder: Path) -> dict[str, str]:
    made = {}
    for name, *options in (
        ("mei", "--role", "maker"),
        ("chen", "--role", "checker"),
        ("bank-a", "--role", "bank", "--bank", BANKS[0]),
        ("fin", "--role", "agency", "--agency", "local_finance"),
    ):
        done = puhui("principals", "add", name, *options, "--json", "--data", folder)
        made[name] = json.loads(done.stdout)["token"]
    return made


def test_steps_are_taken_by_persons_and_shown_in_both_languages(
    folder: Path, tokens: dict[str, str], tmp_path: Path
) -> None:
    def by(name: str, *words: str):
        return puhui(*words, "--data", folder, env={"PUHUI_TOKEN": tokens[name]})

    nobody = puhui("quarter", "cut", Q4, "--data", folder)
    assert nobody.exit_code == 1
    assert "set PUHUI_TOKEN" in nobody.output
    wrong = puhui("quarter", "cut", Q4, "--data", folder, env={"PUHUI_TOKEN": "puhui_nobody"})
    assert "the token is nobody's" in wrong.output

    assert "已截数，第 1 版" in by("mei", "quarter", "cut", Q4).stdout
    refused = by("mei", "quarter", "check", Q4)
    assert (refused.exit_code, "expected a checker" in refused.output) == (1, True)
    by("chen", "quarter", "check", Q4, "--reason", "known")
    by("mei", "quarter", "trial", Q4)
    opened = by("chen", "quarter", "open-comments", Q4, "--lang", "en")
    assert "banks comment, version 1, run " in opened.stdout
    assert "Comments due: " in opened.stdout

    evidence = tmp_path / "loan.txt"
    evidence.write_text("a loan that was left out", encoding="utf-8")
    said = by(
        "bank-a", "reply", "say", Q4, "appeal", "--column", "private_growth_ytd", "--value", "9",
        "--text", "一笔漏报", "--evidence", str(evidence), "--json",
    )  # fmt: skip
    (row,) = json.loads(said.stdout)["rows"]
    tried = puhui("reply", "trial", Q4, str(row["number"]), "--data", folder)
    assert tried.stdout.rstrip().endswith("试算，不作为正式结果")
    by("mei", "reply", "answer", Q4, str(row["number"]), "--text", "so it is", "--accept")
    decided = by(
        "chen", "reply", "decide", Q4, str(row["number"]), "--accept", "--text", "ok",
        "--clause", "第五条",
    )  # fmt: skip
    assert "采纳" in decided.stdout

    shown = puhui("quarter", "show", Q4, "--json", "--data", folder)
    life = json.loads(shown.stdout)
    assert [one["act"] for one in life["acts"]] == [
        "cut", "check", "trial", "open_comments", "appeal", "answer", "appeal_decision",
    ]  # fmt: skip
    assert life["broken_at"] == 0
    assert not any(token in shown.stdout for token in tokens.values())
    listed = puhui("quarter", "list", "--lang", "en", "--data", folder).stdout
    assert "2021Q4   banks comment" in listed


def test_a_changed_record_is_an_error_that_names_the_act(folder: Path, tmp_path: Path) -> None:
    import numpy as np

    from schemas.grading_tables import GRADING_ACTS

    quarter = "2020Q4"
    done = puhui("principals", "add", "mao", "--role", "maker", "--data", folder)
    env = {"PUHUI_TOKEN": done.stdout.strip().splitlines()[0]}
    assert puhui("quarter", "cut", quarter, "--data", folder, env=env).exit_code == 0
    with Node(folder) as node:
        row = node.store.read(GRADING_ACTS, {"quarter": quarter})
        columns = {
            name: column if isinstance(column, np.ndarray) else column.to_list()
            for name, column in row.items()
        }
        columns |= {"person": ["somebody"], "version": columns["version"] + 1}
        node.store.insert(GRADING_ACTS, columns)

    shown = puhui("quarter", "show", quarter, "--data", folder)

    assert shown.exit_code == 1
    assert "act 1 breaks the chain" in shown.output
    assert "记录被改动" in shown.output
