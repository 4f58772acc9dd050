import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
HEADINGS = set(re.findall(r"^#{2,3} (.+)$", METHOD, re.MULTILINE))
LAYERS = ("schemas", "processors", "alerts", "streams", "infra")


@pytest.mark.parametrize("layer", LAYERS)
def test_every_place_in_the_method_that_code_points_to_exists(layer: str) -> None:
    wanted = {
        (path.name, anchor)
        for path in (ROOT / layer).rglob("*.py")
        for anchor in re.findall(r"docs/method\.md#([a-z-]+)", path.read_text(encoding="utf-8"))
    }

    assert [place for place in sorted(wanted) if place[1] not in HEADINGS] == []


def test_links_inside_the_method_lead_somewhere() -> None:
    links = set(re.findall(r"\]\(#([a-z-]+)\)", METHOD))

    assert links
    assert links <= HEADINGS
