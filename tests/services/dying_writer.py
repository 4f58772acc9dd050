"""A writer that is killed between the last byte it sends and the answer. Victim of a test."""

import os
import signal
import sys

import numpy as np
from clickhouse_driver import Client

from infra.clickhouse.server import ServerConnection
from infra.clickhouse.store import ClickHouseStore
from schemas.tables import CELLS
from tests.contracts.store_rows import rows_of

ROWS = 300_000


def die(client: Client) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Client.receive_end_of_insert_query = die
    numbers = np.arange(ROWS)
    rows = rows_of(CELLS, ROWS, quarter=numbers % 60_000, partition=numbers // 60_000, version=1)
    ClickHouseStore(ServerConnection(sys.argv[1])).insert(CELLS, rows)
