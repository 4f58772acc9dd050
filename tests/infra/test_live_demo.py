"""The demo loads its past, grades it, then plays day by day at the pace it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.live_demo import (
    DemoError,
    DemoOperations,
    DemoRun,
    DemoSpec,
    claim_folder,
    shipments,
)
from infra.serving import grading_runs
from infra.wiring import Node
from schemas.message import Draft
from schemas.tables import SUBMISSIONS

SPEC = DemoSpec(seed=5, banks=10, borrowers=150, quarters=6)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with Node(tmp_path_factory.mktemp("demo") / "data") as node:
        yield node


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_a_demo_is_steered_and_goes_on_where_it_was_left(node: Node) -> None:
    changed = threading.Event()
    play = DemoRun(node, SPEC, days_per_s=100, on_change=changed.set)
    operations = DemoOperations(node)
    operations.play = play
    play.start()

    assert wait_for(lambda: play.standing()["phase"] == "live" and play.standing()["day"] != "")
    assert "2020Q4" in grading_runs(node)
    # The last quarter is graded half a month later, when the late bank has reported.
    assert wait_for(lambda: "2021Q1" in grading_runs(node))
    assert play.standing()["day"] >= "2021-04-15"
    operations.demo("pause", {})
    time.sleep(0.2)
    standing = operations.demo("pause", {})
    time.sleep(0.2)
    assert play.standing() == standing
    assert standing["is_paused"]

    operations.demo("step", {})
    assert wait_for(lambda: play.standing()["day"] > standing["day"])
    stepped = play.standing()["day"]
    time.sleep(0.2)
    assert play.standing()["day"] == stepped
    slowed = operations.demo("speed", {"factor": 0.5})
    assert (slowed["days_per_s"], slowed["factor"]) == (50, 0.5)
    operations.demo("resume", {})
    assert wait_for(lambda: play.standing()["day"] > stepped)
    play.stop()
    last_day = play.standing()["day"]
    outcomes = node.store.read(SUBMISSIONS)["outcome"].to_list()

    again = DemoRun(node, SPEC, days_per_s=100, on_change=changed.set)
    again.start()
    assert wait_for(lambda: again.standing()["day"] > last_day)
    again.stop()
    assert set(node.store.read(SUBMISSIONS)["outcome"].to_list()) == {"accepted"}
    assert set(outcomes) == {"accepted"}


@pytest.mark.parametrize(
    ("verb", "body", "error"),
    [
        ("speed", {}, ValueError),
        ("speed", {"factor": 0}, ValueError),
        ("speed", {"factor": "fast"}, ValueError),
        ("rewind", {}, LookupError),
    ],
)
def test_what_cannot_be_steered_is_refused(
    node: Node, verb: str, body: dict, error: type[Exception]
) -> None:
    operations = DemoOperations(node)
    operations.play = DemoRun(node, SPEC, days_per_s=1, on_change=lambda: None)

    with pytest.raises(error, match=r"expected|factor"):
        operations.demo(verb, body)


def test_a_folder_is_claimed_once(tmp_path: Path) -> None:
    claim_folder(tmp_path / "demo", SPEC)
    claim_folder(tmp_path / "demo", SPEC)

    with pytest.raises(DemoError, match=r"seed=5.*seed=6"):
        claim_folder(tmp_path / "demo", DemoSpec(seed=6, banks=10, borrowers=150, quarters=6))


def test_shipments_are_bounded_and_keep_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.live_demo.SHIPMENT_BYTES_MAX", 10)
    drafts = [Draft(0, {}, b"x" * size) for size in (4, 4, 4, 20, 1)]

    assert [[len(d.value) for d in group] for group in shipments(drafts)] == [[4, 4, 4], [20], [1]]
