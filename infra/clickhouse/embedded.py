"""ClickHouse inside this process (chdb), its files in one folder.

An engine holds one folder per process and one process per folder: a second process must ask
the first over HTTP. Reading opens a connection of its own, which takes 0.15 ms, so that a slow
read holds up neither a writer nor another read.
"""

from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any

import chdb
import pyarrow as pa

from infra.clickhouse.arrow_rows import with_plain_text
from infra.clickhouse.connection import Params, StoreError, check_database_name

# Below this a stream of Arrow bytes is quicker (3 ms against 7 ms), above it the table in place
# (40 ms against 50 ms for 50,000 rows).
STREAM_ROWS_MAX = 5_000

_SESSION = (
    # ReplacingMergeTree would drop old versions at insert too; reading does it anyway, and
    # leaving it out makes an insert a third quicker.
    "set optimize_on_insert = 0",
    # One insert is one block however large: by default a million rows at most, and a reader
    # could see the first block without the second.
    "set min_insert_block_size_rows = 1000000000",
    "set min_insert_block_size_bytes = 1000000000000",
)


class EmbeddedConnection:
    """The engine of this process, opened on ``folder``, which is made when it is not there."""

    def __init__(self, folder: Path, database: str = "puhui") -> None:
        self.folder = folder.absolute()
        self._database = check_database_name(database)
        self._lock = Lock()
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._writer = self._connect()
        self.execute(f"create database if not exists {self._database}")
        self.execute(f"use {self._database}")
        for setting in _SESSION:
            self.execute(setting)

    @property
    def database(self) -> str:
        return self._database

    def execute(self, sql: str, params: Params | None = None) -> None:
        """Run a statement that returns nothing."""
        with self._lock:
            try:
                self._writer.query(sql, params=_rendered(params))
            except chdb.ChdbError as error:
                raise self._refused(sql, error) from error

    def insert(self, table_name: str, rows: pa.Table) -> None:
        """Add ``rows`` as one block: after a kill all of them are there or none."""
        names = ", ".join(f"`{name}`" for name in rows.column_names)
        sql = f"insert into {self._database}.{table_name} ({names})"
        rows = with_plain_text(rows)
        with self._lock:
            try:
                if rows.num_rows <= STREAM_ROWS_MAX:
                    with self._writer.send_insert(sql, "ArrowStream") as block:
                        block.append(_arrow_stream(rows))
                        block.finish()
                else:
                    # The engine finds the table by the name of the variable in this function.
                    self._writer.query(f"{sql} select {names} from Python(rows)")  # noqa: S608
            except (chdb.ChdbError, RuntimeError) as error:
                raise self._refused(sql, error) from error

    def query(self, sql: str, params: Params | None = None) -> Iterator[pa.Table]:
        """Yield the answer in blocks of about 65,000 rows, over a connection of its own."""
        reader = self._connect()
        try:
            reader.query(f"use {self._database}")
            with reader.send_query(sql, "Arrow", params=_rendered(params)) as blocks:
                for block in blocks:
                    yield pa.ipc.open_file(pa.BufferReader(block.bytes())).read_all()
        except (chdb.ChdbError, RuntimeError) as error:
            raise self._refused(sql, error) from error
        finally:
            reader.close()

    def close(self) -> None:
        """Let the folder go. The engine ends with the last connection of this process."""
        with self._lock:
            self._writer.close()

    def _connect(self) -> Any:
        try:
            return chdb.connect(str(self.folder))
        except RuntimeError as error:
            raise StoreError(
                f"embedded ClickHouse in {self.folder}: {error}; one process can hold one "
                "folder, and one folder only one process: close the other, or ask it over HTTP"
            ) from error

    def _refused(self, sql: str, error: Exception) -> StoreError:
        return StoreError(f"embedded ClickHouse in {self.folder}: {error}; statement: {sql}")


def _arrow_stream(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r", "'": "\\'"}
)


def _rendered(params: Params | None) -> dict[str, int | str]:
    """Return ``params`` as the engine parses them: escaped text, arrays in brackets."""
    return {name: _parameter_text(value) for name, value in (params or {}).items()}


def _parameter_text(value: Any) -> int | str:
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    return "[" + ",".join(f"'{text.translate(_ESCAPES)}'" for text in value) + "]"
