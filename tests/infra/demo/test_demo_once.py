"""The past of the demo at once: a summary, and the truth about what was planted."""

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.cli import cli
from infra.demo.planted import names
from infra.demo_once import play_once
from infra.live_demo import DemoSpec

SMALL = ["--banks", "10", "--borrowers", "400", "--quarters", "4"]


def demo(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["demo", "--once", *SMALL, *(str(word) for word in words)])


def test_the_truth_is_written_with_what_made_it(tmp_path: Path) -> None:
    result = demo("--truth", tmp_path / "truth.json", "--troubles", "odd_rates,size_conflict")
    written = json.loads((tmp_path / "truth.json").read_text("utf-8"))

    assert result.exit_code == 0, result.output
    assert written["spec"]["troubles"] == json.loads(result.stdout)["troubles"]
    assert {truth["trouble"] for truth in written["truth"]} == {"odd_rates", "size_conflict"}
    assert written["truth"][0].keys() == {
        "trouble", "is_real", "bank_ids", "borrower_ids", "from_day", "to_day", "figures",
    }  # fmt: skip


def test_a_clean_province_has_no_truth_and_another_digest(tmp_path: Path) -> None:
    clean = demo("--truth", tmp_path / "truth.json", "--troubles", "none")
    troubled = demo()

    assert json.loads((tmp_path / "truth.json").read_text("utf-8"))["truth"] == []
    digests = {json.loads(result.stdout)["state_digest"] for result in (clean, troubled)}
    assert len(digests) == 2
    for result in (clean, troubled):
        summary = json.loads(result.stdout)
        assert summary["stored_count"] == summary["event_count"] > 3_000
        assert 0 < summary["duration_s"]["history"] <= summary["duration_s"]["all"]


def test_a_trouble_that_nobody_knows_is_refused_with_those_there_are() -> None:
    result = demo("--troubles", "locusts")

    assert result.exit_code == 2
    assert "'locusts'" in result.output
    words = " ".join(result.output.replace("│", " ").split())
    assert all(name in words for name in names())


def test_truth_without_once_is_refused(tmp_path: Path) -> None:
    asked = ["demo", "--no-browser", "--truth", str(tmp_path / "truth.json")]
    result = CliRunner().invoke(cli, asked)

    assert result.exit_code == 2
    assert "add it, or leave --truth out" in result.output


@pytest.mark.parametrize("name", names())
def test_each_trouble_can_be_planted_alone_in_a_small_province(name: str, tmp_path: Path) -> None:
    result = demo("--troubles", name, "--truth", tmp_path / "truth.json")
    written = json.loads((tmp_path / "truth.json").read_text("utf-8"))["truth"]

    assert result.exit_code == 0, result.output
    assert {truth["trouble"] for truth in written} <= {name}


def test_the_usual_demo_loads_four_years_in_under_twenty_seconds(tmp_path: Path) -> None:
    began_s = time.process_time()
    summary = play_once(tmp_path, DemoSpec())
    cpu_s = time.process_time() - began_s

    # Of the processor: others may be at work on the machine. Grades and digest are in it.
    assert cpu_s < 20
    assert summary["graded_quarter"] == "2023Q4"
    assert summary["stored_count"] == summary["event_count"] > 300_000
    assert {"excellent", "good", "fair", "encouraged", "not_rated"} == set(summary["grades"])
