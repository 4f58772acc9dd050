"""The connection to a ClickHouse server: what it refuses and how it says so, many threads, crashes."""

import signal
import subprocess
import sys
import threading
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from infra.clickhouse.connection import StoreError
from infra.clickhouse.health import doctor_rows
from infra.clickhouse.migrate import engine_version, migrate, read_migrations
from infra.clickhouse.server import ServerConnection, StoreAwayError
from infra.clickhouse.store import ClickHouseStore
from infra.services.clickhouse import ClickHouse
from schemas.tables import POINTERS
from tests.conftest import in_database
from tests.contracts.store_rows import pointers
from tests.services.dying_writer import ROWS

ROOT = Path(__file__).parents[2]


def numbers(connection: ServerConnection, sql: str) -> list[int]:
    return [number for block in connection.query(sql) for number in block.column(0).to_pylist()]


def test_migrations_run_once_and_the_doctor_is_content(server: ServerConnection) -> None:
    assert migrate(server, now_ms=5) == [migration.name for migration in read_migrations()]
    assert migrate(server, now_ms=6) == []
    ClickHouseStore(server).insert(POINTERS, pointers(["a"], [1], 1))

    facts = doctor_rows(server)

    assert all(fact.is_well for fact in facts), facts
    assert facts[0].detail == engine_version(server)
    assert "1 rows in 1 parts" in {fact.detail for fact in facts if fact.name == "table pointers"}


def test_large_numbers_come_back_as_they_went(server: ServerConnection) -> None:
    """Through a float 2**53 + 1 would come back as 2**53."""
    server.execute("create table large (n Int64, u UInt64) engine = Memory")
    sent = [2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)]
    server.insert("large", pa.table({"n": sent, "u": pa.array([2**64 - 1] * 4, pa.uint64())}))

    (block,) = server.query("select n, u, {n:Int64} as asked from large", {"n": -(2**63)})

    assert block["n"].to_pylist() == sent
    assert block["u"].to_pylist() == [2**64 - 1] * 4
    assert block["asked"].to_pylist() == [-(2**63)] * 4


def test_a_parameter_is_a_value_whatever_is_in_it(server: ServerConnection) -> None:
    text = "'; drop table x; -- {other:String} %(other)s \\' \0 中"
    (block,) = server.query(
        "select {text:String} as a, {other:String} as b, {many:Array(String)} as c",
        {"text": text, "other": "O", "many": [text, "]"]},
    )

    # Arrays of text come as bytes: the store asks for none.
    many = [one if isinstance(one, bytes) else one.encode() for one in block["c"].to_pylist()[0]]
    assert (block["a"].to_pylist(), block["b"].to_pylist()) == ([text], ["O"])
    assert many == [text.encode(), b"]"]


def test_a_refused_statement_says_which_and_why(server: ServerConnection) -> None:
    with pytest.raises(StoreError, match=r"no_such_table.*statement: select \* from no_such_table"):
        list(server.query("select * from no_such_table"))
    with pytest.raises(StoreError) as refused:
        server.execute("create table x (a Nonsense) engine = Memory")
    assert not isinstance(refused.value, StoreAwayError)
    assert "Stack trace" not in str(refused.value)
    assert numbers(server, "select 1") == [1], "the connection is of use after a refusal"


def test_a_wrong_user_or_password_is_told_without_the_password(clickhouse_url: str) -> None:
    address = clickhouse_url.partition("@")[2]
    for who in ("default:t0p-secret", "nobody:t0p-secret"):
        with pytest.raises(StoreError, match="user and password") as refused:
            ServerConnection(f"clickhouse://{who}@{address}")
        told = [refused.value, refused.value.__cause__]
        assert not any("t0p-secret" in f"{error} {error!r}" for error in told)


def test_a_server_that_is_not_there_is_told_in_seconds() -> None:
    started_s = time.monotonic()
    with pytest.raises(StoreAwayError, match="look whether the server is running") as away:
        ServerConnection("clickhouse://u:t0p-secret@127.0.0.1:1/x")
    assert time.monotonic() - started_s < 15
    assert "u@127.0.0.1:1/x" in str(away.value)
    assert "t0p-secret" not in str(away.value)


def test_a_read_that_is_left_early_leaves_nothing_behind(server: ServerConnection) -> None:
    for _ in range(20):
        blocks = server.query("select number from system.numbers limit 10000000")
        next(blocks)
        blocks.close()  # type: ignore[attr-defined]
        assert numbers(server, "select 7") == [7]


def test_a_long_read_comes_in_pieces_and_holds_nobody_up(server: ServerConnection) -> None:
    pieces = server.query("select number from system.numbers limit 1000000")
    first = next(pieces)
    started_s = time.monotonic()
    assert numbers(server, "select 2") == [2]
    assert time.monotonic() - started_s < 15

    sizes = [first.num_rows, *(piece.num_rows for piece in pieces)]

    assert sum(sizes) == 1_000_000
    assert max(sizes) < 200_000


def test_threads_get_their_own_answers(server: ServerConnection) -> None:
    wrong: list[object] = []

    def ask(thread: int) -> None:
        for turn in range(40):
            expected = [thread * 1000 + turn] * 3
            got = numbers(server, f"select toInt64({expected[0]}) from system.numbers limit 3")
            if got != expected:
                wrong.append((expected, got))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_closed_connection_is_not_opened_again(clickhouse_url: str) -> None:
    connection = ServerConnection(in_database(clickhouse_url, "default"))
    connection.close()

    with pytest.raises(StoreError, match="closed"):
        numbers(connection, "select 1")


def test_who_takes_over_can_wait_for_what_a_killed_writer_sent(
    server: ServerConnection, clickhouse_url: str
) -> None:
    migrate(server, now_ms=0)
    server.execute("truncate table cells")
    url = in_database(clickhouse_url, server.database)
    victim = subprocess.run(
        [sys.executable, "-m", "tests.services.dying_writer", url], cwd=ROOT, check=False
    )
    assert victim.returncode == -signal.SIGKILL

    server.wait_for_inserts()

    assert numbers(server, "select count() from cells") == [ROWS]


def test_an_insert_that_does_not_end_is_told(server: ServerConnection) -> None:
    server.execute("create table slow (n UInt64) engine = Memory")
    into = (
        f"insert into {server.database}.slow select number + sleep(1) from system.numbers limit 3"
    )
    writer = threading.Thread(
        target=server.execute, args=(f"{into} settings max_block_size = 1",), daemon=True
    )
    writer.start()
    while not server._inserts_under_way():
        time.sleep(0.01)

    with pytest.raises(StoreAwayError, match="1 inserts have not ended"):
        server.wait_for_inserts(timeout_s=0.1)
    server.wait_for_inserts()

    assert numbers(server, "select count() from slow") == [3]
    writer.join()


def test_what_was_written_survives_the_death_of_the_server(
    clickhouse_service: ClickHouse, server: ServerConnection
) -> None:
    migrate(server, now_ms=0)
    store = ClickHouseStore(server)
    server.execute("truncate table pointers")
    store.insert(POINTERS, pointers([f"{n}" for n in range(1000)], list(range(1000)), 1))
    reading = server.query("select number from system.numbers")
    next(reading)

    clickhouse_service.kill()
    try:
        with pytest.raises(StoreAwayError, match="cannot be reached"):
            store.insert(POINTERS, pointers(["late"], [1], 1))
        with pytest.raises(StoreAwayError):
            store.read(POINTERS)
        with pytest.raises(StoreAwayError):
            list(islice(reading, 10_000))
    finally:
        clickhouse_service.start(ends_with_caller=True)

    rows = store.read(POINTERS)  # The same connection: nobody has to open another.
    assert np.sort(rows["value"]).tolist() == list(range(1000))
