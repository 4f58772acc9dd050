"""A store filled with a story by the real pipeline, reconciled and damaged by hand."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from infra.clickhouse.connection import Connection
from infra.clickhouse.migrate import migrate
from infra.clickhouse.store import ClickHouseStore
from infra.embedded_log import EmbeddedLog
from infra.reconciler import Reconciler, Reconciliation
from infra.reference_data import load_lpr
from schemas.message import Draft
from schemas.tables import TABLES
from streams.pipeline import Pipeline
from streams.reconcile import Finding, Level
from tests.simulation.world import story

LPR = load_lpr()
PARTITIONS = 2


class SteadyClock:
    def now_ms(self) -> int:
        return 1_640_000_000_000


def emptied(connection: Connection) -> ClickHouseStore:
    migrate(connection, now_ms=0)
    for table in TABLES:
        connection.execute(f"truncate table {table.name}")
    return ClickHouseStore(connection)


class Job:
    """A log with a pipeline behind it, over one store."""

    def __init__(self, connection: Connection, drafts: Sequence[Draft] = ()) -> None:
        self.connection = connection
        self.store = emptied(connection)
        self.log = EmbeddedLog(self.store, SteadyClock(), partitions=PARTITIONS)
        self.pipeline = Pipeline(self.store, lpr=LPR, log_identity=self.log.identity)
        self.handle(drafts)

    def handle(self, drafts: Sequence[Draft], messages_max: int = 50) -> None:
        if drafts:
            self.log.append(drafts)
        for partition in self.log.partitions:
            while (offset := self.pipeline.next_offset(partition)) < self.log.end(partition):
                batch = self.log.read(partition, offset, messages_max=messages_max)
                self.pipeline.handle(batch)

    def reconciler(self, *, has_log: bool = True) -> Reconciler:
        return Reconciler(
            self.store,
            self.connection,
            generation=0,
            log=self.log if has_log else None,
            lpr=LPR,
            clock=SteadyClock(),
        )

    def reconciled(self, *, is_continuous: bool = False, is_deep: bool = False) -> Reconciliation:
        return self.reconciler().run(is_continuous=is_continuous, is_deep=is_deep)


def of_level(result: Reconciliation, level: Level) -> list[Finding]:
    return [finding for finding in result.findings if finding.level is level]


def differences(result: Reconciliation) -> list[Finding]:
    return of_level(result, Level.DIFFERENCE)


def story_of(seed: int, events: int = 150) -> list[Draft]:
    return story(seed, partitions=PARTITIONS, events=events)


def selected(job: Job, sql: str) -> list[dict[str, Any]]:
    return [row for block in job.connection.query(sql) for row in block.to_pylist()]


class Damage(NamedTuple):
    """A kind of row, and the checks that may name it when one is gone."""

    name: str
    table: str
    where: str
    checks: tuple[str, ...]
    has_bank: bool = True

    @property
    def key(self) -> tuple[str, ...]:
        return next(table.key for table in TABLES if table.name == self.table)

    def rows(self, job: "Job") -> list[dict[str, Any]]:
        """Keys of the rows of this kind, with their bank where they have one."""
        names = {*self.key, *(["bank_id"] if self.has_bank else [])}
        columns = ", ".join(f"`{name}`" for name in sorted(names))
        sql = f"select {columns} from {self.table} final where {self.where} order by {columns}"
        return selected(job, sql)


DAMAGES = (
    Damage("submission", "submissions", "outcome = 'accepted'", ("log_submissions",), False),
    Damage("message", "messages", "1", ("submissions_messages",), False),
    Damage("event", "events", "1", ("submissions_events",)),
    Damage("refusal", "rejected", "1", ("submissions_events",)),
    Damage("cell", "cells", "1", ("events_cells",)),
    Damage("tag cell", "tag_cells", "tag < 1024", ("events_tag_cells",)),
    Damage("tag cell of an LPR", "tag_cells", "tag >= 1024", ("tag_cells_totals",)),
    Damage("profile", "profiles", "1", ("events_registers",)),
    Damage("credit line", "credit_lines", "1", ("events_registers",)),
    Damage("register", "registers", "register = 'bank'", ("events_registers",)),
    Damage(
        "total",
        "totals",
        "population = 'all' and tag = 0 and balance_change_minor != 0",
        ("cells_totals",),
    ),
    Damage(
        "total by tag",
        "totals",
        "population = 'all' and tag > 0 and draw_count != 0",
        ("tag_cells_totals",),
    ),
    Damage(
        "total of a population",
        "totals",
        "population not in ('', 'all') and (balance_change_minor != 0 or disbursed_minor != 0)",
        ("totals_of_cells",),
    ),
)


def damaged(job: Job, damage: Damage, seed: int = 0) -> dict[str, Any]:
    """Delete a row by hand, as somebody at a console does, and return its key."""
    rows = damage.rows(job)
    row = rows[seed % len(rows)]
    conditions = [
        f"`{name}` = '{row[name]}'" if isinstance(row[name], str) else f"`{name}` = {row[name]}"
        for name in damage.key
    ]
    job.connection.execute(f"alter table {damage.table} delete where {' and '.join(conditions)}")
    return row


class Named(NamedTuple):
    """What was said of a deleted row, after how long."""

    finding: Finding
    took_s: float
    row: dict[str, Any]


def named(job: Job, damage: Damage, seed: int = 0) -> Named:
    """Delete a row, and return the first difference named by a check that is meant to."""
    assert differences(job.reconciled(is_continuous=True)) == []
    row = damaged(job, damage, seed)
    began_s = time.monotonic()
    while True:
        found = differences(job.reconciled(is_continuous=True))
        took_s = time.monotonic() - began_s
        fitting = [one for one in found if one.check in damage.checks]
        if fitting:
            return Named(fitting[0], took_s, row)
        assert took_s < 15, f"not named: {damage.name}; only {found}"
