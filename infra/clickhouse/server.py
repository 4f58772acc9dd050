"""ClickHouse on a server, over its native protocol: from 18.16, which Debian has, to today's.

Every use takes a connection of its own from a few that are kept open, so that a slow read holds
up neither a writer nor another read.
"""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
from clickhouse_driver import Client
from clickhouse_driver.errors import Error, NetworkError, ServerException, SocketTimeoutError
from clickhouse_driver.util.escape import escape_param

from infra.clickhouse.address import ServerAddress, parse_address
from infra.clickhouse.connection import Params, StoreError

IDLE_MAX = 8
_POLL_S = 0.01

# What the driver says in the log is said by StoreError; without a handler it would go to stderr.
logging.getLogger("clickhouse_driver").addHandler(logging.NullHandler())

# Of the native protocol the part that 18.16 and today's server both speak: a newer one may send
# columns in a form that only a newer client can read.
_PROTOCOL_REVISION = 54_453

_SETTINGS = {
    # Whole columns as arrays. (Rows of numpy values would turn large integers into floats.)
    "use_numpy": True,
    # What is stored need not be text: raw messages are read from the same kind of column.
    "strings_as_bytes": True,
    # One insert is one block however large, or a reader could see half of it.
    "insert_block_size": 2**31,
    # A list of 50,000 ids is part of the statement.
    "max_query_size": 2**30,
}
# ReplacingMergeTree would drop old versions at insert too; reading does it anyway.
_SETTINGS_WHERE_KNOWN = {"optimize_on_insert": 0}

_PARAMETER = re.compile(r"\{(\w+):[A-Za-z0-9()]+\}")

_UNKNOWN_DATABASE = 81
# Slow, too many queries, memory, disk, parts; stopping: aborted, cancelled.
_BUSY = {159, 202, 241, 243, 252, 236, 394}
_WHO = {192, 193, 194, 516}
_MAY_NOT = {164, 291, 497}


class StoreAwayError(StoreError):
    """The server cannot be reached or has too much to do: the same may succeed later."""


class ServerConnection:
    """One database of a server, which is made when it is not there."""

    def __init__(self, url: str) -> None:
        """Look whether the server of ``url`` is there; raise StoreError when it is not."""
        self._address = parse_address(url)
        self._idle: list[Client] = []
        self._lock = Lock()
        self._is_closed = False
        self._settings = dict(_SETTINGS)
        with self._asking("select 1"):
            self._open_database()
        known = list(_SETTINGS_WHERE_KNOWN)
        answer = self.query(
            "select name from system.settings where has({names:Array(String)}, name)",
            {"names": known},
        )
        for name in [name for block in answer for name in block["name"].to_pylist()]:
            self._settings[name] = _SETTINGS_WHERE_KNOWN[name]

    @property
    def database(self) -> str:
        return self._address.database

    def execute(self, sql: str, params: Params | None = None) -> None:
        """Run a statement that returns nothing."""
        with self._asking(sql), self._client() as client:
            client.execute(_rendered(sql, params), settings=self._settings)

    def insert(self, table_name: str, rows: pa.Table) -> None:
        """Add ``rows`` as one block: after a kill on either side all of them are there or none."""
        names = ", ".join(f"`{name}`" for name in rows.column_names)
        sql = f"{self._insert_into}{table_name} ({names}) values"
        columns = [_array_of(column) for column in rows.columns]
        with self._asking(sql), self._client() as client:
            client.execute(sql, columns, columnar=True, settings=self._settings)

    def query(self, sql: str, params: Params | None = None) -> Iterator[pa.Table]:
        """Yield the answer in the server's blocks, as they come."""
        with self._asking(sql), self._client() as client:
            blocks = client.query_arrow_stream(
                _rendered(sql, params), settings=self._settings, field_metadata=False
            )
            for block in blocks:
                yield _as_text(pa.Table.from_batches([block]))

    def wait_for_inserts(self, *, timeout_s: float = 30) -> None:
        """Return when every insert into the database that is under way now has ended.

        What a writer sent before it was killed is written after its death. Who takes over its
        work waits here before reading, or rows of the dead appear behind his back.
        """
        give_up_s = time.monotonic() + timeout_s
        awaited = self._inserts_under_way()
        while awaited:
            if time.monotonic() > give_up_s:
                raise StoreAwayError(
                    f"ClickHouse {self._address}: {len(awaited)} inserts have not ended after "
                    f"{timeout_s:.0f} s; look into system.processes for what holds them up"
                )
            time.sleep(_POLL_S)
            awaited &= self._inserts_under_way()

    def _inserts_under_way(self) -> set[str]:
        sql = "select query_id from system.processes where position(query, {beginning:String}) = 1"
        answer = self.query(sql, {"beginning": self._insert_into})
        return {query_id for block in answer for query_id in block["query_id"].to_pylist()}

    @property
    def _insert_into(self) -> str:
        return f"insert into {self.database}."

    def close(self) -> None:
        """End the connections; one that is being read is ended with the last of its answer."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for client in idle:
            client.disconnect()

    def _open_database(self) -> None:
        try:
            with self._client() as client:
                client.execute("select 1")
        except ServerException as error:
            if error.code != _UNKNOWN_DATABASE:
                raise
            anywhere = _client_of(self._address._replace(database=""))
            try:
                anywhere.execute(f"create database if not exists {self.database}")
            finally:
                anywhere.disconnect()

    @contextmanager
    def _client(self) -> Iterator[Client]:
        """Give a connection to one user; keep it for the next one unless something went wrong."""
        with self._lock:
            if self._is_closed:
                raise StoreError(f"ClickHouse {self._address}: this connection was closed")
            client = self._idle.pop() if self._idle else None
        client = client or _client_of(self._address)
        is_well = False
        try:
            yield client
            is_well = True
        finally:
            # An answer that nobody read to its end would be taken for that of the next question.
            with self._lock:
                is_kept = is_well and not self._is_closed and len(self._idle) < IDLE_MAX
                if is_kept:
                    self._idle.append(client)
            if not is_kept:
                client.disconnect()

    @contextmanager
    def _asking(self, sql: str) -> Iterator[None]:
        """Say what the driver reports in words that tell what to do."""
        where = f"ClickHouse {self._address}"
        try:
            yield
        except ServerException as error:
            # An old server sends where in its code it happened: not for the reader.
            what = error.message.split("Stack trace:")[0].strip().removeprefix("DB::Exception: ")
            kind = StoreAwayError if error.code in _BUSY else StoreError
            raise kind(f"{where}: {what}{_advice(error.code)}; statement: {sql}") from error
        except (NetworkError, SocketTimeoutError, EOFError, OSError) as error:
            raise StoreAwayError(
                f"{where}: it cannot be reached ({_reason(error)}); look whether the server is "
                "running and the address is right"
            ) from error
        except Error as error:
            raise StoreError(f"{where}: {error}; statement: {sql}") from error


def _client_of(address: ServerAddress) -> Client:
    options: dict[str, Any] = {}
    if address.secure:
        options = {"secure": True, "verify": address.verify}
        if address.ca_certs:
            options["ca_certs"] = address.ca_certs
    return Client(
        host=address.host,
        port=address.port,
        user=address.user,
        password=address.password,
        database=address.database,
        connect_timeout=address.connect_timeout_s,
        send_receive_timeout=address.timeout_s,
        client_name="puhui",
        client_revision=_PROTOCOL_REVISION,
        settings=_SETTINGS,
        **options,
    )


def _rendered(sql: str, params: Params | None) -> str:
    """Return ``sql`` with its parameters in place, which an old server does not know."""
    values = params or {}

    def literal(found: re.Match[str]) -> str:
        value = values[found[1]]
        if isinstance(value, int | str):
            return str(escape_param(value, None))
        return str(escape_param(list(value), None))

    return _PARAMETER.sub(literal, sql)


def _array_of(column: pa.ChunkedArray) -> Any:
    if pa.types.is_integer(column.type):
        return column.to_numpy()
    if pa.types.is_dictionary(column.type):
        # One text for all rows that have it: the driver writes it from where it is.
        joined = column.combine_chunks()
        texts = _objects(joined.dictionary)
        return texts[joined.indices.to_numpy()]
    return _objects(column)


def _objects(texts: pa.Array | pa.ChunkedArray) -> Any:
    values = texts.cast(pa.binary()).to_pylist()
    array = np.empty(len(values), object)  # Not np.array: that would cut trailing zero bytes.
    array[:] = values
    return array


def _as_text(block: pa.Table) -> pa.Table:
    """Return ``block`` with its bytes called text, unchecked, as the embedded engine gives it."""
    return pa.table(
        {
            name: pa.chunked_array([_called_text(chunk) for chunk in column.chunks])
            if pa.types.is_binary(column.type)
            else column
            for name, column in zip(block.column_names, block.columns, strict=True)
        }
    )


def _called_text(column: pa.BinaryArray) -> pa.StringArray:
    return pa.StringArray.from_buffers(len(column), *column.buffers()[1:])


def _advice(code: int) -> str:
    if code in _WHO:
        return "; look whether user and password are right"
    if code in _MAY_NOT:
        return "; give the user the right to do this, or create the database for it"
    return ""


def _reason(error: BaseException) -> str:
    text = error.message if isinstance(error, Error) else str(error)
    return text or type(error).__name__
