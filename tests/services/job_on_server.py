"""The whole job over a ClickHouse server, until it has handled a story. The victim of a test."""

import random
import sys

from infra.clickhouse.migrate import migrate
from infra.clickhouse.server import ServerConnection
from infra.clickhouse.store import ClickHouseStore
from infra.reference_data import load_lpr
from streams.digest import state_digest
from streams.pipeline import Pipeline
from tests.job import ListLog
from tests.simulation.world import story

EVENTS = 400
PARTITIONS = 2


def live(url: str, seed: int) -> None:
    connection = ServerConnection(url)
    connection.wait_for_inserts()
    migrate(connection, now_ms=0)
    store = ClickHouseStore(connection)
    log = ListLog(story(seed, partitions=PARTITIONS, events=EVENTS), PARTITIONS)
    pipeline = Pipeline(store, lpr=load_lpr(), log_identity=log.identity)
    print("ready", flush=True)
    rng = random.Random()  # Batches are cut in other places in every life.
    for partition in log.partitions:
        while (offset := pipeline.next_offset(partition)) < log.end(partition):
            pipeline.handle(log.read(partition, offset, messages_max=rng.randint(1, 5)))
    print(f"digest {state_digest(store)}", flush=True)


if __name__ == "__main__":
    live(sys.argv[1], int(sys.argv[2]))
