"""Everything is counted twice: a store that is whole is never suspected, a lost row is named."""

import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from infra.clickhouse.embedded import EmbeddedConnection
from infra.reconciler import ReconcileThread, pause_s
from schemas.tables import CHECKPOINTS, SUBMISSIONS
from streams.memory_store import Killed
from streams.pipeline import Pipeline
from streams.reconcile import Level
from tests.reconcile_store import (
    DAMAGES,
    LPR,
    Damage,
    Job,
    damaged,
    differences,
    named,
    of_level,
    selected,
    story_of,
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedConnection]:
    made = EmbeddedConnection(tmp_path_factory.mktemp("reconcile") / "chdb", "reconcile")
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(6))
def test_a_whole_store_agrees_with_itself_to_the_last_check(
    connection: EmbeddedConnection, seed: int
) -> None:
    result = Job(connection, story_of(seed)).reconciled(is_deep=True)

    assert differences(result) == []
    assert of_level(result, Level.BEHIND) == []
    assert len(result.differences) >= 15


def test_an_empty_store_agrees_with_itself(connection: EmbeddedConnection) -> None:
    assert differences(Job(connection).reconciled(is_deep=True)) == []


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_a_row_deleted_by_hand_is_named_within_10_s(
    connection: EmbeddedConnection, damage: Damage
) -> None:
    said = named(Job(connection, story_of(8)), damage)

    assert said.took_s < 10
    if damage.has_bank:
        assert said.finding.bank_id == said.row["bank_id"]
    if "quarter" in said.row:
        assert said.finding.quarter == said.row["quarter"]
    assert said.finding.to_do.en
    assert said.finding.to_do.zh


def test_a_cell_that_is_gone_and_left_its_tags_is_named_and_hides_nothing(
    connection: EmbeddedConnection,
) -> None:
    job = Job(connection, story_of(8))
    connection.execute("alter table cells delete where 1")

    named = {finding.check for finding in of_level(job.reconciled(), Level.DIFFERENCE)}

    assert {"events_cells", "cells_totals"} <= named


@pytest.mark.parametrize("seed", range(5))
def test_any_row_of_any_table_is_missed(connection: EmbeddedConnection, seed: int) -> None:
    """A row chosen by seed, in a story chosen by seed, from a table chosen by seed."""
    job = Job(connection, story_of(20 + seed))
    possible = [damage for damage in DAMAGES if damage.rows(job)]

    said = named(job, possible[(seed * 5) % len(possible)], seed=seed * 7919)

    assert said.took_s < 10


@pytest.mark.parametrize(
    ("table", "column", "check"),
    [
        ("events", "amount_cny_minor", "events_cells"),
        ("cells", "non_performing_minor", "events_cells"),
        ("cells", "balance_rate_lo", "events_cells"),
        ("tag_cells", "disbursed_rate_lo", "tag_cells_totals"),
        ("totals", "borrower_change_count", "totals_of_cells"),
    ],
)
def test_a_number_changed_by_hand_is_named(
    connection: EmbeddedConnection, table: str, column: str, check: str
) -> None:
    job = Job(connection, story_of(8))
    where = {"events": "event_type = 'loan_disbursed'", "totals": "bank_id != ''"}.get(table, "1")
    rows = selected(job, f"select * from {table} final where {where} limit 1")
    changed = {**rows[0], column: rows[0][column] + 1}
    names = ", ".join(f"`{name}`" for name in changed)
    values = ", ".join(f"'{v}'" if isinstance(v, str) else str(v) for v in changed.values())
    connection.execute(f"insert into {table} ({names}) values ({values})")

    assert check in {found.check for found in differences(job.reconciled())}


def test_what_was_not_handled_yet_is_behind_and_no_difference(
    connection: EmbeddedConnection,
) -> None:
    drafts = story_of(8)
    job = Job(connection, drafts[:20])
    job.log.append(drafts[20:])

    result = job.reconciled()

    assert differences(result) == []
    behind = [f for f in of_level(result, Level.BEHIND) if f.check == "log_submissions"]
    assert {(f.left, f.right) for f in behind} == {
        (str(job.log.end(p)), str(job.pipeline.next_offset(p))) for p in job.log.partitions
    }


class DyingStore:
    """Hands inserts on until one table's turn comes, and dies before it."""

    def __init__(self, store, table: str) -> None:
        self._store, self._table = store, table

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    def insert(self, table, rows) -> None:
        if table.name == self._table:
            raise Killed
        self._store.insert(table, rows)


@pytest.mark.parametrize("table", ["events", "cells", "totals", "checkpoints"])
def test_what_a_dying_worker_left_half_written_is_no_difference(
    connection: EmbeddedConnection, table: str
) -> None:
    drafts = story_of(8)
    job = Job(connection, drafts[: len(drafts) // 2])
    job.log.append(drafts[len(drafts) // 2 :])
    die_half_way(job, table)

    assert differences(job.reconciled()) == []

    # The next life cuts its batches elsewhere: cells stay ahead of its checkpoint for a while.
    job.pipeline = Pipeline(job.store, lpr=LPR, log_identity=job.log.identity)
    for partition in job.log.partitions:
        batch = job.log.read(partition, job.pipeline.next_offset(partition), messages_max=3)
        job.pipeline.handle(batch)
        assert differences(job.reconciled()) == []
    job.handle([])
    result = job.reconciled()
    assert differences(result) == []
    assert of_level(result, Level.BEHIND) == []


def test_while_a_worker_writes_no_difference_is_ever_named(connection: EmbeddedConnection) -> None:
    job = Job(connection)
    is_done = threading.Event()

    def write() -> None:
        try:
            for seed in range(100, 102):
                drafts = story_of(seed, events=400)
                for start in range(0, len(drafts), 9):
                    job.handle(drafts[start : start + 9], messages_max=3)
        finally:
            is_done.set()

    writer = threading.Thread(target=write)
    writer.start()
    results = []
    while not is_done.is_set():
        results.append(job.reconciler().run(is_continuous=True))
    writer.join()

    assert [found.said.en for result in results for found in differences(result)] == []
    assert len(results) >= 5
    assert differences(job.reconciled(is_deep=True)) == []


def test_a_log_that_is_shorter_than_what_was_handled_is_named(
    connection: EmbeddedConnection,
) -> None:
    job = Job(connection, story_of(8))
    job.log._ends[0] -= 2

    (found,) = differences(job.reconciled())

    assert (found.check, found.measure) == ("log_submissions", "end of the log")


def test_a_store_filled_from_another_log_is_named(connection: EmbeddedConnection) -> None:
    job = Job(connection, story_of(8))
    rows = job.store.read(CHECKPOINTS)
    rows["log_identity"] = ["another/lending/1", "another/lending/1"]
    rows["version"] = rows["version"] + 1
    job.store.insert(CHECKPOINTS, rows)

    named = {found.check for found in differences(job.reconciled())}

    assert "log_identity" in named


def test_one_bank_with_two_numbers_of_lanes_is_named(connection: EmbeddedConnection) -> None:
    job = Job(connection, story_of(8))
    rows = job.store.read(CHECKPOINTS)
    lanes = rows["lanes"].to_list()
    assert '"lanes":2' in lanes[1]
    rows["lanes"] = [lanes[0], lanes[1].replace('"lanes":2', '"lanes":4', 1)]
    rows["version"] = rows["version"] + 1
    job.store.insert(CHECKPOINTS, rows)

    found = [one for one in differences(job.reconciled()) if one.check == "lanes"]

    assert found
    assert {(one.left, one.right) for one in found} == {("2", "4")}


def test_without_a_log_the_store_is_compared_with_itself(connection: EmbeddedConnection) -> None:
    job = Job(connection, story_of(8))

    assert differences(job.reconciler(has_log=False).run()) == []


def test_an_event_that_stands_in_two_partitions_is_named(connection: EmbeddedConnection) -> None:
    job = Job(connection, story_of(8))
    (row,) = selected(
        job, "select * from events final where partition = 0 order by offset, position limit 1"
    )
    twin = {**row, "partition": 1, "position": 999}
    names = ", ".join(f"`{name}`" for name in twin)
    values = ", ".join(f"'{v}'" if isinstance(v, str) else str(v) for v in twin.values())
    connection.execute(f"insert into events ({names}) values ({values})")

    found = [one for one in differences(job.reconciled()) if one.check == "event_ids"]

    assert [(one.bank_id, one.left, one.right) for one in found] == [(row["bank_id"], "1", "2")]


def test_a_reversal_of_nothing_is_told_and_is_no_difference_of_ours(
    connection: EmbeddedConnection,
) -> None:
    job = Job(connection, story_of(1))
    (row,) = selected(
        job,
        "select reversed_event_id, bank_id from events final where sign < 0 and "
        "reversed_event_id in (select event_id from events) limit 1",
    )
    before = {f.where for f in of_level(job.reconciled(), Level.NOTICE)}
    connection.execute(f"alter table events delete where event_id = '{row['reversed_event_id']}'")
    deadline_s = time.monotonic() + 10
    while time.monotonic() < deadline_s:
        new = [
            f
            for f in of_level(job.reconciled(), Level.NOTICE)
            if f.check == "reversals" and f.where not in before
        ]
        if new:
            break

    assert row["reversed_event_id"] in new[0].where
    assert new[0].bank_id == row["bank_id"]


def test_the_thread_names_a_loss_within_10_s_and_says_when_it_looked(
    connection: EmbeddedConnection,
) -> None:
    job = Job(connection, story_of(8))
    results = []
    thread = ReconcileThread(lambda: nullcontext(job.reconciler()), results.append)
    assert thread.told()["state"] == "checking"
    thread.start()
    try:
        wait_until(lambda: thread.told()["state"] == "ok")
        damaged(job, DAMAGES[0])
        began_s = time.monotonic()
        wait_until(lambda: thread.told()["state"] == "difference")
        took_s = time.monotonic() - began_s
    finally:
        thread.stop()

    assert took_s < 10
    told = thread.told()
    assert told["differences"] == results[-1].difference_count > 0
    assert told["rows"][0]["level"] == "difference"
    assert told["checked_at_ms"] > 0


def wait_until(is_so) -> None:
    deadline_s = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_a_failure_of_the_store_is_told_and_tried_again(connection: EmbeddedConnection) -> None:
    job = Job(connection, story_of(8))
    reconciler = job.reconciler()
    reconciler._asking.store = DyingReads()
    thread = ReconcileThread(lambda: nullcontext(reconciler))
    thread.start()
    wait_until(lambda: thread.told()["state"] == "failed")
    thread.stop()

    assert "cannot be reached" in thread.told()["failure"]


class DyingReads:
    def read(self, *_args, **_kwargs):
        raise OSError("it cannot be reached")


@pytest.mark.parametrize("took_s", [0.01, 0.5, 1.0, 2.0, 30.0])
def test_reconciling_costs_at_most_a_fifth_of_the_time(took_s: float) -> None:
    assert took_s / (took_s + pause_s(took_s)) <= 0.2 + 1e-9
    if took_s <= 0.5:
        assert took_s + pause_s(took_s) + took_s < 5


def test_the_store_keeps_a_row_for_every_offset(connection: EmbeddedConnection) -> None:
    """What the first check rests on."""
    job = Job(connection, story_of(3))

    for partition in job.log.partitions:
        rows = job.store.read(SUBMISSIONS, {"generation": 0, "partition": partition})
        assert rows["offset"].tolist() == list(range(job.log.end(partition)))


def die_half_way(job: Job, table: str) -> None:
    """Let a worker take up what the log holds, and die before it stores ``table``."""
    dying = Pipeline(DyingStore(job.store, table), lpr=LPR, log_identity=job.log.identity)
    for partition in job.log.partitions:
        messages = job.log.read(partition, dying.next_offset(partition), messages_max=50)
        with pytest.raises(Killed):
            dying.handle(messages)


@pytest.mark.parametrize("name", ["cell", "tag cell"])
def test_a_row_of_an_account_that_stands_still_is_missed_while_its_bank_is_busy(
    connection: EmbeddedConnection, name: str
) -> None:
    """A batch is half-way in every partition and stays there: nothing stands still as a whole."""
    (damage,) = [one for one in DAMAGES if one.name == name]
    drafts = story_of(8, events=300)
    job = Job(connection, drafts[: len(drafts) // 2])
    job.log.append(drafts[len(drafts) // 2 :])
    die_half_way(job, "totals")
    reached = {partition: job.pipeline.next_offset(partition) for partition in job.log.partitions}
    in_flight = [
        row
        for partition, offset in reached.items()
        for row in selected(
            job,
            "select distinct bank_id, quarter, borrower_id from events "
            f"where partition = {partition} and offset >= {offset}",
        )
    ]
    busy_quarters = {(row["bank_id"], row["quarter"]) for row in in_flight}
    busy = {tuple(row.values()) for row in in_flight}
    place, row = next(
        (place, row)
        for place, row in enumerate(damage.rows(job))
        if (row["bank_id"], row["quarter"]) in busy_quarters
        and (row["bank_id"], row["quarter"], row["borrower_id"]) not in busy
    )
    assert differences(job.reconciled()) == []

    damaged(job, damage, place)

    began_s = time.monotonic()
    while not (found := differences(job.reconciled(is_continuous=True))):
        assert time.monotonic() < began_s + 10
    assert {(f.bank_id, f.quarter) for f in found} == {(row["bank_id"], row["quarter"])}
    assert {f.check for f in found} <= set(damage.checks)


def test_what_was_lost_first_is_named_first(connection: EmbeddedConnection) -> None:
    """A lost cell also parts cells from totals, and who mends those first makes it worse."""
    job = Job(connection, story_of(8))
    (damage,) = [one for one in DAMAGES if one.name == "cell"]
    damaged(job, damage, seed=3)
    began_s = time.monotonic()
    while not (found := differences(job.reconciled())):
        assert time.monotonic() < began_s + 10

    checks = list(dict.fromkeys(one.check for one in found))

    assert checks[0] == "events_cells"
    assert "cells_totals" in checks
