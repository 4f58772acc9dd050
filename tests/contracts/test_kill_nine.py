"""kill -9 of a writer: what the checkpoint covers is there, whenever the kill comes.

Run as a script this file is the victim: it writes numbered batches as the pipeline does, the
checkpoint last, and says so after each. The embedded engine dies with it, a server does not:
there the kill cuts an insert on its way.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from infra.clickhouse.connection import Connection, StoreError
from infra.clickhouse.embedded import STREAM_ROWS_MAX, EmbeddedConnection
from infra.clickhouse.migrate import migrate
from infra.clickhouse.server import ServerConnection
from infra.clickhouse.store import ClickHouseStore
from schemas.tables import CELL_SUMS, CELLS, CHECKPOINTS, EVENTS, TOTALS
from streams.ports import Store
from tests.conftest import in_database
from tests.contracts.store_rows import rows_of

REPOSITORY = Path(__file__).parents[2]
BANKS = [f"bank {n}" for n in range(4)]
CELL_ROWS = STREAM_ROWS_MAX + 1_000  # Both ways of inserting are killed: this is the large one.
EVENT_ROWS = 200
TOTAL_ROWS = 50


def write_batch(store: Store, batch: int) -> None:
    """Every batch rewrites all cells of one bank, which then all hold the batch's number."""
    bank = BANKS[batch % len(BANKS)]
    positions = np.arange(EVENT_ROWS)
    store.insert(
        EVENTS, rows_of(EVENTS, EVENT_ROWS, offset=batch, position=positions, version=batch)
    )
    sums = dict.fromkeys(CELL_SUMS, batch)
    quarters = np.arange(CELL_ROWS)
    store.insert(
        CELLS, rows_of(CELLS, CELL_ROWS, bank_id=bank, quarter=quarters, version=batch, **sums)
    )
    quarters = np.arange(TOTAL_ROWS)
    store.insert(TOTALS, rows_of(TOTALS, TOTAL_ROWS, bank_id=bank, quarter=quarters, version=batch))
    store.insert(CHECKPOINTS, rows_of(CHECKPOINTS, 1, next_offset=batch + 1, version=batch))


def next_batch(store: Store) -> int:
    return int(store.read(CHECKPOINTS)["next_offset"].max(initial=0))


def opened(place: str) -> Connection:
    """Open what ``place`` names: a server by its address, or a folder of the embedded engine."""
    return ServerConnection(place) if "://" in place else EmbeddedConnection(Path(place))


def be_killed(place: str) -> None:
    connection = opened(place)
    migrate(connection, now_ms=0)
    store = ClickHouseStore(connection)
    batch = next_batch(store)
    while True:
        write_batch(store, batch)
        batch += 1
        sys.stdout.write(f"{batch}\n")
        sys.stdout.flush()


def run_until_killed(place: str, life_s: float) -> int:
    """Return how many batches the victim had said it finished."""
    victim = subprocess.Popen(
        [sys.executable, __file__, place],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        text=True,
    )
    assert victim.stdout is not None
    first = victim.stdout.readline()
    assert first, "the victim ended before its first batch"
    time.sleep(life_s)
    victim.send_signal(signal.SIGKILL)
    said = [first, *victim.stdout.read().splitlines()]
    assert victim.wait() == -signal.SIGKILL
    return int(said[-1])


def batches_missing(store: Store, batch_count: int) -> list[str]:
    """What batches 0 … batch_count - 1 wrote and the store does not have."""
    missing = []
    offsets = store.read(EVENTS, columns=["offset"])["offset"]
    events = np.bincount(offsets, minlength=batch_count)[:batch_count]
    missing += [f"events of batch {batch}" for batch in np.flatnonzero(events != EVENT_ROWS)]
    for residue, bank in enumerate(BANKS):
        newest = max((n for n in range(batch_count) if n % len(BANKS) == residue), default=None)
        if newest is None:
            continue
        for table, count in ((CELLS, CELL_ROWS), (TOTALS, TOTAL_ROWS)):
            rows = store.read(table, {"bank_id": bank})
            if rows["version"].size != count or rows["version"].min() < newest:
                missing.append(f"{table.name} of {bank}, batch {newest}")
        cells = store.read(CELLS, {"bank_id": bank})
        torn = [name for name in CELL_SUMS if (cells[name] != cells["version"]).any()]
        missing += [f"cells of {bank}: {name} of another version" for name in torn]
    return missing


@pytest.fixture(params=["embedded", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "embedded":
        yield str(tmp_path / "chdb")
        return
    url = in_database(request.getfixturevalue("clickhouse_url"), f"kill_nine_{os.getpid()}")
    yield url
    connection = ServerConnection(url)
    connection.execute(f"drop database {connection.database}")
    connection.close()


def test_after_any_kill_the_checkpoint_is_not_ahead_of_the_rows(place: str) -> None:
    seed = 20211231
    print(f"seed {seed}; the moments of the kills also depend on this machine's speed")
    lives = random.Random(seed)
    finished = 0
    for _ in range(5):
        said = run_until_killed(place, lives.uniform(0, 0.2))
        assert said > finished
        connection = opened(place)
        try:
            store = ClickHouseStore(connection)
            checkpoint = next_batch(store)
            assert checkpoint >= said, "a batch that was finished is lost"
            assert batches_missing(store, checkpoint) == []
            write_batch(store, checkpoint)
            assert batches_missing(store, checkpoint + 1) == []
        finally:
            connection.close()
        finished = checkpoint + 1


def test_a_folder_held_by_another_process_is_refused(tmp_path: Path) -> None:
    victim = subprocess.Popen(
        [sys.executable, __file__, str(tmp_path / "chdb")],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )
    try:
        assert victim.stdout is not None
        assert victim.stdout.readline()
        with pytest.raises(StoreError, match="one folder only one process"):
            EmbeddedConnection(tmp_path / "chdb")
    finally:
        victim.kill()
        victim.wait()


if __name__ == "__main__":
    be_killed(sys.argv[1])
