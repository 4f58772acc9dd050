"""Runs are certified and packed from what is stored, whatever has come in since."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from infra.certificate import signing_key_of
from infra.certificate_checking import Verification, verify
from infra.grading import grade_quarter
from infra.input_pack import PUBLISHED, RUN
from infra.live_demo import SPEC_FILE
from infra.operations import Operations
from infra.pack_sources import DEMO_FILE, MovedOnError, pack_of
from infra.reference_data import load_methodology
from infra.repeatable_zip import parts_of_zip, sha256_of
from infra.wiring import Node
from schemas.grading_tables import GRADING_ACTS, GRADING_RUNS
from schemas.quarter import Quarter
from streams.grading_run import run_with_methodology, store_run
from tests.told_province import BANKS, YI, SetClock, loan, openings, profile, sent

Q4 = Quarter(2021, 4)


@pytest.fixture
def clock() -> SetClock:
    return SetClock("2022-01-10")


@pytest.fixture
def node(tmp_path: Path, clock: SetClock) -> Iterator[Node]:
    with Node(tmp_path / "data", clock=clock, future_days_max=None) as node:
        node.ingest.take_drafts(openings())
        yield node


def later(node: Node, clock: SetClock) -> None:
    """A loan and a profile come in after the run."""
    clock.set("2022-01-20")
    events = [
        loan("late", 0, "2021-12-30", 4 * YI),
        profile("grown", 0, "2021-10-01", "medium", revision=1),
    ]
    node.ingest.take_drafts([sent(events, 0, 2)])


def asked(node: Node, verb: str, run_id: str, **more: bool) -> tuple[dict, bytes]:
    answer = Operations(node).run(verb, {"run_id": run_id, **more})
    return answer, base64.b64decode(answer["content_base64"])


def checked(node: Node, run_id: str) -> Verification:
    _, certificate = asked(node, "certificate", run_id)
    _, pack = asked(node, "pack", run_id)
    return verify(certificate, pack, signing_key_of(node).public)


def events_step(found: Verification) -> str:
    return next(step.en for step in found.steps if step.name == "events")


def test_a_certificate_is_signed_once_and_shown_again_as_it_was(
    node: Node, clock: SetClock
) -> None:
    run = grade_quarter(node, Q4)
    nothing = Operations(node).read("certificate_show", {"run_id": run.run_id})
    answer, first = asked(node, "certificate", run.run_id[:10])
    clock.set("2022-02-01")
    _, again = asked(node, "certificate", run.run_id)
    shown = Operations(node).read("certificate_show", {"run_id": run.run_id})

    assert nothing["content_base64"] == ""
    assert first == again == base64.b64decode(shown["content_base64"])
    assert answer["public_key_pem"].startswith("-----BEGIN PUBLIC KEY-----")
    assert json.loads(first)["signed_at"] == "2022-01-10T12:00:00+08:00"
    assert json.loads(first)["is_synthetic"] is False


def test_a_renewed_certificate_is_signed_anew(node: Node, clock: SetClock) -> None:
    run = grade_quarter(node, Q4)
    asked(node, "certificate", run.run_id)
    clock.set("2022-02-01")
    _, renewed = asked(node, "certificate", run.run_id, is_renewed=True)

    assert json.loads(renewed)["signed_at"].startswith("2022-02-01")
    assert asked(node, "certificate", run.run_id)[1] == renewed
    assert checked(node, run.run_id).is_ok


def test_the_pack_of_a_certified_run_is_kept_whatever_comes_in_later(
    node: Node, clock: SetClock
) -> None:
    run = grade_quarter(node, Q4)
    _, certificate = asked(node, "certificate", run.run_id)
    later(node, clock)
    answer, pack = asked(node, "pack", run.run_id)

    assert answer["is_certified"]
    assert answer["sha256"] == json.loads(certificate)["pack_sha256"] == sha256_of(pack)
    assert checked(node, run.run_id).is_ok


@pytest.mark.parametrize("as_of", ["", "2022-01-15"])
def test_a_run_is_packed_with_what_was_known_at_its_cut_though_more_has_come_in(
    node: Node, clock: SetClock, as_of: str
) -> None:
    clock.set("2022-01-16")
    run = grade_quarter(node, Q4, as_of=as_of)
    later(node, clock)
    now = grade_quarter(node, Q4)
    asked(node, "certificate", run.run_id, has_events=True)
    found = checked(node, run.run_id)

    assert now.run_id != run.run_id
    assert found.is_ok, found.steps[-1]
    # The profile that came later changes whose loans they are: it is not among these events.
    assert events_step(found) == "totals computed again from the events"


def test_a_pack_with_events_gives_its_totals_from_them(node: Node) -> None:
    run = grade_quarter(node, Q4)
    _, plain = asked(node, "pack", run.run_id)
    _, pack = asked(node, "pack", run.run_id, has_events=True)
    asked(node, "certificate", run.run_id, has_events=True)

    assert "events/events.csv" not in parts_of_zip(plain)
    assert parts_of_zip(pack)["events/events.csv"].count(b"loan_disbursed") >= len(BANKS)
    assert events_step(checked(node, run.run_id)) == "totals computed again from the events"


def test_the_bases_that_were_published_are_in_the_pack(node: Node) -> None:
    """Growth on a base as an earlier run published it rests on that run, not on the totals."""
    rule = load_methodology()
    rule = msgspec.structs.replace(rule, effective_from="2018Q1", indicators=[
        msgspec.structs.replace(one, vintage="as_published") if one.measure == "growth" else one
        for one in rule.indicators
    ])  # fmt: skip
    earlier = grade_quarter(node, Quarter(2020, 4))
    publish(node, "2020Q4", earlier.run_id)
    run = grade_quarter(node, Q4, rule)
    _, pack = asked(node, "pack", run.run_id)

    assert run.banks[0].indicators[0].value == "5.0"
    published = parts_of_zip(pack)[PUBLISHED].decode().splitlines()
    assert f"{BANKS[0]},private,2020Q4,{100 * YI}" in published
    asked(node, "certificate", run.run_id)
    assert checked(node, run.run_id).is_ok


def publish(node: Node, quarter: str, run_id: str) -> None:
    body = json.dumps({"run_id": run_id, "document_number": "1"})
    node.store.insert(
        GRADING_ACTS,
        {
            "quarter": [quarter], "number": np.array([1]), "act": ["publish"], "person": ["mei"],
            "role": ["maker"], "bank_id": [""], "at_ms": np.array([1_641_700_000_000]),
            "body": [body], "previous_sha256": [""], "sha256": [""], "version": np.array([1]),
        },
    )  # fmt: skip


def test_a_run_that_no_data_give_is_not_packed(node: Node) -> None:
    run = grade_quarter(node, Q4)
    _, methodology = run_with_methodology(node.store, run.run_id)
    store_run(node.store, msgspec.structs.replace(run, run_id="f" * 64), methodology, node.clock)

    with pytest.raises(MovedOnError, match=rf"what is stored gives run {run.run_id[:12]}"):
        pack_of(node, "f" * 64)


def test_what_was_supposed_is_neither_packed_nor_certified(node: Node) -> None:
    run = grade_quarter(node, Q4)
    supposed = msgspec.structs.replace(run, run_id="e" * 64, is_what_if=True)
    node.store.insert(
        GRADING_RUNS,
        {
            "run_id": ["e" * 64], "quarter": ["2021Q4"], "methodology": [run.methodology],
            "methodology_hash": [run.methodology_hash], "input_digest": [run.input_digest],
            "formula_version": [run.formula_version], "graded_at_ms": np.array([1]),
            "body": [msgspec.json.encode(supposed).decode()], "version": np.array([1]),
        },
    )  # fmt: skip

    for verb in ("pack", "certificate"):
        with pytest.raises(ValueError, match="不作为正式结果"):
            asked(node, verb, "e" * 64)


def test_a_demo_is_known_by_the_file_that_it_claims_its_folder_with() -> None:
    assert DEMO_FILE == SPEC_FILE


def test_invented_figures_are_certified_as_such(node: Node, tmp_path: Path) -> None:
    (tmp_path / "data" / "demo.json").write_text("{}")
    run = grade_quarter(node, Q4)
    _, certificate = asked(node, "certificate", run.run_id)

    assert json.loads(certificate)["is_synthetic"] is True
    assert json.loads(certificate)["note_zh"].startswith("模拟数据")


def test_the_run_in_a_pack_says_when_it_was_cut(node: Node) -> None:
    run = grade_quarter(node, Q4, as_of="2022-01-10")
    _, pack = asked(node, "pack", run.run_id)

    assert json.loads(parts_of_zip(pack)[RUN])["as_of"] == "2022-01-10"
