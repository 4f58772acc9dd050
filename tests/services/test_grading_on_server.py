"""A quarter graded in memory, on chdb and on the ClickHouse server: the same run, byte for byte."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from infra.clickhouse.embedded import EmbeddedConnection
from infra.clickhouse.migrate import migrate
from infra.clickhouse.server import ServerConnection
from infra.clickhouse.store import ClickHouseStore
from infra.reference_data import load_lpr, load_methodology
from schemas.grading import GradingRun
from schemas.message import TOPIC_LENDING, Draft
from schemas.quarter import Quarter
from streams.as_of import LogOf, read_as_of, results_as_of
from streams.grading_run import Beside, read_run, run_grading
from streams.loop import Loop
from streams.memory_store import MemoryStore
from streams.pipeline import Pipeline
from streams.ports import Store
from streams.recompute import totals_of_events
from tests.job import ListLog
from tests.told_province import PAPER, YI, SetClock, loan, openings, paper, profile, sent

LPR, RULE, Q4 = load_lpr(), load_methodology(), Quarter(2021, 4)
NOW_MS = SetClock("2022-02-01").ms
AS_OF = "2022-01-10"


def messages() -> ListLog:
    late = [loan("late", 0, "2021-12-30", 4 * YI), profile("now", 1, "2021-12-01", "large", 1)]
    drafts: list[Draft] = [
        *openings(),
        sent(paper(130 * YI), PAPER, 1),
        sent(late[:1], 0, 2),
        sent(late[1:], 1, 2),
    ]
    log = ListLog(drafts)
    early, after = SetClock("2022-01-10").ms, SetClock("2022-01-20").ms
    log.messages[0] = [
        message._replace(received_at_ms=early if message.offset <= PAPER else after)
        for message in log.messages[0]
    ]
    return log


def filled(store: Store) -> Store:
    log = messages()
    Loop(log, Pipeline(store, lpr=LPR, log_identity=log.identity, is_log_kept=True)).run_to_end()
    return store


def graded(store: Store, as_of: str = "") -> GradingRun:
    then = None
    if as_of:
        cut = read_as_of(as_of, now_ms=NOW_MS)
        log = LogOf(TOPIC_LENDING, 1, None, None)
        then = lambda: results_as_of(store, LPR, log, cut)  # noqa: E731 - one line for one test
    return run_grading(
        store,
        LPR,
        RULE,
        Q4,
        SetClock("2022-02-01"),
        recompute=lambda found: totals_of_events(
            store, LPR, generation=found.generation, vector=found.vector
        ),
        beside=Beside(as_of, then),
    )


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[ClickHouseStore]:
    connection = EmbeddedConnection(tmp_path)
    migrate(connection, now_ms=NOW_MS)
    yield ClickHouseStore(connection)
    connection.close()


def runs(store: Store) -> list[bytes]:
    """As it was made and as it is read back, of now and as of the day before the late ones."""
    filled(store)
    made = [graded(store), graded(store, AS_OF)]
    assert made[0].run_id != made[1].run_id
    stored = [read_run(store, run.run_id) for run in made]
    return [msgspec.json.encode(run) for run in (*made, *stored)]


def test_in_memory_and_on_chdb_a_quarter_gives_the_same_bytes(embedded: ClickHouseStore) -> None:
    assert runs(embedded) == runs(MemoryStore())


def test_on_the_server_a_quarter_gives_the_same_bytes(server: ServerConnection) -> None:
    migrate(server, now_ms=NOW_MS)

    assert runs(ClickHouseStore(server)) == runs(MemoryStore())


def test_graded_twice_a_quarter_gives_the_run_that_is_there(embedded: ClickHouseStore) -> None:
    filled(embedded)

    assert msgspec.json.encode(graded(embedded)) == msgspec.json.encode(graded(embedded))
    assert graded(embedded, AS_OF).as_of == AS_OF
