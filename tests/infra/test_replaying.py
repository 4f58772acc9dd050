"""A data folder is replayed into a new generation, and goes on with it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.cli import cli
from infra.operations import Operations
from infra.replaying import ReplayReport, ReplayRequest, replay
from infra.wiring import Node
from schemas.message import Draft
from streams.digest import state_digest
from streams.evaluate import read_snapshot
from streams.generations import next_offsets
from streams.memory_store import MemoryStore
from tests.job import run_job
from tests.simulation.world import story

DRAFTS = [draft._replace(partition=0) for draft in story(3, partitions=1, events=150)]
HALF = len(DRAFTS) // 2


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with Node(tmp_path / "data", future_days_max=None) as node:
        yield node


def send(node: Node, drafts: Sequence[Draft]) -> None:
    """As they are: the way in would leave out what was sent before."""
    node.log.append(drafts)
    node.ingest.catch_up()


def asked(node: Node, **changes: object) -> ReplayReport:
    return replay(node, ReplayRequest(**changes))  # type: ignore[arg-type]


def clean(drafts: Sequence[Draft]) -> MemoryStore:
    return run_job(drafts)


@pytest.mark.parametrize("partitions", [0, 1, 6])
def test_a_folder_replayed_is_the_same(node: Node, partitions: int) -> None:
    send(node, DRAFTS)

    report = asked(node, partitions=partitions)

    assert (report.generation, report.compared_generation, report.is_shown) == (1, 0, False)
    assert (report.is_equal, report.is_still, report.differing_tables) == (True, True, ())
    assert report.message_count == len(DRAFTS)
    assert report.partition_count == max(partitions, 1)
    assert report.state_digest == report.compared_digest == state_digest(clean(DRAFTS))
    assert node.generation == 0


def test_after_the_switch_the_process_writes_what_readers_see(node: Node) -> None:
    send(node, DRAFTS[:HALF])
    way_in = node.ingest  # As an import that has begun holds it.

    assert asked(node, is_shown=True).is_shown
    node.log.append(DRAFTS[HALF:])
    way_in.catch_up()

    assert (node.generation, read_snapshot(node.store).generation) == (1, 1)
    assert next_offsets(node.store, 0) == {0: HALF}
    assert next_offsets(node.store, 1) == {0: len(DRAFTS)}
    assert state_digest(node.store, 1) == state_digest(clean(DRAFTS))


def test_a_folder_that_is_opened_again_goes_on_with_the_new_generation(tmp_path: Path) -> None:
    with Node(tmp_path, future_days_max=None) as node:
        send(node, DRAFTS[:HALF])
        asked(node, is_shown=True)
    with Node(tmp_path, future_days_max=None) as node:
        send(node, DRAFTS[HALF:])
        assert node.generation == 1
        assert state_digest(node.store, 1) == state_digest(clean(DRAFTS))


def test_a_replay_that_was_killed_goes_on_under_its_number(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(node, DRAFTS)
    insert = type(node.store).insert
    inserts = iter(range(40))

    def dying(*arguments: object) -> None:
        if next(inserts, None) is None:
            raise KeyboardInterrupt
        insert(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(type(node.store), "insert", dying)
        with pytest.raises(KeyboardInterrupt):
            asked(node, partitions=6)

    assert asked(node, partitions=6, generation=1).is_equal
    assert asked(node).generation == 2


def test_what_differs_is_named_and_shown_only_when_that_is_meant(node: Node) -> None:
    send(node, DRAFTS)
    node._future_days_max = -1_000  # A stricter check than when the messages came.

    with pytest.raises(ValueError, match=r"differs in events, rejected.*--accept-differences"):
        asked(node, is_shown=True)
    assert node.generation == 0

    report = asked(node, is_shown=True, are_differences_accepted=True)
    assert not report.is_equal
    assert "events" in report.differing_tables
    assert node.generation == report.generation == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"source": "kafka"}, "there is no Kafka here"),
        ({"source": "kafka", "partitions": 3}, "has the partitions that it has"),
        ({"partitions": 3, "is_shown": True}, "nobody could go on from there"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_do(
    node: Node, changes: dict[str, object], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        asked(node, **changes)


def test_what_readers_see_is_not_written_over(node: Node) -> None:
    send(node, DRAFTS[:5])
    asked(node, is_shown=True)

    with pytest.raises(ValueError, match="generation 1: readers see it"):
        asked(node, generation=1)


def test_the_verb_tells_the_pages_that_they_show_another_generation(node: Node) -> None:
    send(node, DRAFTS[:5])
    told: list[bool] = []
    operations = Operations(node, on_graded=lambda: told.append(True))

    assert not operations.run("replay", {})["rows"][0]["is_shown"]
    assert not told
    assert operations.run("replay", {"is_shown": True})["rows"][0]["is_shown"]
    assert told


def test_the_command_prints_whether_the_two_are_equal(tmp_path: Path) -> None:
    with Node(tmp_path, future_days_max=None) as node:
        send(node, DRAFTS[:9])

    def puhui(*words: str) -> Result:
        return CliRunner().invoke(cli, ["replay", *words, "--data", str(tmp_path)])

    told = puhui("--from-store", "--lang", "en").stdout.splitlines()
    assert told[0].split()[:4] == ["Generation", "Compared", "with", "Partitions"]
    assert told[2].split()[:4] == ["1", "0", "1", "9"]
    digests = [line.split(": ") for line in told[3:]]
    assert [name for name, _ in digests] == ["1", "0"]
    assert digests[0][1] == digests[1][1]
    assert "是否一致" in puhui("--from-store").stdout
    assert "name what to read" in puhui().output
    assert "needs PUHUI_CLICKHOUSE_URL" in puhui("--to-new-topic", "--partitions", "3").output
    for wrong in ("X", "=4", "X=0", "X=1025", "X=four"):
        told_wrong = puhui("--to-new-topic", "--partitions", "3", "--lanes", wrong).output
        assert f"--lanes was '{wrong}', expected BANK=N with N up to 1024" in told_wrong
