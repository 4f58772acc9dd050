"""``puhui reconcile`` and ``puhui gaps`` on a data folder: what they print, and how they end."""

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.cli import cli
from infra.wiring import Node

SMALL = ["--seed", "7", "--banks", "6", "--borrowers", "60", "--quarters", "2"]


def puhui(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("reconcile") / "data"
    assert puhui("demo", "--once", *SMALL, "--data", data).exit_code == 0
    return data


def test_a_folder_that_is_whole_is_said_to_be(folder: Path) -> None:
    zh = puhui("reconcile", "--data", folder)
    told = json.loads(puhui("reconcile", "--deep", "--json", "--data", folder).stdout)

    assert zh.exit_code == 0
    assert zh.stdout.splitlines()[-1].startswith("差异 0 项；")
    assert (told["state"], told["differences"]) == ("ok", 0)
    assert {row["level"] for row in told["rows"]} <= {"ok", "notice"}
    assert {"totals_of_events", "registers_of_messages", "kept_messages"} <= {
        row["check"] for row in told["rows"]
    }


def test_gaps_are_told_by_bank_and_lane(folder: Path) -> None:
    told = json.loads(puhui("gaps", "--json", "--data", folder).stdout)
    table = puhui("gaps", "--lang", "en", "--data", folder).stdout

    assert len({row["bank_id"] for row in told["rows"]}) == 6
    assert all(row["seen"] and row["bank_complete_to"] for row in told["rows"])
    assert all(row["last_received_at_ms"] > 0 for row in told["rows"])
    assert "Bank complete to" in table


def test_a_lost_row_ends_the_command_with_1_and_says_what_to_do(folder: Path) -> None:
    with Node(folder) as node:
        (row,) = [
            row
            for block in node.connection.query(
                "select bank_id, borrower_id, quarter from cells final "
                "where disbursed_minor > 0 order by bank_id, borrower_id, quarter limit 1"
            )
            for row in block.to_pylist()
        ]
        node.connection.execute(
            "alter table cells delete where bank_id = {bank:String} and "
            "borrower_id = {borrower:String} and quarter = {quarter:UInt16}",
            {"bank": row["bank_id"], "borrower": row["borrower_id"], "quarter": row["quarter"]},
        )
    # A statement of this kind takes effect by itself, soon.
    for _ in range(50):
        answer = puhui("reconcile", "--json", "--data", folder)
        if answer.exit_code:
            break

    told = json.loads(answer.stdout)
    assert answer.exit_code == 1
    assert told["state"] == "difference"
    first = told["rows"][0]
    assert (first["level"], first["bank_id"]) == ("difference", row["bank_id"])
    assert first["quarter"]
    assert "puhui replay" in first["to_do"]

    people = puhui("reconcile", "--lang", "en", "--data", folder)
    assert people.exit_code == 1
    assert "What to do" in people.stdout
    assert f"{told['differences']} differences" in people.stdout


def test_a_serving_process_measures_what_differs(folder: Path) -> None:
    """After the row of the test before was lost, which is why it stands last."""
    from contextlib import ExitStack

    from infra.evaluator import Evaluator
    from infra.metrics import Metrics
    from infra.serving import _reconciling
    from infra.web.live import LiveView

    with Node(folder) as node, ExitStack() as stack:
        metrics = Metrics(node.clock)
        evaluator = Evaluator(node, LiveView(), lambda _: {})
        reconciling = _reconciling(node, evaluator, metrics, stack)
        deadline_s = time.monotonic() + 20
        while reconciling.told()["state"] == "checking":
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        told = metrics.exposition().decode()

    (line,) = [
        line
        for line in told.splitlines()
        if line.startswith("puhui_reconcile_differences{") and 'events_cells"' in line
    ]
    assert float(line.split()[-1]) > 0
