"""The files of infra/deploy, read for tests."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from infra.metric_catalog import METRICS, Kind

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "infra" / "deploy"
RUNBOOKS = (ROOT / "docs" / "how-to" / "runbooks.md").read_text(encoding="utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if service["image"].startswith("puhui:"))

PROMETHEUS = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
RULES_FILE = DEPLOY / "prometheus" / "rules.yml"
RULES = [
    rule for group in yaml.safe_load(RULES_FILE.read_text())["groups"] for rule in group["rules"]
]
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "puhui.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def samples() -> set[str]:
    """Names under which Prometheus stores what the catalog has."""
    names = {metric.name for metric in METRICS if metric.kind is not Kind.HISTOGRAM}
    of_histograms = {metric.name for metric in METRICS if metric.kind is Kind.HISTOGRAM}
    return names | {
        f"{name}_{part}" for name in of_histograms for part in ("bucket", "sum", "count")
    }


def metrics_in(expression: str) -> set[str]:
    return set(re.findall(r"puhui_\w+", expression))


def filled(text: Any) -> str:
    """Return a value of the compose file as Compose would fill it in, every secret as x1."""
    return re.sub(r"\$\{\w+:(?:-(\w*)|\?[^}]*)\}", lambda found: found[1] or "x1", str(text))
