"""The reading routes: each answers from one snapshot and says which data version that was."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.concurrency import sync_to_thread
from litestar.handlers import HTTPRouteHandler
from litestar.response import ServerSentEvent, ServerSentEventMessage

from infra.web.csv_rows import csv_of
from infra.web.live import LiveSnapshot
from infra.web.query import Query
from infra.web.reader import Reader, Rows

Read = Callable[[LiveSnapshot, Query], Rows]
FRESH = {"cache-control": "no-store"}


def reading_handlers(reader: Reader) -> list[HTTPRouteHandler]:
    """Return the GET routes under /api."""
    reads = {
        "overview": reader.overview,
        "growth": reader.growth,
        "rates": reader.rates,
        "bridge": reader.bridge,
        "members": reader.members,
        "coverage": reader.coverage,
        "history": reader.history,
        "attention": reader.attention,
    }
    rows = [_rows_handler(reader, name, read) for name, read in reads.items()]
    return [_status_handler(reader), _live_handler(reader), *rows]


def _status_handler(reader: Reader) -> HTTPRouteHandler:
    @get("/api/status", sync_to_thread=True)
    def status() -> Response[bytes]:
        body = msgspec.json.encode(reader.full_status(reader.live.current))
        return Response(body, media_type="application/json", headers=FRESH)

    return status


def _rows_handler(reader: Reader, name: str, read: Read) -> HTTPRouteHandler:
    # In a thread: a large table must not hold up the streams of other pages.
    @get(f"/api/{name}", sync_to_thread=True)
    def answer(request: Request[Any, Any, Any]) -> Response[bytes]:
        snapshot = reader.live.current
        query = reader.query(snapshot, request.query_params, name)
        rows = read(snapshot, query)
        version = reader.status(snapshot)["data_version"]
        if query.is_csv:
            return csv_answer(name, query, rows, version=version, is_synthetic=reader.is_synthetic)
        body = {
            "data_version": version,
            "sequence": snapshot.sequence,
            "quarter": query.quarter,
            "population": query.population,
            "basis": query.basis,
            "is_synthetic": reader.is_synthetic,
            "rows": rows,
        }
        return Response(msgspec.json.encode(body), media_type="application/json", headers=FRESH)

    return answer


def csv_answer(
    name: str, query: Query, rows: Rows, *, version: int, is_synthetic: bool
) -> Response[bytes]:
    """Return ``rows`` as a file whose name says what it holds."""
    mark = "synthetic_" if is_synthetic else ""
    file_name = f"puhui_{mark}{name}_{query.quarter}_{query.population}_{query.basis}.csv"
    return Response(
        csv_of(rows, data_version=version, is_synthetic=is_synthetic),
        media_type="text/csv; charset=utf-8",
        headers=FRESH | {"content-disposition": f'attachment; filename="{file_name}"'},
    )


def _live_handler(reader: Reader) -> HTTPRouteHandler:
    @get("/api/live", sync_to_thread=False)
    def live() -> ServerSentEvent:
        return ServerSentEvent(_messages(reader), headers=FRESH)

    return live


async def _messages(reader: Reader) -> AsyncIterator[ServerSentEventMessage]:
    """Tell the state at once, then every change. A beat says the stream is alive."""
    # A reader that comes before the first data is told so, and not left waiting.
    first = reader.live.current
    yield await sync_to_thread(_version, reader, first)
    async for snapshot in reader.live.follow(first.sequence):
        if snapshot is None:
            yield ServerSentEventMessage(event="beat", data="")
        else:
            yield await sync_to_thread(_version, reader, snapshot)


def _version(reader: Reader, snapshot: LiveSnapshot) -> ServerSentEventMessage:
    body = msgspec.json.encode(reader.status(snapshot)).decode()
    return ServerSentEventMessage(event="version", id=snapshot.sequence, data=body, retry=1000)
