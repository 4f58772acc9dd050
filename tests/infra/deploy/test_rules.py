"""Every rule watches what exists, fires when it should, and says what to do."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from infra.metric_catalog import METRICS
from tests.infra.deploy.deploy_files import (
    DASHBOARD,
    DEPLOY,
    PANELS,
    PROMETHEUS,
    RULES,
    RULES_FILE,
    RUNBOOKS,
    metrics_in,
    samples,
)

SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOKS, re.MULTILINE | re.DOTALL))
ALERTS = [rule["alert"] for rule in RULES]
CASES = Path(__file__).with_name("rules_test.yml")
PROMTOOL = shutil.which("promtool")

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")


def by_name(name: str) -> dict:
    return next(rule for rule in RULES if rule["alert"] == name)


def test_what_deserves_attention_is_watched() -> None:
    assert set(ALERTS) == {
        "WorkerLagging", "NotAdvancing", "StoreAway", "RejectedShareHigh", "LaneQuarantined",
        "ReconcileDifference", "ReconcileStale", "BanksSilent", "SubmissionsMissing",
        "CanarySlow", "CanaryMissing", "MemoryGrowing", "WorkerDown",
    }  # fmt: skip
    assert len(ALERTS) == len(set(ALERTS))


@pytest.mark.parametrize("name", ALERTS)
def test_a_rule_reads_only_metrics_that_exist(name: str) -> None:
    expression = by_name(name)["expr"]

    assert metrics_in(expression)
    assert metrics_in(expression) <= samples()
    assert expression.count("(") == expression.count(")")


@pytest.mark.parametrize("name", ALERTS)
def test_a_rule_uses_only_labels_that_its_metrics_have(name: str) -> None:
    rule = by_name(name)
    labels = {metric.label for metric in METRICS if metric.name in metrics_in(rule["expr"])}
    grouped = re.findall(r"\bby \(([^)]*)\)", rule["expr"])
    used = {label for group in grouped for label in re.split(r",\s*", group)}
    told = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))

    assert used <= labels | {"le"}
    assert told <= used | {"instance"}


@pytest.mark.parametrize("name", ALERTS)
def test_a_rule_says_what_is_wrong_in_both_languages_and_where_to_read_on(name: str) -> None:
    told = by_name(name)["annotations"]

    assert re.search(r"[\u4e00-\u9fff]", told["summary_zh"])
    assert not re.search(r"[\u4e00-\u9fff]", told["summary_en"])
    assert told["runbook_url"] == f"docs/how-to/runbooks.md#{name.lower()}"
    assert by_name(name)["labels"]["severity"] in {"info", "warning", "critical"}


def test_every_rule_has_a_runbook_and_every_runbook_a_rule() -> None:
    assert sorted(SECTIONS) == sorted(ALERTS)


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_a_runbook_says_what_it_means_where_to_look_and_what_to_do(name: str) -> None:
    for part in ("What you see.", "What it means.", "Look.", "Do."):
        assert f"**{part}**" in SECTIONS[name]


def test_links_between_runbooks_lead_somewhere() -> None:
    anchors = {name.lower() for name in SECTIONS}

    assert set(re.findall(r"\]\(#([\w-]+)\)", RUNBOOKS)) <= anchors
    deploy = (DEPLOY.parents[1] / "docs" / "how-to" / "deploy.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(runbooks\.md#([\w-]+)\)", deploy)) <= anchors


def test_what_runbooks_call_by_its_title_is_on_the_dashboard() -> None:
    titles = {panel["title"].partition(" / ")[2] for panel in PANELS}
    for told in ("From receipt to stored", "Writing a batch", "Memory", "Cells in memory"):
        assert f"*{told}*" in RUNBOOKS.replace("\n", " ")
        assert told in titles


def test_prometheus_is_told_of_the_rules() -> None:
    assert PROMETHEUS["rule_files"] == [RULES_FILE.name]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_shows_metrics_that_exist(panel: dict) -> None:
    chinese, _, english = panel["title"].partition(" / ")

    assert re.search(r"[\u4e00-\u9fff]|HTTP", chinese)
    assert english
    assert panel["targets"]
    for target in panel["targets"]:
        assert metrics_in(target["expr"])
        assert metrics_in(target["expr"]) <= samples()
        assert target["expr"].count("(") == target["expr"].count(")")


def test_every_metric_that_tells_something_is_on_the_dashboard() -> None:
    shown = " ".join(target["expr"] for panel in PANELS for target in panel["targets"])
    missing = {metric.name for metric in METRICS if metric.name not in shown}

    assert missing == {
        "puhui_event_warnings_total",
        "puhui_process_virtual_memory_bytes",
        "puhui_process_start_time_seconds",
        "puhui_process_open_fds",
        "puhui_process_max_fds",
    }


def test_panels_do_not_lie_on_each_other_and_come_from_the_provisioned_source() -> None:
    places = set()
    for panel in DASHBOARD["panels"]:
        grid = panel["gridPos"]
        assert grid["x"] + grid["w"] <= 24
        covered = {
            (x, y)
            for x in range(grid["x"], grid["x"] + grid["w"])
            for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not places & covered
        places |= covered
    folder = DEPLOY / "grafana" / "provisioning" / "datasources"
    (source,) = yaml.safe_load((folder / "prometheus.yaml").read_text())["datasources"]
    assert {panel["datasource"]["uid"] for panel in PANELS} == {source["uid"]}
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.parametrize("name", ALERTS)
def test_every_rule_has_a_case_in_which_it_fires(name: str) -> None:
    assert name in CASES.read_text()


@needs_promtool
def test_rules_fire_when_they_should_and_only_then() -> None:
    done = subprocess.run(
        [PROMTOOL, "test", "rules", CASES.name],
        cwd=CASES.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_what_panels_ask_can_be_asked(tmp_path: Path) -> None:
    asked = [target["expr"] for panel in PANELS for target in panel["targets"]]
    rules = [
        {"record": f"asked:{number}", "expr": expression.replace("$__rate_interval", "1m")}
        for number, expression in enumerate(asked)
    ]
    file = tmp_path / "asked.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": rules}]}))

    done = subprocess.run(
        [PROMTOOL, "check", "rules", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
