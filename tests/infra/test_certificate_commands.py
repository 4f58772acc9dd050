"""The commands that prove a grading, as an operator and an auditor type them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.cli import cli
from infra.grading import grade_quarter
from infra.wiring import Node
from schemas.quarter import Quarter
from tests.told_province import BANKS, SetClock, openings


@pytest.fixture
def graded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A data folder with one run, and its id; the working folder is empty."""
    data, work = tmp_path / "data", tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    with Node(data, clock=SetClock(), future_days_max=None) as node:
        node.ingest.take_drafts(openings())
        return data, grade_quarter(node, Quarter(2021, 4)).run_id


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_an_operator_hands_out_three_files_and_an_auditor_proves_them(
    graded: tuple[Path, str],
) -> None:
    data, run_id = graded
    made = run("certificate", run_id[:12], "--data", data, "--key-out", "key.pem")
    name = f"2021Q4-illustrative-quarterly-{run_id[:12]}.certificate.json"
    packed = run("pack", run_id[:12], "run.zip", "--data", data)
    proved = run("verify", name, "--pack", "run.zip", "--key", "key.pem")

    assert (made.exit_code, packed.exit_code, proved.exit_code) == (0, 0, 0)
    assert f"{name}: run {run_id[:12]}…" in made.output
    assert json.loads(Path(name).read_bytes())["pack_sha256"] in packed.output
    assert "✓ 重算得分、总分与档次" in proved.output
    assert "※ 示例办法，非官方规则" in proved.output
    assert proved.output.rstrip().endswith("验证通过：以本程序重算，结果与证书一致")


def test_a_changed_pack_fails_with_exit_code_1_and_says_where(graded: tuple[Path, str]) -> None:
    data, run_id = graded
    run("certificate", run_id, "--data", data, "--out", "c.json", "--key-out", "key.pem")
    run("pack", run_id, "run.zip", "--data", data)
    content = bytearray(Path("run.zip").read_bytes())
    content[len(content) // 2] ^= 1
    Path("run.zip").write_bytes(content)

    told = run("verify", "c.json", "--pack", "run.zip", "--key", "key.pem", "--lang", "en")
    answer = run("verify", "c.json", "--pack", "run.zip", "--key", "key.pem", "--json")

    assert (told.exit_code, answer.exit_code) == (1, 1)
    assert "✗ hash of the input pack" in told.output
    assert told.output.rstrip().endswith("NOT verified")
    found = json.loads(answer.output)
    assert not found["is_ok"]
    assert [step["is_ok"] for step in found["steps"]] == [True, True, False]


def test_a_run_that_is_not_stored_is_told_in_one_line(graded: tuple[Path, str]) -> None:
    for words in (("certificate", "ffff"), ("pack", "ffff", "x.zip")):
        found = run(*words, "--data", graded[0])
        assert found.exit_code == 1
        assert "Error: run 'ffff': 0 runs have an id that begins so" in found.output
    assert list(Path.cwd().iterdir()) == []


def test_an_archive_is_written_and_its_parts_are_told(graded: tuple[Path, str]) -> None:
    made = run("archive", BANKS[0], "2021Q4", "--data", graded[0], "--out", "a.zip")
    stranger = run("archive", "nobody", "2021Q4", "--data", graded[0])

    assert made.exit_code == 0
    assert "✓ 04-explanation 评定说明 2" in made.output
    assert "– 11-appeals 申诉  本季度没有申诉记录" in made.output
    assert Path("a.zip").read_bytes()[:2] == b"PK"
    assert stranger.exit_code == 1
    assert "not known here" in stranger.output
